"""What all tests of the page need."""

import pytest

from webui.pages import updating


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let answers wait for the update that they began, however busy the machine is."""
    monkeypatch.setattr(updating, "PATIENCE", 600.0)

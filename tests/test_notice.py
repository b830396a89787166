"""NOTICE is what the lock and its packages say, and nobody's licence asks for more than was thought of."""

import notice
import pytest


def test_notice_is_current_and_no_licence_in_it_asks_for_thought() -> None:
    notice.check()


def test_a_licence_that_asks_for_more_or_is_not_told_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    strange = {"flask": "AGPL-3.0-only", "click": ""}

    def unthought(known: dict[str, str]) -> set[str]:
        monkeypatch.setattr(notice, "distributions", list)
        lines = notice.text({package: known.get(package.split()[0], "MIT") for package in notice.locked()}).splitlines()
        return {line for line in lines if notice.UNTHOUGHT in line}

    assert unthought({}) == set()
    assert unthought(strange) == {f"- {name}: {notice.UNTHOUGHT}" for name in strange}

"""What was done last on a page: taken back once, done again once, forgotten in turn; and where one comes back to."""

import pytest
from flask import Flask

from webui.undo_log import UndoLog, came_from, undoing


def counting() -> tuple[list[int], object]:
    """Return what was turned how often, and what takes it back: a number becomes its negative."""
    turned: list[int] = []

    def turn(number: int) -> int:
        turned.append(number)
        return -number

    return turned, undoing(turn, 7, lambda number: f"now {number}")


def test_a_deed_is_taken_back_once_and_what_took_it_back_in_turn() -> None:
    undo_log, (turned, undo) = UndoLog(), counting()
    done = undo_log.keep("did it", undo)

    back = undo_log.take_back(done.key)
    assert back is not None
    again = undo_log.take_back(back.key)
    assert again is not None

    assert [(undo_entry.text, undo_entry.besides, undo_entry.taken_back) for undo_entry in (done, back, again)] == [
        ("did it", "", False),
        ("did it", "now -7", True),
        ("did it", "now 7", False),
    ]
    assert (turned, undo_log.take_back(done.key), undo_log.take_back(back.key)) == ([7, -7], None, None)


def test_a_deed_that_is_refused_is_kept() -> None:
    undo_log, refusals = UndoLog(), [OSError("full")]

    def undo() -> tuple[str, object]:
        if refusals:
            raise refusals.pop()
        return "", undo

    done = undo_log.keep("did it", undo)
    with pytest.raises(OSError, match="full"):
        undo_log.take_back(done.key)

    assert undo_log.find(done.key) == done
    assert undo_log.take_back(done.key) is not None


def test_what_cannot_be_taken_back_is_told_and_no_more() -> None:
    undo_log = UndoLog()
    done = undo_log.keep("did it", None)

    assert (undo_log.take_back(done.key), undo_log.take_back("none")) == (None, None)


def test_a_hundred_deeds_are_remembered() -> None:
    undo_log = UndoLog()
    keys = [undo_log.keep(str(number), None).key for number in range(101)]

    assert [undo_log.find(key) is None for key in keys] == [True, *[False] * 100]
    assert len(set(keys)) == 101


@pytest.mark.parametrize(
    ("back", "settled", "told"),
    [
        ("/", True, "/?done=KEY"),
        ("/note/a?q=冪等&done=old&page=2", True, "/note/a?q=冪等&page=2&done=KEY"),
        ("/note/a?doney=1", True, "/note/a?doney=1&done=KEY"),
        ("/note/a?q=1#x", False, "/sync?done=KEY&back=%2Fnote%2Fa%3Fq%3D1"),
    ],
)
def test_one_comes_back_to_where_one_was_with_the_deed(back: str, told: str, *, settled: bool) -> None:
    undo_log = UndoLog()
    done = undo_log.keep("did it", None)
    with Flask("test").test_request_context():
        response = undo_log.told(done, back, settled=settled)
        anchored = undo_log.told(done, back, "あ b", settled=settled)

    location = told.replace("KEY", done.key)
    assert (response.status_code, response.location) == (303, location)
    assert anchored.location == location + ("#%E3%81%82%20b" if settled else "%23%25E3%2581%2582%2520b")


@pytest.mark.parametrize(
    ("asked", "referrer", "to"),
    [
        ("/x?back=/note/a?q=1", None, "/note/a?q=1"),
        ("/x?back=//evil.example/", None, "/otherwise"),
        ("/x?back=/%5Cevil.example/", None, "/otherwise"),
        ("/x?back=https://evil.example/", None, "/otherwise"),
        ("/x?back=/a%0Ab", None, "/otherwise"),
        ("/x?back=/x", None, "/otherwise"),
        ("/x?back=/x?y=1", None, "/otherwise"),
        ("/x", "http://localhost/note/a?q=1#part", "/note/a?q=1"),
        ("/x", "http://evil.example/note/a", "/otherwise"),
        ("/x", "http://news.example/note/a", "/otherwise"),
        ("/x", "http://localhost/x", "/otherwise"),
        ("/x", "http://[", "/otherwise"),
        ("/x", None, "/otherwise"),
    ],
)
def test_only_a_page_of_ours_that_is_another_is_come_back_to(asked: str, referrer: str | None, to: str) -> None:
    headers = {"Referer": referrer} if referrer else {}
    with Flask("test").test_request_context(asked, headers=headers):
        assert came_from("/otherwise") == to


def test_one_comes_back_at_once_where_nothing_is_said_of_an_update() -> None:
    undo_log = UndoLog()
    done = undo_log.keep("did it", None)
    with Flask("test").test_request_context():
        assert undo_log.told(done, "/").location == f"/?done={done.key}"


def test_the_form_remembers_where_one_came_from() -> None:
    with Flask("test").test_request_context("/x?back=/b", method="POST", data={"back": "/a"}):
        assert came_from("/otherwise") == "/a"

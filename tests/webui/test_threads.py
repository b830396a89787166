"""What the threads of a server share: hammered by eight at once, while Python turns from one to the next at once."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from werkzeug.exceptions import TooManyRequests

from index.engine import Coverage
from kb.knowledge_base import KnowledgeBase
from kb.library.places import SAMPLES
from kb.pipeline.reports import Progress
from kb.search.collection import Cached
from webui.http.security import Guesses
from webui.http.undo_log import Undo, UndoLog
from webui.pages.updating import Pace, Updater


@pytest.fixture(autouse=True)
def _turning() -> Iterator[None]:
    """Have Python turn to another thread after a microsecond rather than after five thousand."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_of_many_who_press_a_button_at_once_one_takes_it_back() -> None:
    undo_log, undone = UndoLog(), count()
    undo = Undo(lambda _: next(undone), 0)

    with ThreadPoolExecutor(8) as threads:
        for _ in range(200):
            key = undo_log.add("did it", undo).key
            pressed = [threads.submit(undo_log.undo, key) for _ in range(4)]
            others = [threads.submit(undo_log.add, str(number), None) for number in range(60)]
            assert [one.result() is None for one in pressed].count(False) == 1
            assert all(undo_log.find(one.result().key) for one in others)

    assert next(undone) == 200


def test_no_wrong_key_is_forgotten() -> None:
    guesses = Guesses(lambda: 0.0)
    addresses = [f"192.0.2.{number}" for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(guesses.add, sorted(addresses * 10), list(range(10)) * 200))

    for address in addresses:
        with pytest.raises(TooManyRequests):
            guesses.add(address, "another")


def test_each_update_that_is_asked_for_is_done_by_a_sync_that_began_later_and_ran_alone() -> None:
    running, begun = threading.Lock(), count(1)
    last = [0]

    def sync(_progress: Progress) -> None:
        assert running.acquire(blocking=False)
        last[0] = next(begun)
        running.release()

    updater = Updater(sync)

    def ask(_number: int) -> bool:
        before = last[0]
        return updater.update(60.0) and last[0] > before

    with ThreadPoolExecutor(8) as threads:
        asked = list(threads.map(ask, range(2000)))

    assert (asked, updater.failure) == ([True] * 2000, None)


def test_how_fast_vectors_are_made_is_told_to_all_alike() -> None:
    pace = Pace()
    with ThreadPoolExecutor(8) as threads:
        left = list(threads.map(lambda made: pace.seconds_left(Coverage(made, 100_000)), range(5000)))

    assert all(one is None or one >= 0 for one in left)


def test_what_pages_show_of_a_service_is_made_once_for_all_who_ask_at_once(tmp_path: Path) -> None:
    knowledge_base, made = KnowledgeBase.open(SAMPLES, tmp_path), Counter[str]()

    def make(key: str) -> str:
        made[key] += 1
        time.sleep(0.001)
        return key * 2

    kept = Cached(knowledge_base.collection, make)
    asked = ["sqs", "sns", "s3"] * 40
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(kept, asked))

    assert (answers, made) == ([key * 2 for key in asked], Counter(["sqs", "sns", "s3"]))

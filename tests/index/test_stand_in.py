"""While an engine is away its stand-in answers each request as a whole, and says so."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from engines import NOTES, PARSER, SCHEMA, filled
from scan_engine import ScanEngine

from index import stand_in
from index.engine import Coverage, EngineAwayError, Publication, Results
from index.query import Query
from index.stand_in import WithStandIn


class Distant(ScanEngine):
    """An engine that may be away; it counts the readers asked of it."""

    def __init__(self) -> None:
        super().__init__(SCHEMA, PARSER)
        self.away = False
        self.asked = 0

    def _check(self) -> None:
        if self.away:
            raise EngineAwayError("the cluster does not answer")

    def snapshot(self) -> "ScanEngine":
        self.asked += 1
        self._check()
        return self

    def search(self, query: Query) -> Results:
        self._check()
        return super().search(query)

    def stamp(self) -> object:
        self._check()
        return super().stamp()

    def coverage(self) -> Coverage:
        self._check()
        return Coverage(3, 4)

    def publish(self, publication: Publication, since: object = None) -> None:
        self._check()
        super().publish(publication, since)


@pytest.fixture
def distant() -> Distant:
    engine = Distant()
    filled(engine, NOTES, {"of": "there"})
    return engine


@pytest.fixture
def engine(distant: Distant) -> WithStandIn:
    return WithStandIn(distant, filled(ScanEngine(SCHEMA, PARSER), NOTES[:1], {"of": "here"}))


def test_the_stand_in_answers_only_while_the_engine_is_away(
    engine: WithStandIn, distant: Distant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand_in, "RETRY_AFTER", 0.0)
    answers = []
    for away in (False, True, False):
        distant.away = away
        answers.append((engine.search(Query("監視")).total, engine.meta(), engine.away(), engine.damage()))

    why = "the cluster does not answer"
    assert answers == [
        (3, {"of": "there"}, None, None),
        (1, {"of": "here"}, why, why),
        (3, {"of": "there"}, None, None),
    ]


def test_no_request_waits_for_an_engine_that_was_just_away(engine: WithStandIn, distant: Distant) -> None:
    distant.away = True

    totals = [engine.search(Query("監視")).total for _ in range(5)]

    assert (totals, distant.asked) == ([1] * 5, 1)


def test_a_request_whose_engine_goes_away_is_an_error_as_a_whole(engine: WithStandIn, distant: Distant) -> None:
    reader = engine.snapshot()
    distant.away = True

    with pytest.raises(EngineAwayError):
        reader.search(Query("監視"))

    assert (reader.meta(), engine.search(Query("監視")).total) == ({"of": "there"}, 1)


def test_with_an_empty_stand_in_the_error_is_raised(distant: Distant) -> None:
    engine = WithStandIn(distant, ScanEngine(SCHEMA, PARSER))
    distant.away = True

    for _ in range(2):
        with pytest.raises(EngineAwayError, match="does not answer"):
            engine.snapshot()


def test_an_engine_that_comes_back_meanwhile_changes_nothing_for_this_request(distant: Distant) -> None:
    class ComesBack(ScanEngine):
        """An empty stand-in; while it is asked, the engine answers another request."""

        def meta(self) -> None:
            distant.away = False
            engine.stamp()

    engine = WithStandIn(distant, ComesBack(SCHEMA, PARSER))
    distant.away = True

    with pytest.raises(EngineAwayError, match="does not answer"):
        engine.snapshot()
    assert (engine.away(), engine.search(Query("監視")).total) == (None, 3)


def test_the_stand_in_is_never_written(engine: WithStandIn, distant: Distant) -> None:
    distant.away = True

    with pytest.raises(EngineAwayError):
        filled(engine, NOTES)
    with pytest.raises(EngineAwayError):
        engine.stamp()

    assert engine.search(Query("監視")).total == 1


def test_coverage_is_that_of_the_engine_that_answers(engine: WithStandIn, distant: Distant) -> None:
    present = engine.coverage()
    distant.away = True

    assert (present, engine.coverage(), engine.away()) == (Coverage(3, 4), None, "the cluster does not answer")


class Slow(ScanEngine):
    """An engine whose answer takes a moment."""

    def meta(self) -> Mapping[str, object] | None:
        time.sleep(0.001)
        return super().meta()


def test_threads_get_an_answer_or_the_error_while_the_engine_comes_and_goes(
    distant: Distant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand_in, "RETRY_AFTER", 0.0)
    engine = WithStandIn(distant, Slow(SCHEMA, PARSER))

    def ask(number: int) -> str:
        distant.away = number % 3 == 0
        try:
            return str(engine.snapshot().meta())
        except EngineAwayError as error:
            return str(error)

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(ask, range(500)))

    assert answers == {"{'of': 'there'}", "the cluster does not answer"}

"""A cached value belongs to its generation, even if another is published while it is made."""

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from index.engine import Results
from index.query import Query
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.reader import WhooshReader
from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import Contents
from kb.programs.tools import call
from kb.search.collection import GenerationCache
from webui.app import create_app

REPORT = "# 見本勉強会 2019 参加レポート\n\n- Lambda\n  - 箱から鍵を静かに抜き出す\n"
LATER = f"{REPORT}  - 札を棚に並べる\n"


class Interrupted(WhooshEngine):
    """An engine that calls a function, once, right after the next search."""

    meanwhile: Callable[[], object] | None = None

    def snapshot(self) -> WhooshReader:
        reader = super().snapshot()

        def search(query: Query) -> Results:
            results = WhooshReader.search(reader, query)
            if meanwhile := self.meanwhile:
                self.meanwhile = None
                meanwhile()
            return results

        reader.search = search  # type: ignore[method-assign]
        return reader


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    return tmp_path / "library"


def opened(library: Path) -> KnowledgeBase:
    return KnowledgeBase.open(library, library.parent / "index", Interrupted)


ASKED: Mapping[str, Callable[[KnowledgeBase, FlaskClient], object]] = {
    "suggestions": lambda kb, _: [one.notes for one in kb.searcher.suggest("lambda")],
    "the panel of a service": lambda _, client: client.get("/?q=Lambda").text,
    "what is offered to search, and saved searches": lambda _, client: client.get("/").text,
}


@pytest.mark.parametrize("what", ASKED)
def test_a_value_made_during_a_publish_is_not_cached_for_the_new_generation(library: Path, what: str) -> None:
    kb = opened(library)
    client, ask = create_app(kb).test_client(), ASKED[what]
    kb.indexer.sync()

    def come() -> None:
        (library / "a.md").write_text(LATER, "utf-8")
        kb.indexer.sync()
        ask(kb, client)  # another request, which the new generation answers

    kb.collection.engine.meanwhile = come  # type: ignore[attr-defined]
    before = ask(kb, client)
    afresh = opened(library)
    after = ask(afresh, create_app(afresh).test_client())

    assert (ask(kb, client), before != after) == (after, True)


def test_queries_are_parsed_by_the_configuration_of_the_published_generation(library: Path) -> None:
    kb = opened(library)
    kb.indexer.sync()
    (library / "a.md").write_text(f"{REPORT}- Batch Portalは夜に\n", "utf-8")
    (library / "kb.toml").write_text('[services.batch-portal]\nname = "Batch Portal"\ncategory = "compute"\n', "utf-8")
    opened(library).indexer.sync()
    kb.collection.contents()  # as a page does before it searches

    (found,) = kb.searcher.search(Query("夜", facets=("service",))).facets["service"]
    assert (found.value, found.label) == ("batch-portal", "Batch Portal")


WORD = '[words]\n"夜間当番" = ["ナイトシフト"]\n'
SERVICE = '[services.logs]\nname = "ログ基盤"\ncategory = "analytics"\naliases = ["夜間倉庫"]\n'
OWN = f"{REPORT}- 夜間当番を回す\n- ナイトシフトを組む\n- 夜間倉庫に送る\n- ログ基盤を止める\n"
QUERIES = ("夜間当番", "夜間", "ナイトシフト", "ログ基盤", "service:ログ基盤", '"夜間倉庫"')


def answers(library: Path, kb: KnowledgeBase) -> list[object]:
    """Return what the search, the page, the tool of programs, and the command find and mark."""
    client, places = create_app(kb).test_client(), ("--library", str(library), "--index", str(kb.collection.index))
    every: list[object] = []
    for text in QUERIES:
        results = kb.searcher.search(Query(text, facets=("service",)))
        every.append(([(hit.note.text, hit.marks) for hit in results.hits], results.facets, results.steps))
        every.append(re.findall("<mark>.*?</mark>", client.get("/", query_string={"q": text}).text))
        every.append(call(kb, "search", {"query": text}, None))
        every.append(CliRunner().invoke(cli, ["search", text, "--json", *places]).stdout)
    chosen = CliRunner().invoke(cli, ["search", "--service", "logs", "--json", *places])
    every.append((chosen.exit_code, chosen.stdout))
    return [*every, [(one.label, one.notes) for one in kb.searcher.suggest("ないと")]]


@pytest.mark.parametrize(("before", "after"), [("", WORD), (WORD, ""), ("", SERVICE), (SERVICE, "")])
def test_a_generation_answers_in_the_words_of_its_own_kb_toml(library: Path, before: str, after: str) -> None:
    (library / "a.md").write_text(OWN, "utf-8")
    (library / "kb.toml").write_text(before, "utf-8")
    running = opened(library)
    running.indexer.sync()
    was = answers(library, running)
    (library / "kb.toml").write_text(after, "utf-8")
    pending = [answers(library, running), answers(library, opened(library))]
    is_pending = not opened(library).indexer.status().up_to_date
    opened(library).indexer.sync()
    now = [answers(library, running), answers(library, opened(library))]

    afresh = KnowledgeBase.open(library, library.parent / "afresh")
    afresh.indexer.sync()
    assert (pending, is_pending, now == [answers(library, afresh)] * 2, now[0] != was) == ([was] * 2, True, True, True)


def test_each_of_two_generations_in_use_answers_in_its_own_words(library: Path) -> None:
    (library / "a.md").write_text(OWN, "utf-8")
    kb = opened(library)
    kb.indexer.sync()
    old = kb.collection.snapshot()
    (library / "kb.toml").write_text(WORD, "utf-8")
    opened(library).indexer.sync()
    new = kb.collection.snapshot()

    assert old
    assert new
    assert [one.reader.search(Query("ナイトシフト")).total for one in (old, new, old)] == [1, 2, 1]
    terms = [[term.text for term in one.tools.analyzer.terms_of("夜間当番")] for one in (old, new)]
    assert terms == [["夜間", "当番"], ["夜間当番", "夜間", "当番"]]


THREADS = 8


@pytest.fixture
def hurried() -> Iterator[None]:
    """Have threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def generation(number: int) -> Contents:
    return Contents(str(number), "", "", "", {}, {}, (), ())


@pytest.mark.usefixtures("hurried")
def test_a_value_that_threads_need_at_once_is_made_once() -> None:
    cache, made, together = GenerationCache[tuple[str, str]](), Counter[tuple[str, str]](), Barrier(THREADS)
    generations = [generation(number) for number in range(20)]

    def ask(_: int) -> list[tuple[str, str]]:
        got = []
        for contents in generations:
            together.wait()
            got += [cache.get(contents, lambda key=key, of=contents.library: make(of, key), key) for key in "abc"]
        return got

    def make(of: str, key: str) -> tuple[str, str]:
        made[of, key] += 1
        time.sleep(0.0001)
        return of, key

    with ThreadPoolExecutor(THREADS) as threads:
        every = list(threads.map(ask, range(THREADS)))

    wanted = [(contents.library, key) for contents in generations for key in "abc"]
    assert (every, made) == ([wanted] * THREADS, Counter(wanted))


def test_the_least_recently_used_value_is_dropped() -> None:
    cache, contents, made = GenerationCache[str](2), generation(1), list[str]()
    for key in "abaca":
        cache.get(contents, lambda key=key: made.append(key) or key, key)  # type: ignore[func-returns-value]

    assert made == ["a", "b", "c"]
    assert cache.get(contents, lambda: "b again", "b") == "b again"


@pytest.mark.usefixtures("hurried")
def test_each_thread_gets_the_value_of_its_generation() -> None:
    cache, generations = GenerationCache[str](), [generation(number) for number in range(3)]

    def ask(seed: int) -> int:
        some = random.Random(seed)  # noqa: S311  # no secret
        asked = [some.choice(generations) for _ in range(500)]
        return sum(cache.get(one, lambda one=one: one.library, some.choice("ab")) != one.library for one in asked)

    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(ask, range(THREADS))) == [0] * THREADS


@pytest.mark.usefixtures("hurried")
def test_threads_read_each_generation_once_and_whole(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kb, writer, read = opened(library), opened(library), Counter[str]()
    writer.indexer.sync()
    of = Contents.of

    def counted(meta: Mapping[str, object]) -> Contents:
        contents = of(meta)
        read[contents.files["a.md"]] += 1
        return contents

    monkeypatch.setattr(Contents, "of", counted)

    def look(_: int) -> bool:
        together.wait()
        seen = kb.collection.snapshot()
        return seen is not None and seen.contents == of(seen.reader.meta() or {}) == kb.collection.contents()

    together = Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as threads:
        for number in range(5):
            (library / "a.md").write_text(f"{REPORT}- 札を{number}枚並べる\n", "utf-8")
            with monkeypatch.context() as patch:
                patch.setattr(Contents, "of", of)
                writer.indexer.sync()
            assert list(threads.map(look, range(THREADS))) == [True] * THREADS

    assert list(read.values()) == [1] * 5

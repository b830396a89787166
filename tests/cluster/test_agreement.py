"""Over the samples a cluster finds, counts and marks the same notes as the folder, and ranks them nearly as well."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from faces import FACETS, SAMPLES, Faces, a_query, faces_over
from msgspec import structs
from nodes import given

from index.opensearch_engine import Address, OpenSearchEngine
from index.query import Query
from kb.evaluation import read_queries, score
from kb.knowledge_base import KnowledgeBase
from kb.library.places import EVALUATION
from kb.search.facets import keys
from kb.search.results import FoundNote, SearchResults
from kb.search.searcher import Searcher
from webui.view.facets import MOST_VALUES

pytestmark = pytest.mark.cluster

QUERIES = 1000
MAX_DIFFERENCE = 0.02  # of nDCG@10


class Two:
    """The same library, searched on this machine and on a cluster."""

    def __init__(self, faces: Faces, here: KnowledgeBase, there: KnowledgeBase) -> None:
        self.faces = faces
        self.here, self.there = here.searcher, there.searcher
        self.guides = here.guide, there.guide
        self.services = [here.collection.catalogue.by_slug[slug] for slug in ("lambda", "s3", "dynamodb", "eks")]
        self.has_model = here.indexer.coverage() is not None


def opened(tmp_path_factory: pytest.TempPathFactory, shards: int) -> Two:
    folder = tmp_path_factory.mktemp("index")
    faces = faces_over(folder)
    address = Address(given().urls, f"agreement-{random.randrange(10**9)}", shards=shards)  # noqa: S311
    there = KnowledgeBase.open(
        SAMPLES,
        tmp_path_factory.mktemp("other"),
        lambda index, schema, parser, embedder: OpenSearchEngine(address, index, schema, parser, embedder),
    )
    there.indexer.sync()
    here = KnowledgeBase.open(SAMPLES, folder)
    for one in (here, there):
        one.indexer.embed()
    return Two(faces, here, there)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Two:
    return opened(tmp_path_factory, shards=1)


@pytest.fixture
def two_by_likeness(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Two:
    """Return both with the bundled model, the cluster with several shards."""
    monkeypatch.delenv("KB_EMBEDDING")
    both = opened(tmp_path_factory, shards=3)
    if not both.has_model:
        pytest.skip("the bundled model does not run on this machine")
    return both


def but_hits(answer: SearchResults) -> SearchResults:
    """Return the parts of an answer that do not depend on the order of hits."""
    return structs.replace(answer, hits=(), near=(), far=(), context={}, context_notes={}, found_in={}, marks={})


def ids(found: Sequence[FoundNote]) -> list[str]:
    return [one.note.id for one in found]


def check(query: Query, two: Two) -> None:
    """Assert that a query finds, counts and marks the same on both sides, and that a cluster's scores add up."""
    here, there = two.here.search(query), two.there.search(query)
    whole = replace(query, limit=None, facets=(), context=None)
    every = {one.note.id: one for one in two.here.search(whole).hits}

    assert but_hits(there) == but_hits(here), query
    assert {*ids(two.there.search(whole).hits)} == every.keys(), query
    assert len(there.hits) == len(here.hits)
    for one in there.hits:
        duplicate = every[one.note.id]
        assert (one.note, one.marks) == (duplicate.note, duplicate.marks), query
    assert not {*ids(there.near)} & every.keys(), query
    for one in (*there.hits, *there.near):
        if query.explain:
            assert sum(reason.points for reason in one.reasons) == pytest.approx(one.score, abs=0.001), query
    gains = [one.relevance.gain if one.relevance else one.score for one in there.near]
    order = [(one.note.likely in query.selected("kind"), -gain) for one, gain in zip(there.near, gains, strict=True)]
    assert order == sorted(order), query
    if query.context and ids(here.hits) == ids(there.hits) and ids(here.near) == ids(there.near):
        assert (there.context_notes, there.found_in) == (here.context_notes, here.found_in)


def test_a_thousand_queries_and_selections_find_and_count_the_same(two: Two) -> None:
    rng = random.Random(2019)  # noqa: S311
    for number in range(QUERIES):
        query = a_query(rng, two.faces)
        query = replace(query, explain=number % 2 == 0, context="place" if number % 3 == 0 else None)
        if number % 4 == 0:
            query = replace(query, facets=keys("page"), most_values=MOST_VALUES, match_all=("service",))
        check(query, two)


def test_with_the_model_and_on_several_shards_queries_find_and_count_the_same(two_by_likeness: Two) -> None:
    rng, two = random.Random(5), two_by_likeness  # noqa: S311
    for number in range(200):
        check(replace(a_query(rng, two.faces), explain=number % 2 == 0), two)

    for service in two.services:
        here_guide, there_guide = (guide(service) for guide in two.guides)
        assert here_guide.compared > 3
        assert there_guide == here_guide
    assert ranked(two.there) == pytest.approx(ranked(two.here), abs=MAX_DIFFERENCE)


def test_by_words_alone_judged_notes_come_as_early(two: Two) -> None:
    assert ranked(two.there) == pytest.approx(ranked(two.here), abs=MAX_DIFFERENCE)


def ranked(searcher: Searcher) -> float:
    """Return the nDCG@10 of the judged queries over the samples."""

    def search(text: str) -> tuple[list[str], list[str]]:
        answer = searcher.search(Query(text, limit=10))
        found, near = ([f"{one.note.source}:{one.note.line}" for one in some] for some in (answer.hits, answer.near))
        return found, near

    return score(read_queries(EVALUATION), search).measures["nDCG@10"]


def test_sorted_by_date_or_position_the_order_is_the_same(two: Two) -> None:
    rng = random.Random(7)  # noqa: S311
    for _ in range(60):
        for sort in ("new", "old", "position", "boost"):
            query = replace(a_query(rng, two.faces), sort=sort, limit=50)  # type: ignore[arg-type]
            here, there = two.here.search(query), two.there.search(query)

            assert [one.note.id for one in there.hits] == [one.note.id for one in here.hits], query


def test_prefixes_phrases_and_exclusions_find_the_same(two: Two) -> None:
    words = [word for word in two.faces.words if len(word) > 1][:: max(len(two.faces.words) // 60, 1)]
    for word in words:
        for query in (Query(word[: len(word) // 2 + 1], typing=True), Query(f'"{word[:-1]}"'), Query(f"-{word}")):
            here, there = (one.search(replace(query, facets=FACETS)) for one in (two.here, two.there))

            assert but_hits(there) == but_hits(here), query

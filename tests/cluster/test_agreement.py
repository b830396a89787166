"""Over the samples a cluster finds, counts, orders, marks and explains as the index of this machine does."""

import random
from dataclasses import replace

import pytest
from clustered import TOLERANCE
from faces import FACETS, SAMPLES, Faces, a_query, faces_over
from msgspec import structs
from nodes import given

from index.opensearch_engine import Address, OpenSearchEngine
from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.facets import keys
from kb.search.results import FoundNote, SearchResults
from webui.view.facets import MOST_VALUES

pytestmark = pytest.mark.cluster

QUERIES = 2000


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
    """Give them with the model that comes along, on a cluster of several shards."""
    monkeypatch.delenv("KB_EMBEDDING")
    both = opened(tmp_path_factory, shards=3)
    if not both.has_model:
        pytest.skip("the model that comes along does not run on this machine")
    return both


def but_hits(answer: SearchResults) -> SearchResults:
    """Return what does not depend on the order of ties: all but the window of hits and what stands around it."""
    return structs.replace(answer, hits=(), near=(), context={}, context_notes={}, found_in={}, marks={})


def reasons(found: FoundNote) -> list[tuple[object, ...]]:
    """Return the reasons of a hit that give more than the tolerance, as they are shown."""
    shown = [reason for reason in found.reasons if abs(reason.points) > TOLERANCE]
    shown.sort(key=lambda reason: (reason.signal, reason.word))
    return [(one.signal, one.word, one.fields, pytest.approx(one.points, abs=TOLERANCE)) for one in shown]


def test_two_thousand_queries_and_selections_are_answered_alike(two: Two) -> None:
    rng = random.Random(2019)  # noqa: S311
    found = same = near = 0
    for number in range(QUERIES):
        query = a_query(rng, two.faces)
        query = replace(query, explain=number % 2 == 0, context="place" if number % 3 == 0 else None)
        if number % 4 == 0:
            query = replace(query, facets=keys("page"), most_values=MOST_VALUES, match_all=("service",))
        here, there = two.here.search(query), two.there.search(query)
        every = {one.note.id: one for one in two.here.search(replace(query, limit=None, facets=())).hits}
        every |= {one.note.id: one for one in here.near}
        found += here.total > 0
        same += [one.note.id for one in here.hits[:10]] == [one.note.id for one in there.hits[:10]]

        assert but_hits(there) == but_hits(here), query
        assert [one.score for one in there.hits] == pytest.approx([one.score for one in here.hits], abs=TOLERANCE)
        assert [one.note.id for one in there.near] == [one.note.id for one in here.near], query
        near += len(here.near)
        for one in (*there.hits, *there.near):
            duplicate = every[one.note.id]
            assert (one.note, one.marks) == (duplicate.note, duplicate.marks), query
            assert one.score == pytest.approx(duplicate.score, abs=TOLERANCE), query
            assert reasons(one) == reasons(duplicate), query
        if query.context and [one.note.id for one in here.hits] == [one.note.id for one in there.hits]:
            assert (there.context_notes, there.found_in) == (here.context_notes, here.found_in)

    assert (found > QUERIES / 8, near > QUERIES) == (True, True)
    assert same == QUERIES  # whether ties come in the same order too: they do, for scores are rounded before


def test_by_likeness_too_and_on_several_shards_queries_are_answered_alike(two_by_likeness: Two) -> None:
    rng, two, near = random.Random(5), two_by_likeness, 0  # noqa: S311
    for number in range(200):
        query = replace(a_query(rng, two.faces), explain=number % 2 == 0)
        here, there = two.here.search(query), two.there.search(query)
        near += len(here.near)

        assert but_hits(there) == but_hits(here), query
        for theirs, ours in ((there.hits, here.hits), (there.near, here.near)):
            assert [one.note.id for one in theirs] == [one.note.id for one in ours], query
            assert [one.score for one in theirs] == pytest.approx([one.score for one in ours], abs=TOLERANCE)
            assert [reasons(one) for one in theirs] == [reasons(one) for one in ours], query

    assert near > 200
    for service in two.services:
        here_guide, there_guide = (guide(service) for guide in two.guides)
        assert here_guide.compared > 3
        assert there_guide == here_guide


def test_sorted_by_date_or_position_the_order_is_the_same(two: Two) -> None:
    rng = random.Random(7)  # noqa: S311
    for _ in range(60):
        for sort in ("new", "old", "position", "boost"):
            query = replace(a_query(rng, two.faces), sort=sort, limit=50)  # type: ignore[arg-type]
            here, there = two.here.search(query), two.there.search(query)

            assert [one.note.id for one in there.hits] == [one.note.id for one in here.hits], query


def test_what_is_typed_and_what_is_literal_is_found_alike(two: Two) -> None:
    words = [word for word in two.faces.words if len(word) > 1][:: max(len(two.faces.words) // 60, 1)]
    for word in words:
        for query in (Query(word[: len(word) // 2 + 1], typing=True), Query(f'"{word[:-1]}"'), Query(f"-{word}")):
            here, there = (one.search(replace(query, facets=FACETS)) for one in (two.here, two.there))

            assert but_hits(there) == but_hits(here), query

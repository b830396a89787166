"""Page, command and oracle give the same notes and counts, whatever is asked."""

import html
import json
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from scan_engine import ScanEngine

from index.query import Query
from kb.cli import cli
from kb.knowledge_base import KnowledgeBase
from kb.library.files import Library
from kb.search.documents import documents
from kb.search.facets import keys
from kb.search.schema import SCHEMA
from kb.search.search_box import language
from kb.understanding import understand_all
from webui.address import address_of
from webui.app import create_app

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
FACETS = keys("table")
QUERIES = 200
SELECTIONS = 300
CHOICE = re.compile(
    r'<input type="checkbox" form="search" name="(\w+)" value="([^"]*)".*?<span class="count">([\d,]+)件</span>',
    re.DOTALL,
)


class Faces(NamedTuple):
    """The three that must agree, and what queries are made of."""

    page: FlaskClient
    places: tuple[str, ...]
    oracle: ScanEngine
    words: list[str]
    values: dict[str, list[str]]


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Faces:
    index = tmp_path_factory.mktemp("index")
    kb = KnowledgeBase.open(SAMPLES, index)
    kb.keeper.sync()
    every = understand_all(Library(SAMPLES).scan().files, kb.collection.tools)[0]
    oracle = ScanEngine(SCHEMA, language(kb.collection.tools))
    replaced = {
        one.report.source: documents(one, kb.collection.tools.analyzer, kb.collection.catalogue) for one in every
    }
    oracle.publish(replaced, (), tuple(replaced), {})
    morphemes = [m for one in every for ms in one.morphemes.values() for m in ms]
    words = sorted({m.surface for m in morphemes if m.part_of_speech[0] in ("名詞", "動詞")})
    counts = oracle.search(Query(limit=0, facets=FACETS)).facets
    values = {group: [count.value for count in counts[group]] for group in FACETS}
    places = ("--library", str(SAMPLES), "--index", str(index))
    return Faces(create_app(kb).test_client(), places, oracle, words, values)


def a_query(rng: random.Random, faces: Faces) -> Query:
    """Return a query of up to three words and up to three selections."""
    query = Query(text=" ".join(rng.sample(faces.words, rng.choice([0, 1, 1, 1, 2, 3]))), facets=FACETS)
    for group in rng.sample(FACETS, rng.choice([0, 0, 1, 1, 2, 3])):
        values = faces.values[group]
        query = query.select(group, *sorted(rng.sample(values, min(len(values), rng.choice([1, 1, 2])))))
    return query


def asked_of_the_page(faces: Faces, query: Query) -> tuple[Any, ...]:
    answer = faces.page.get(address_of(query), headers={"Accept": "application/json"}).get_json()
    counts = {group: {v["value"]: v["count"] for v in answer["facets"][group]} for group in FACETS}
    return answer["total"], [hit["id"] for hit in answer["hits"]], counts


def asked_of_the_command(faces: Faces, query: Query) -> tuple[Any, ...]:
    options = [part for group, values in query.selections for v in values for part in (f"--{group}", v)]
    arguments = ["search", *faces.places, *options, "--facets", "--json", "--", *query.text.split()]
    *hits, last = map(json.loads, CliRunner().invoke(cli, arguments, catch_exceptions=False).stdout.splitlines())
    counts = {group: {v["value"]: v["count"] for v in last["facets"][group]} for group in FACETS}
    return last["total"], [hit["id"] for hit in hits if hit["type"] != "talk"], counts


def asked_of_the_oracle(faces: Faces, query: Query) -> tuple[Any, ...]:
    results = faces.oracle.search(query)
    counts = {group: {c.value: c.count for c in results.facets[group]} for group in query.facets}
    return results.total, [hit.id for hit in results.hits], counts


def read_off_the_page(faces: Faces, query: Query) -> tuple[Any, ...]:
    """Return what a reader sees: the total, the notes, and the count at each box to tick."""
    text = faces.page.get(address_of(query)).text
    total = re.search(r'data-total="(\d+)"', text)
    counts: dict[str, dict[str, int]] = {}
    for group, value, count in CHOICE.findall(text):
        counts.setdefault(group, {})[html.unescape(value)] = int(count.replace(",", ""))
    notes = re.findall(r'<div class="note \w+" id="([^"]+)"', text)
    return total and int(total[1]), sorted(notes), counts


def test_a_reader_sees_the_counts_of_the_oracle_at_every_box(faces: Faces) -> None:
    rng = random.Random(6)  # noqa: S311
    boxes = 0
    for number in range(SELECTIONS):
        query = replace(a_query(rng, faces), facets=keys("page"), every=("service",) if number % 4 == 0 else ())
        total, notes, counts = asked_of_the_oracle(faces, query)
        seen_total, seen_notes, seen = read_off_the_page(faces, query)
        seen.pop("via", None)
        categories = seen.pop("category", {})  # one with a single service has no box of its own
        boxes += len(categories) + sum(map(len, seen.values()))

        assert (seen_total, seen_notes) == (total, sorted(notes)), query
        assert seen == {group: counts[group] for group in seen}, query
        assert [
            group for group in counts if counts[group] and group not in (*seen, "category", "report", "via", "state")
        ] == [], query
        assert categories.items() <= counts["category"].items(), query

    assert boxes > 30 * SELECTIONS / 2


def test_page_command_and_oracle_agree(faces: Faces) -> None:
    rng = random.Random(2018)  # noqa: S311  (no secret: the same queries each time)
    queries = [a_query(rng, faces) for _ in range(QUERIES)]
    found = 0
    for query in queries:
        wanted = asked_of_the_oracle(faces, query)
        found += wanted[0] > 0

        assert (asked_of_the_page(faces, query), asked_of_the_command(faces, query)) == (wanted, wanted), query

    assert found > QUERIES / 3  # most of the questions have an answer

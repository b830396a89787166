"""Page, command and oracle give the same notes and counts for random queries."""

import json
import random
from typing import Any

import pytest
from click.testing import CliRunner
from faces import FACETS, Faces, a_query, answer_of_the_oracle, faces_over

from index.query import Query
from kb.cli.group import cli
from webui.http.address import address_of

QUERIES = 200


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Faces:
    return faces_over(tmp_path_factory.mktemp("index"))


def answer_of_the_page(faces: Faces, query: Query) -> tuple[Any, ...]:
    answer = faces.page.get(address_of(query), headers={"Accept": "application/json"}).get_json()
    counts = {group: {v["value"]: v["count"] for v in answer["facets"][group]} for group in FACETS}
    return answer["total"], [hit["id"] for hit in (*answer["hits"], *answer["near"])], counts


def answer_of_the_command(faces: Faces, query: Query) -> tuple[Any, ...]:
    options = [part for group, values in query.selections for v in values for part in (f"--{group}", v)]
    arguments = ["search", *faces.places, *options, "--facets", "--json", "--", *query.text.split()]
    *hits, last = map(json.loads, CliRunner().invoke(cli, arguments, catch_exceptions=False).stdout.splitlines())
    counts = {group: {v["value"]: v["count"] for v in last["facets"][group]} for group in FACETS}
    return last["total"], [hit["id"] for hit in hits if "text" in hit], counts


def test_page_command_and_oracle_agree(faces: Faces) -> None:
    rng = random.Random(2018)  # noqa: S311  (no secret: the same queries each time)
    queries = [a_query(rng, faces) for _ in range(QUERIES)]
    found = 0
    for query in queries:
        expected = answer_of_the_oracle(faces, query)
        found += expected[0] > 0

        assert (answer_of_the_page(faces, query), answer_of_the_command(faces, query)) == (expected, expected), query

    assert found > QUERIES / 8

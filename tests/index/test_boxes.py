"""A reader sees at every box of the page the count of the oracle."""

import html
import random
import re
from dataclasses import replace
from typing import Any

import pytest
from faces import Faces, a_query, answer_of_the_oracle, faces_over

from index.query import Query
from kb.search.facets import keys
from webui.http.address import address_of
from webui.view.facets import MOST_VALUES

SELECTIONS = 300
CHOICE = re.compile(
    r'<input type="checkbox" form="search" name="(\w+)" value="([^"]*)".*?'
    r'<span class="count">([\d,]+(?:件＋かも[\d,]+)?)件</span>',
    re.DOTALL,
)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Faces:
    return faces_over(tmp_path_factory.mktemp("index"))


def read_off_the_page(faces: Faces, query: Query) -> tuple[Any, ...]:
    """Return what a reader sees: the total, the notes, and the count at each box to tick."""
    text = faces.page.get(address_of(query)).text
    total = re.search(r'data-total="(\d+)"', text)
    counts: dict[str, dict[str, int]] = {}
    for group, value, count in CHOICE.findall(text):
        sure_and_likely = re.findall(r"\d+", count.replace(",", ""))
        counts.setdefault(group, {})[html.unescape(value)] = sum(map(int, sure_and_likely))
    notes = re.findall(r'<div class="note \w+" id="([^"]+)"', text)
    return total and int(total[1]), sorted(notes), counts


def test_a_reader_sees_the_counts_of_the_oracle_at_every_box(faces: Faces) -> None:
    rng = random.Random(6)  # noqa: S311
    boxes = 0
    for number in range(SELECTIONS):
        every = ("service",) if number % 4 == 0 else ()
        query = replace(a_query(rng, faces), facets=keys("page"), most_values=MOST_VALUES, match_all=every)
        total, notes, counts = answer_of_the_oracle(faces, query)
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

    assert boxes > 8 * SELECTIONS  # of most queries few notes are found, and those have few values

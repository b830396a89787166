"""What talks are narrowed by: each value counts the talks that would be listed if it were chosen."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.identity import slug
from kb.report.model import Talk
from kb.search.directory import TalkEntry
from kb.search.talk_facets import GROUPS, talk_facets

SAMPLES = Path(__file__).parents[3] / "data/samples"
VALUES = {
    "year": ["2018", "2019", "undated"],
    "event": ["会a", "会b"],
    "service": ["s3", "sqs"],
    "speaker": ["花子", "太郎"],
}


def talk(number: int, year: str, event: str | None, speakers: Sequence[str]) -> TalkEntry:
    held_on = None if year == "undated" else f"{year}-03-10"
    report = ReportEntry("r", "r.md", "", "", event, held_on, None, None, (), 0, ())
    return TalkEntry(Talk(str(number), "話", 1, speakers=tuple(speakers)), (report,), (), held_on)


def told(entry: TalkEntry, group: str, services: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the values of a talk, as plainly as can be."""
    match group:
        case "year":
            return [entry.held_on[:4] if entry.held_on else "undated"]
        case "event":
            return [slug(entry.event)] if entry.event else []
        case "speaker":
            return entry.talk.speakers
    return services[entry.talk.id]


entries = st.tuples(
    st.sampled_from(VALUES["year"]),
    st.sampled_from(["会a", "会b", None]),
    st.lists(st.sampled_from(VALUES["speaker"]), max_size=2),
    st.lists(st.sampled_from(VALUES["service"]), max_size=2, unique=True),
)
choices = st.fixed_dictionaries({}, optional={group: st.sampled_from([*own, "none"]) for group, own in VALUES.items()})


@given(st.lists(entries, max_size=12), choices)
def test_a_value_counts_the_talks_that_are_listed_when_it_is_chosen(
    given_talks: list[tuple[str, str | None, list[str], list[str]]], chosen: dict[str, str]
) -> None:
    talks = [talk(number, year, event, who) for number, (year, event, who, _) in enumerate(given_talks)]
    services = {str(number): about for number, (*_, about) in enumerate(given_talks)}

    def listed(asked: Mapping[str, str]) -> int:
        return sum(all(value in told(one, key, services) for key, value in asked.items()) for one in talks)

    facets = talk_facets(talks, chosen, services)

    assert tuple(facets) == GROUPS
    for group, facet in facets.items():
        others = {key: value for key, value in chosen.items() if key != group}
        assert facet.without == listed(others)
        assert {value: facet.counts.get(value, 0) for value in VALUES[group]} == {
            value: listed({**others, group: value}) for value in VALUES[group]
        }


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    kb = KnowledgeBase.open(SAMPLES, tmp_path_factory.mktemp("talk_facets"))
    kb.keeper.sync()
    return kb


def test_a_talk_has_the_services_that_any_of_its_notes_is_about(kb: KnowledgeBase) -> None:
    services = kb.crosstab.services_of_talks()
    notes = kb.searcher.search(Query(limit=None)).found
    about = {(one.note.talk.id, mention.service) for one in notes if one.note.talk for mention in one.note.services}

    assert {(talk, service) for talk, own in services.items() for service in own} == about
    assert all(len(own) == len(set(own)) for own in services.values())

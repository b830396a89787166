"""Counts of one facet by the values of another: those of the search of both, and of the list of talks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.identity import slug
from kb.report.model import Talk
from kb.search.crosstab import GROUPS, talk_facets
from kb.search.directory import TalkEntry

SAMPLES = Path(__file__).parents[3] / "data/samples"
VALUES = {
    "year": ["2018", "2019", "undated"],
    "event": ["会a", "会b"],
    "service": ["s3", "sqs"],
    "speaker": ["花子", "太郎"],
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("crosstab")
    (folder / "library").mkdir()
    for file in SAMPLES.iterdir():
        (folder / "library" / file.name).write_bytes(file.read_bytes())
    (folder / "library" / "undated.md").write_text("# 見本勉強会\n\n- SQS は便利\n- SQS と SNS をつなぐ\n", "utf-8")
    kb = KnowledgeBase.open(folder / "library", folder / "index")
    kb.indexer.sync()
    return kb


@pytest.mark.parametrize("services", [("sqs",), ("s3",), ("lambda", "s3")])
@pytest.mark.parametrize("every", [(), ("service",)])
def test_how_a_tag_came_about_is_counted_for_the_services_that_are_asked_for(
    kb: KnowledgeBase, services: tuple[str, ...], every: tuple[str, ...]
) -> None:
    query = Query(limit=0, facets=("via",), match_all=every).select("service", *services)
    counted = {one.value: one.count for one in kb.searcher.search(query).facets["via"]}
    found = {value: kb.searcher.search(query.select("via", value)).total for value in ("explicit", "inherited")}

    assert counted == {value: total for value, total in found.items() if total}
    assert len(counted) == 2 or every


@pytest.mark.parametrize("via", ["explicit", "inherited"])
def test_each_page_of_notes_by_how_a_tag_came_about_has_the_next_ones(kb: KnowledgeBase, via: str) -> None:
    query = Query(limit=3).select("service", "lambda").select("via", via)
    together = [hit.id for hit in kb.searcher.search(replace(query, limit=6)).hits]
    pages = [[hit.id for hit in kb.searcher.search(replace(query, offset=offset)).hits] for offset in (0, 3)]

    assert (pages, len(together)) == ([together[:3], together[3:]], 6)


def test_a_service_that_no_note_inherits_is_known_and_what_is_found_without_the_condition_is_told(
    kb: KnowledgeBase,
) -> None:
    query = Query("CloudFormation", limit=0).select("service", "cloudformation")
    answer = kb.searcher.search(query.select("via", "inherited"))

    assert (answer.total, answer.unknown) == (0, ())
    assert answer.without["via", "inherited"] == kb.searcher.search(query).total > 0


@pytest.mark.parametrize("category", [None, "compute", "database"])
def test_the_years_of_a_service_are_what_the_search_of_both_finds(kb: KnowledgeBase, category: str | None) -> None:
    counted = kb.crosstab.years(category)
    totals = [sum(one.notes.values()) for one in counted]

    assert {
        (one.service.slug, year): kb.searcher.search(
            Query(limit=0).select("service", one.service.slug).select("year", year)
        ).total
        for one in counted
        for year in one.notes
    } == {(one.service.slug, year): notes for one in counted for year, notes in one.notes.items()}
    assert totals == sorted(totals, reverse=True)
    assert {one.service.category for one in counted if category} <= {category}


def test_at_most_a_dozen_services_have_their_years_and_all_their_notes_are_in_them(kb: KnowledgeBase) -> None:
    of_all = {one.service.slug: one.notes or 0 for one in kb.browser.services()}
    counted = kb.crosstab.years()

    assert len(counted) == 12
    assert [sum(one.notes.values()) for one in counted] == sorted(of_all.values(), reverse=True)[:12]
    assert next(one.notes for one in counted if one.service.slug == "sqs")["undated"] == 2


def test_a_category_has_a_dozen_of_its_services_whatever_those_of_others(kb: KnowledgeBase) -> None:
    of_all = Counter(one.service.category for one in kb.browser.services() if one.notes)

    assert {category: len(kb.crosstab.years(category)) for category in of_all} == {
        category: min(count, 12) for category, count in of_all.items()
    }


def test_a_category_that_there_is_not_has_no_services(kb: KnowledgeBase) -> None:
    assert kb.crosstab.years("none") == ()


def test_what_was_counted_is_counted_anew_in_the_next_generation(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    counts = []
    for year in ("2019", "2020"):
        text = f"# 見本勉強会 {year}\n\n## 【A】10:00~10:40:箱の話\n\n- SQS は便利\n"
        (tmp_path / "library" / f"{year}.md").write_text(text, "utf-8")
        kb.indexer.sync()
        counts.append(([dict(one.notes) for one in kb.crosstab.years()], len(kb.crosstab.services_of_talks())))

    assert counts == [([{"2019": 1}], 1), ([{"2019": 1, "2020": 1}], 2)]


def test_a_talk_has_the_services_that_any_of_its_notes_is_about(kb: KnowledgeBase) -> None:
    services = kb.crosstab.services_of_talks()
    notes = kb.searcher.search(Query(limit=None)).hits
    about = {(one.note.talk.id, mention.service) for one in notes if one.note.talk for mention in one.note.services}

    assert {(talk, service) for talk, own in services.items() for service in own} == about
    assert all(len(own) == len(set(own)) for own in services.values())


def talk(number: int, year: str, event: str | None, speakers: Sequence[str]) -> TalkEntry:
    held_on = None if year == "undated" else f"{year}-03-10"
    report = ReportEntry("r", "r.md", "", "", event, held_on, None, None, (), 0, ())
    return TalkEntry(Talk(str(number), "話", 1, speakers=tuple(speakers)), (report,), (), held_on)


def values(entry: TalkEntry, group: str, services: Mapping[str, Sequence[str]]) -> Sequence[str]:
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
        return sum(all(value in values(one, key, services) for key, value in asked.items()) for one in talks)

    facets = talk_facets(talks, chosen, services)

    assert tuple(facets) == GROUPS
    for group, facet in facets.items():
        others = {key: value for key, value in chosen.items() if key != group}
        assert facet.without == listed(others)
        assert {value: facet.counts.get(value, 0) for value in VALUES[group]} == {
            value: listed({**others, group: value}) for value in VALUES[group]
        }

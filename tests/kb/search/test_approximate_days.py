"""Where no day of an event is known, that of the post serves years, order and bounds, and is marked as such."""

import pytest
from click.testing import CliRunner

from index.query import Query
from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from kb.search.citation import Quoting
from kb.search.records import event_record, guide_record, hit_records, spoken_record

REPORTS = {
    "held.md": "---\ntitle: 鍵の会 2019に行った\ndate: 2020-02-03\n---\n\n## LT1: 錠の話\n\n- SQS の鍵は二つ\n",
    "posted.md": "---\ntitle: 鍵の勉強会 #4 に参加した\ndate: 2018-06-12\n---\n\n## LT1: 箱の話\n\n- SQS の鍵は三つにするとよい\n",
    "neither.md": "# 鍵の集い #3\n\n## LT1: 窓の話\n\n- SQS の鍵は四つ\n",
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    library = tmp_path_factory.mktemp("days") / "library"
    library.mkdir()
    for name, text in REPORTS.items():
        (library / name).write_text(text, "utf-8")
    (library / "kb.toml").write_text('[reports."posted.md"]\nevent = "鍵の勉強会 #4"\n', "utf-8")
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    return kb


def found(kb: KnowledgeBase, text: str, sort: str = "position") -> list[str]:
    hits = kb.searcher.search(Query(text, sort=sort)).hits  # type: ignore[arg-type]
    return [hit.note.source for hit in hits]


@pytest.mark.parametrize(
    ("bounds", "sources"),
    [
        ("year:2018", ["posted.md"]),
        ("year:2019", ["held.md"]),
        ("year:2020", []),  # the day of a post counts only where that of the event is unknown
        ("year:undated", ["neither.md"]),
        ("after:2018-06", ["held.md", "posted.md"]),
        ("before:2018-06-13", ["posted.md"]),
        ("before:2018-06-12", []),
        ("-after:1990", ["neither.md"]),
    ],
)
def test_a_note_is_selected_by_the_day_of_its_event_else_of_its_post(
    kb: KnowledgeBase, bounds: str, sources: list[str]
) -> None:
    assert found(kb, f"鍵は {bounds}") == sources


def test_notes_without_a_day_of_an_event_are_sorted_by_that_of_their_post(kb: KnowledgeBase) -> None:
    orders = [found(kb, "鍵は", "new"), found(kb, "鍵は", "old")]

    assert orders == [["held.md", "posted.md", "neither.md"], ["posted.md", "held.md", "neither.md"]]


def test_the_years_of_a_collection_are_those_of_events_else_of_posts(kb: KnowledgeBase) -> None:
    years = kb.searcher.search(Query(limit=0, facets=("year",))).facets["year"]
    directory = kb.browser.directory()

    assert [(one.value, one.count) for one in years] == [("2019", 1), ("2018", 1), ("undated", 1)]
    assert [(one.year, one.reports, one.events, one.talks, one.notes) for one in directory.years] == [
        ("2019", 1, 1, 1, 1),
        ("2018", 1, 1, 1, 1),
        ("undated", 1, 1, 1, 1),
    ]
    assert [entry.source for entry in kb.browser.reports()] == ["held.md", "posted.md", "neither.md"]


def test_in_json_the_day_of_a_post_is_never_that_of_the_event(kb: KnowledgeBase) -> None:
    hits = kb.searcher.search(Query("鍵は", sort="new")).hits
    directory = kb.browser.directory()
    talks = sorted(map(spoken_record, directory.talks.values()), key=lambda one: one["title"])
    days = [("2019", "2020-02-03"), (None, "2018-06-12"), (None, None)]

    assert [
        (one["held_on"], one["published"]) for one in hit_records(hits, (), kb.collection.domain, explain=False)
    ] == days
    assert [(one["held_on"], one["published"]) for one in map(event_record, directory.events.values())] == days
    assert [(one["title"], one["held_on"], one["published"]) for one in talks] == [
        ("窓の話", None, None),
        ("箱の話", None, "2018-06-12"),
        ("錠の話", "2019", "2020-02-03"),
    ]


def test_a_talk_has_the_first_day_of_its_posts(kb: KnowledgeBase) -> None:
    (talk,) = kb.searcher.search(Query("箱の話")).talks

    assert (talk.held_on, talk.published) == (None, "2018-06-12")


def test_a_guide_tells_the_years_of_events_and_else_the_year_of_a_post(kb: KnowledgeBase) -> None:
    service = kb.collection.catalogue.by_slug["sqs"]
    guide = kb.guide(service)
    record = guide_record(guide, kb.collection.domain)
    entries = [entry for part in guide.parts for entry in record[part]]
    sheet = "".join(Quoting(kb.collection.domain, lambda _note: None).guide(guide))

    assert sorted((one["since"] or "", one["until"] or "", one["published"] or "") for one in entries) == [
        ("", "", ""),
        ("", "", "2018-06-12"),
        ("2019", "2019", "2020-02-03"),
    ]
    assert "published 2018" in sheet


def test_a_citation_says_that_the_day_is_that_of_the_post(kb: KnowledgeBase) -> None:
    quoting = Quoting(kb.collection.domain, lambda _note: None)
    citations = [quoting.citation(hit.note) for hit in kb.searcher.search(Query("鍵は", sort="new")).hits]

    assert [text.rpartition("(")[2].partition(")")[0] for text in citations] == [
        "2019",
        "published June 2018",
        "undated",
    ]


@pytest.mark.parametrize(
    ("language", "days"),
    [("ja", ["2019", "公開 2018-06", "日付不明"]), ("en", ["2019", "published 2018-06", "undated"])],
)
def test_the_terminal_says_that_a_day_is_that_of_the_post(kb: KnowledgeBase, language: str, days: list[str]) -> None:
    library, index = kb.collection.library.path, kb.collection.index
    options = ["--library", str(library), "--index", str(index)]
    shown = CliRunner().invoke(cli, ["--lang", language, "search", "鍵は", "--sort", "new", *options]).stdout

    assert [day for line in shown.splitlines() for day in days if f"({day})" in line] == days

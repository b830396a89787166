"""Counts of one facet by the values of another: those of the search of both."""

from pathlib import Path

import pytest

from index.query import Query
from kb.knowledge_base import KnowledgeBase

SAMPLES = Path(__file__).parents[3] / "data/samples"


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("crosstab")
    (folder / "library").mkdir()
    for file in SAMPLES.iterdir():
        (folder / "library" / file.name).write_bytes(file.read_bytes())
    (folder / "library" / "undated.md").write_text("# 見本勉強会\n\n- SQS は便利\n- SQS と SNS をつなぐ\n", "utf-8")
    kb = KnowledgeBase.open(folder / "library", folder / "index")
    kb.keeper.sync()
    return kb


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


def test_a_category_that_there_is_not_has_no_services(kb: KnowledgeBase) -> None:
    assert kb.crosstab.years("none") == ()


def test_what_was_counted_is_counted_anew_in_the_next_generation(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    told = []
    for year in ("2019", "2020"):
        text = f"# 見本勉強会 {year}\n\n## 【A】10:00~10:40:箱の話\n\n- SQS は便利\n"
        (tmp_path / "library" / f"{year}.md").write_text(text, "utf-8")
        kb.keeper.sync()
        told.append(([dict(one.notes) for one in kb.crosstab.years()], len(kb.crosstab.services_of_talks())))

    assert told == [([{"2019": 1}], 1), ([{"2019": 1, "2020": 1}], 2)]

"""Ids of reports stay what they are when others come, and former ids still lead to them."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from kb.knowledge_base import KnowledgeBase
from kb.library.rewriting import with_overrides
from kb.report.model import Correction, MetadataOverride
from kb.search.results import UnknownIdError

MINE = "# 見本勉強会 2019\n\n- 冪等に作る\n- 順序は守られない\n"
OTHERS = "# 見本勉強会 2019\n\n- 別の人のまったく別のメモ\n- 監視の通知を絞る\n"
THIRD = "# 見本勉強会 2019\n\n- 三人目は表の設計を聞いた\n- 鍵の散らし方\n"


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    return KnowledgeBase.open(tmp_path / "library", tmp_path / "index")


def synced(kb: KnowledgeBase, **files: str) -> dict[str, str]:
    """Write files into the library and return the id of each report by its file."""
    for name, text in files.items():
        (kb.collection.library.path / f"{name}.md").write_text(text, "utf-8")
    kb.indexer.sync()
    return {entry.source.removesuffix(".md"): entry.id for entry in kb.browser.reports()}


def texts(kb: KnowledgeBase, report_id: str) -> list[str]:
    return [note.text for note in kb.browser.report(report_id)[1]]


def test_a_report_that_sorts_before_others_renumbers_none(kb: KnowledgeBase) -> None:
    two = synced(kb, m=MINE, z=OTHERS)
    three = synced(kb, a=THIRD)

    assert (three["m"], three["z"], len(set(three.values()))) == (two["m"], two["z"], 3)


def test_the_links_of_a_report_lead_to_it_when_another_comes_beside_it_and_when_that_goes(kb: KnowledgeBase) -> None:
    alone = synced(kb, m=MINE)["m"]
    link = kb.browser.report(alone)[1][0].id
    beside = synced(kb, a=OTHERS)["m"]

    assert (beside != alone, kb.browser.note(link).text, texts(kb, beside)[0]) == (True, "冪等に作る", "冪等に作る")
    with pytest.raises(UnknownIdError, match=r"several reports are called .* \(a\.md\), .* \(m\.md\)"):
        kb.browser.report(alone)

    (kb.collection.library.path / "a.md").unlink()
    assert (synced(kb), texts(kb, beside)) == ({"m": alone}, ["冪等に作る", "順序は守られない"])


def test_an_address_tells_two_reports_apart_better_than_their_files(kb: KnowledgeBase) -> None:
    synced(kb, m=MINE, z=OTHERS)
    library = kb.collection.library
    library.configure(with_overrides({"m.md": MetadataOverride(url="https://example.com/m")}))
    before = synced(kb)["m"]
    (library.path / "m.md").rename(library.path / "b.md")
    library.configure(with_overrides({"m.md": None, "b.md": MetadataOverride(url="https://example.com/m")}))

    assert synced(kb)["b"] == before


def test_what_is_told_under_any_id_of_a_report_reaches_it(kb: KnowledgeBase) -> None:
    alone = synced(kb, m=MINE)["m"]
    note = kb.browser.report(alone)[1][0]
    kb.corrector.note(note.id, lambda _: Correction(adds=("sqs",)))
    beside = synced(kb, a=OTHERS)["m"]
    moved = kb.browser.report(beside)[1][0]
    kb.corrector.note(moved.id, lambda known: Correction(adds=(*known.adds, "sns")))
    kb.indexer.sync()

    assert [mention.service for mention in kb.browser.note(moved.id).services] == ["sqs", "sns"]
    assert list(kb.collection.library.configuration()[0].corrections) == [moved.id]


def test_a_former_id_that_is_told_in_kb_toml_leads_to_the_report(kb: KnowledgeBase) -> None:
    before = synced(kb, m=MINE)["m"]
    kb.corrector.note(kb.browser.report(before)[1][0].id, lambda _: Correction(adds=("sqs",)))
    kb.collection.library.configure(with_overrides({"m.md": MetadataOverride(event="改名した会", former=(before,))}))
    after = synced(kb)["m"]

    assert (after.startswith("改名した会-"), kb.browser.entry(before).id) == (True, after)
    assert [mention.service for mention in kb.browser.report(before)[1][0].services] == ["sqs"]


def test_where_this_version_refuses_the_kb_toml_of_an_index_its_reports_have_their_ids(kb: KnowledgeBase) -> None:
    report = synced(kb, m=MINE)["m"]
    contents = kb.collection.contents()
    assert contents
    refused = '[services.own-queue]\nname = "Amazon SQS"\ncategory = "compute"\n'

    assert replace(contents, configuration_text=refused).ids_of(report) == contents.ids_of(report)


def test_an_index_made_anew_has_the_same_ids(kb: KnowledgeBase, tmp_path: Path) -> None:
    synced(kb, m=MINE)
    followed = synced(kb, a=OTHERS, z=THIRD)

    assert synced(KnowledgeBase.open(tmp_path / "library", tmp_path / "other")) == followed

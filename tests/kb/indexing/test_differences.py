"""What a sync changed is told exactly, before it is kept and after, and kept for the last twenty."""

from pathlib import Path

import pytest

from kb.indexing import differences, indexer, report_cache, sync
from kb.knowledge_base import KnowledgeBase
from kb.library.kept import MOST_UPDATES
from kb.library.rewriting import with_overrides
from kb.report.difference import Cause, Difference
from kb.report.model import Correction, MetadataOverride, TalkCorrection
from kb.search import collection

FIRST = "# 見本勉強会 2019-05-01\n\n## 【A】11:10~12:00:箱の話\n\n- Batch Portalから投入する\n  - 夜間が安い\n- 監視の通知を絞る\n"
SECOND = "# 別の会 2020\n\n- バッチポータルは遅い\n- 課題: 通知が多すぎて困る\n"
SERVICE = '[services.batch-portal]\nname = "Batch Portal"\ncategory = "compute"\n'
ALIAS = f'{SERVICE}aliases = ["バッチポータル"]\n'


@pytest.fixture
def library(tmp_path: Path) -> Path:
    library = tmp_path / "library"
    library.mkdir()
    (library / "a.md").write_text(FIRST, "utf-8")
    (library / "b.md").write_text(SECOND, "utf-8")
    (library / "kb.toml").write_text(SERVICE, "utf-8")
    return library


@pytest.fixture
def kb(library: Path) -> KnowledgeBase:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    return kb


def told(difference: Difference | None) -> list[tuple[str, str, str, str]]:
    """Return what came, went and changed: its sort, its fate, the text of its note and its value."""
    reports = difference.reports if difference else ()
    return [(item.sort, item.fate, item.text, item.value) for report in reports for item in report.items]


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_one_alias_changes_exactly_its_notes_and_nothing_else(kb: KnowledgeBase, library: Path) -> None:
    (library / "kb.toml").write_text(ALIAS, "utf-8")
    would, difference, again = kb.indexer.preview_sync(), kb.indexer.sync().difference, kb.indexer.sync().difference
    causes = difference.causes if difference else ()

    assert told(would) == told(difference) == [("tag", "came", "バッチポータルは遅い", "batch-portal")]
    assert (causes, again) == ((Cause("told", "[services.batch-portal] aliases"),), None)


def test_of_several_tables_those_are_the_cause_that_are_about_what_a_report_names(
    kb: KnowledgeBase, library: Path
) -> None:
    other = '[services.noon-portal]\nname = "Noon Portal"\ncategory = "compute"\n'
    (library / "kb.toml").write_text(f"{ALIAS}\n{other}", "utf-8")
    difference = kb.indexer.sync().difference

    assert difference is not None
    assert difference.causes == (Cause("told", "[services.batch-portal] aliases"),)


def test_what_changes_nothing_is_no_difference(kb: KnowledgeBase, library: Path) -> None:
    (library / "kb.toml").write_text(f"# a remark\n{SERVICE}", "utf-8")

    assert (kb.indexer.preview_sync(), kb.indexer.sync().difference) == (None, None)


def test_a_preview_leaves_library_and_index_as_they_are(kb: KnowledgeBase, library: Path) -> None:
    (library / "kb.toml").write_text(ALIAS, "utf-8")
    (library / "a.md").write_text(f"{FIRST}- SQSは冪等に\n", "utf-8")
    (library / "new.md").write_text("# 三つ目の会\n\n- 箱\n", "utf-8")
    (library / "b.md").unlink()
    before = tree(library.parent)
    would = kb.indexer.preview_sync()

    assert tree(library.parent) == before
    assert [report.fate for report in would.reports if would] == ["changed", "came", "went"]
    assert kb.browser.reports() == KnowledgeBase.open(library, library.parent / "index").browser.reports()


def test_a_preview_without_an_index_makes_none(library: Path) -> None:
    would = KnowledgeBase.open(library, library.parent / "index").indexer.preview_sync()

    assert (would and would.first, (library.parent / "index").exists()) == (True, False)


def test_a_talk_that_is_none_is_a_difference_of_its_report_with_its_cause_and_taken_back_another(
    kb: KnowledgeBase, library: Path
) -> None:
    first = next(entry for entry in kb.browser.reports() if entry.source == "a.md")
    (talk,) = first.talks
    found = []
    for told_talk in (TalkCorrection(talk=False), TalkCorrection()):
        kb.corrector.talk((talk.id,), lambda _, told_talk=told_talk: told_talk)
        (report,) = (kb.indexer.sync().difference or pytest.fail("nothing changed")).reports
        found.append((report.causes, "talks" in report.changed, [one.talks for one in kb.browser.reports()]))

    cause = (Cause("told", f'[talks."{talk.id}"]'),)
    assert found == [(cause, True, [(), ()]), (cause, True, [(), (talk,)])]
    assert (library / "kb.toml").read_text("utf-8") == SERVICE


def test_each_cause_is_told(kb: KnowledgeBase, library: Path) -> None:
    first = next(entry for entry in kb.browser.reports() if entry.source == "a.md")
    note = kb.browser.report(first.id)[1][0].id
    causes: list[tuple[Cause, ...]] = []

    def sync() -> None:
        difference = kb.indexer.sync().difference
        causes.append(difference.causes if difference else ())

    (library / "a.md").write_text(f"{FIRST}- SQSは冪等に\n", "utf-8")
    sync()
    (library / "b.md").rename(library / "c.md")
    sync()
    kb.corrector.note(note, lambda _: Correction(adds=("sns",)))
    sync()
    kb.corrector.talk((first.talks[0].id,), lambda _: TalkCorrection(speakers=("山田 花子",)))
    sync()
    kb.collection.library.configure(with_overrides({"c.md": MetadataOverride(held_on="2020-05-05")}))
    sync()
    (library / "c.md").unlink()
    sync()

    assert causes == [
        (Cause("edited", "a.md"),),
        (Cause("moved", "c.md"),),
        (Cause("told", f'[notes."{note}"]'),),
        (Cause("told", f'[talks."{first.talks[0].id}"]'),),
        (Cause("told", '[reports."c.md"]'),),
        (Cause("removed", "c.md"),),
    ]


def test_a_rule_file_that_changed_is_named(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = dict(sync.deciding_digests()) | {"kb/learning/remedies.npz": "another"}
    for module in (sync, indexer, report_cache):
        monkeypatch.setattr(module, "code_digest", lambda: "another")
    monkeypatch.setattr(sync, "deciding_digests", lambda: rules)
    monkeypatch.setattr("kb.kinds.classify", lambda report, *_: report)  # a rule that finds nothing any more
    difference = kb.indexer.preview_sync()

    assert difference is not None
    assert difference.causes == (Cause("rules", "kb/learning/remedies.npz"),)
    assert {item.sort for report in difference.reports for item in report.items} <= {"kind", "pair"}
    assert ("kind", "changed", "課題: 通知が多すぎて困る", "") in told(difference)


def test_notes_of_another_version_may_be_unreadable_but_a_fault_of_ours_is_not_hidden(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: str, __: object) -> None:
        raise AttributeError("of another version")

    def faulty(*_: object) -> None:
        raise AttributeError("of ours")

    for module in (sync, indexer, report_cache):
        monkeypatch.setattr(module, "code_digest", lambda: "another")
    with monkeypatch.context() as patch:
        patch.setattr(collection, "load_note", unreadable)
        would = kb.indexer.preview_sync()
    with monkeypatch.context() as patch:
        patch.setattr(differences, "compared", faulty)
        with pytest.raises(AttributeError, match="of ours"):
            kb.indexer.preview_sync()

    assert would is not None
    assert (would.first, kb.indexer.preview_sync()) == (True, None)


def test_the_last_twenty_differences_are_kept_and_no_more(kb: KnowledgeBase, library: Path) -> None:
    for number in range(MOST_UPDATES + 2):
        (library / "a.md").write_text(f"{FIRST}- {number}つ目の箱を積む\n", "utf-8")
        kb.indexer.sync()
    kept = kb.updates.differences()
    texts = [told(one)[0][2] for one in kept.values()]

    assert texts == [f"{number}つ目の箱を積む" for number in reversed(range(2, MOST_UPDATES + 2))]
    assert sorted((one.at for one in kept.values()), reverse=True) == [one.at for one in kept.values()]


def test_a_damaged_difference_is_left_out_and_the_others_are_told(kb: KnowledgeBase, library: Path) -> None:
    (library / "kb.toml").write_text(ALIAS, "utf-8")
    kb.indexer.sync()
    newest, first = kb.updates.differences()
    path = library.parent / "index" / "kept" / f"{newest}.update"
    path.write_bytes(path.read_bytes()[:-1])

    assert list(kb.updates.differences()) == [first]


def test_a_first_sync_is_one_line(kb: KnowledgeBase) -> None:
    (first,) = kb.updates.differences().values()

    assert (first.first, first.reports, first.counts) == (True, (), {"report": {"came": 2}, "note": {"came": 5}})

"""The difference that a sync makes: exact, the same in a preview, and stored for the last twenty syncs."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError
from msgspec.structs import replace as changed

from kb.indexing import differences, indexer, report_cache, sync, unchanged
from kb.indexing.differences import MarkedNote, compared
from kb.indexing.news import MAX_UPDATES
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.library.rewriting import with_overrides
from kb.report.difference import Difference, Item, counted
from kb.report.model import Correction, Crumb, Kind, Mention, MetadataOverride, Note, Talk, TalkCorrection, Why
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


def items_of(difference: Difference | None) -> list[tuple[str, str, str, str]]:
    """Return the items of a difference: their sort, fate, the text of the note, and value."""
    reports = difference.reports if difference else ()
    return [(item.sort, item.fate, item.text, item.value) for report in reports for item in report.items]


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_one_alias_changes_exactly_its_notes_and_nothing_else(kb: KnowledgeBase, library: Path) -> None:
    (library / "kb.toml").write_text(ALIAS, "utf-8")
    would, difference, again = kb.indexer.preview_sync(), kb.indexer.sync().difference, kb.indexer.sync().difference

    assert items_of(would) == items_of(difference) == [("tag", "came", "バッチポータルは遅い", "batch-portal")]
    assert again is None


def test_a_change_without_effect_is_no_difference(kb: KnowledgeBase, library: Path) -> None:
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


def test_a_denied_talk_is_a_difference_of_its_report_and_taking_that_back_is_another(
    kb: KnowledgeBase, library: Path
) -> None:
    first = next(entry for entry in kb.browser.reports() if entry.source == "a.md")
    (talk,) = first.talks
    found = []
    for correction in (TalkCorrection(talk=False), TalkCorrection()):
        kb.corrector.talk((talk.id,), lambda _, correction=correction: correction)
        (report,) = (kb.indexer.sync().difference or pytest.fail("nothing changed")).reports
        found.append(("talks" in report.changed, [one.talks for one in kb.browser.reports()]))

    assert found == [(True, [(), ()]), (True, [(), (talk,)])]
    assert (library / "kb.toml").read_text("utf-8") == SERVICE


def test_each_change_of_a_library_changes_only_its_report(kb: KnowledgeBase, library: Path) -> None:
    first = next(entry for entry in kb.browser.reports() if entry.source == "a.md")
    note = kb.browser.report(first.id)[1][0].id
    changes: list[list[tuple[str, str]]] = []

    def sync() -> None:
        difference = kb.indexer.sync().difference
        changes.append([(one.fate, one.source) for one in difference.reports] if difference else [])

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

    assert changes == [
        [("changed", "a.md")],
        [("changed", "c.md")],
        [("changed", "a.md")],
        [("changed", "a.md")],
        [("changed", "c.md")],
        [("went", "c.md")],
    ]


def test_a_rule_that_changed_is_a_difference_of_kinds_and_pairs(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sync, unchanged, indexer, report_cache):
        monkeypatch.setattr(module, "code_digest", lambda: "another")
    monkeypatch.setattr("kb.kinds.classify", lambda report, *_, **__: report)  # a rule that finds nothing any more
    difference = kb.indexer.preview_sync()

    assert difference is not None
    assert {item.sort for report in difference.reports for item in report.items} <= {"kind", "pair"}
    assert ("kind", "changed", "課題: 通知が多すぎて困る", "") in items_of(difference)


def test_notes_of_another_version_may_be_unreadable_but_a_bug_is_not_hidden(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: str, __: object) -> None:
        raise ValidationError("of another version")

    def faulty(*_: object) -> None:
        raise AttributeError("of ours")

    for module in (sync, unchanged, indexer, report_cache):
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


def test_the_last_twenty_differences_are_stored_and_no_more(kb: KnowledgeBase, library: Path) -> None:
    for number in range(MAX_UPDATES + 2):
        (library / "a.md").write_text(f"{FIRST}- {number}つ目の箱を積む\n", "utf-8")
        kb.indexer.sync()
    kept = kb.updates.differences()
    texts = [items_of(one)[0][2] for one in kept.values()]

    assert texts == [f"{number}つ目の箱を積む" for number in reversed(range(2, MAX_UPDATES + 2))]
    assert sorted((one.at for one in kept.values()), reverse=True) == [one.at for one in kept.values()]


def test_a_damaged_difference_is_skipped(kb: KnowledgeBase, library: Path) -> None:
    (library / "kb.toml").write_text(ALIAS, "utf-8")
    kb.indexer.sync()
    newest, first = kb.updates.differences()
    path = library.parent / "index" / "kept" / f"{newest}.update"
    path.write_bytes(path.read_bytes()[:-1])

    assert list(kb.updates.differences()) == [first]


def test_the_first_difference_has_counts_only(kb: KnowledgeBase) -> None:
    (first,) = kb.updates.differences().values()

    assert (first.first, first.reports, first.counts) == (True, (), {"report": {"came": 2}, "note": {"came": 5}})


ENTRY = ReportEntry("r", "r.md", "", "R", None, None, None, None, (), 0, ())
OWN = tuple(f"{number:08x}" for number in range(6))


@st.composite
def marked_notes(draw: st.DrawFn) -> list[MarkedNote]:
    """Draw notes of a report: some of six, with unlike texts, and random properties."""
    every = []
    for own in draw(st.lists(st.sampled_from(OWN), unique=True)):
        kinds: list[Kind] = ["advice", "problem", "statement"]
        slugs = draw(st.sets(st.sampled_from(("sqs", "sns", "s3"))))
        other = draw(st.none() | st.sampled_from([one for one in OWN if one != own]))
        note = Note(
            id=f"r/{own}",
            report="r",
            source="r.md",
            line=draw(st.integers(1, 99)),
            type="bullet",
            depth=0,
            text=own[-1] * 8,
            kind=draw(st.sampled_from(kinds)),
            services=tuple(
                Mention(slug, draw(st.sampled_from(("explicit", "inherited"))), Why("here")) for slug in slugs
            ),
            remedy_of=f"r/{other}" if other else None,
        )
        every.append(MarkedNote(note, tuple(draw(st.sets(st.sampled_from(("limit", "name")))))))
    return every


def items(old: list[MarkedNote], new: list[MarkedNote]) -> tuple[Item, ...]:
    return compared(ENTRY, ENTRY, old, new).items


def facts_of(notes: list[MarkedNote]) -> set[tuple[str, str, str, str]]:
    """Return the properties of notes, each as its sort, note, key and value."""
    facts = {("note", one.note.id, "", "") for one in notes}
    facts |= {("kind", one.note.id, "", one.note.kind) for one in notes}
    facts |= {("tag", one.note.id, mention.service, mention.via) for one in notes for mention in one.note.services}
    facts |= {("mark", one.note.id, change, "") for one in notes for change in one.overtaken}
    paired = [one.note for one in notes if one.note.remedy_of]
    return facts | {("pair", note.id, "remedy_of", note.remedy_of[2:]) for note in paired}


@given(marked_notes())
def test_a_report_differs_in_nothing_from_itself(notes: list[MarkedNote]) -> None:
    found = compared(ENTRY, ENTRY, notes, notes)

    assert (found.fate, found.changed, found.items) == ("changed", (), ())


@given(marked_notes(), marked_notes())
def test_the_items_lead_from_the_old_state_of_notes_to_the_new_one(
    old: list[MarkedNote], new: list[MarkedNote]
) -> None:
    here = {one.note.id for one in old} & {one.note.id for one in new}
    before, after = ({fact for fact in facts_of(notes) if fact[1] in here} for notes in (old, new))
    for item in (item for item in items(old, new) if item.note in here):
        if item.fate != "came":
            before.remove((item.sort, item.note, item.value, item.before))
        if item.fate != "went":
            before.add((item.sort, item.note, item.value, item.after))

    assert before == after


@given(marked_notes(), marked_notes())
def test_a_note_that_comes_or_goes_has_an_item_for_its_pair_with_a_note_that_stays(
    old: list[MarkedNote], new: list[MarkedNote]
) -> None:
    here = {one.note.id for one in old} & {one.note.id for one in new}
    pairs = [one for one in items(old, new) if one.sort == "pair" and one.note not in here]

    assert {(one.fate, one.note, f"r/{one.before}{one.after}") for one in pairs} == {
        (fate, one.note.id, one.note.remedy_of)
        for fate, notes in (("came", new), ("went", old))
        for one in notes
        if one.note.id not in here and one.note.remedy_of in here
    }


@given(marked_notes(), marked_notes())
def test_the_reverse_difference_swaps_came_and_went(old: list[MarkedNote], new: list[MarkedNote]) -> None:
    turned = {"came": "went", "went": "came", "changed": "changed"}
    back = {replace(one, fate=turned[one.fate], before=one.after, after=one.before) for one in items(new, old)}

    assert set(items(old, new)) == back


@given(marked_notes(), marked_notes())
def test_the_counts_are_those_of_listed_and_left_out_items(old: list[MarkedNote], new: list[MarkedNote]) -> None:
    reports = (compared(ENTRY, ENTRY, old, new),)
    difference = Difference("2026-01-01T00:00:00Z", reports, counted(reports))
    kept = difference.bounded()
    listed = sum(len(report.items) for report in kept.reports)

    assert sum(sum(fates.values()) for fates in difference.counts.values()) == listed + kept.left_out + 1


def test_an_edited_note_is_changed_with_its_text_before() -> None:
    old, new = (
        Note(f"r/{own}", "r", "r.md", 1, "bullet", 0, text)
        for own, text in zip(OWN, ("キューは冪等に受ける", "キューは必ず冪等に受ける"), strict=False)
    )

    assert items([MarkedNote(old)], [MarkedNote(new)]) == (
        Item("note", "changed", new.id, new.text, "text", old.text, new.text),
    )


def test_of_two_notes_that_resemble_a_former_one_only_one_is_its_edit() -> None:
    old, one, other = (
        Note(f"r/{own}", "r", "r.md", 1, "bullet", 0, f"箱は{count}つまでにする")
        for own, count in zip(OWN, "二三四", strict=False)
    )

    assert [(item.sort, item.fate) for item in items([MarkedNote(old)], [MarkedNote(one), MarkedNote(other)])] == [
        ("note", "changed"),
        ("note", "came"),
    ]


def test_of_two_notes_that_an_edited_note_resembles_equally_the_first_was_edited() -> None:
    one, other, new = (
        Note(f"r/{own}", "r", "r.md", 1, "bullet", 0, f"箱は{count}つまでにする")
        for own, count in zip(OWN, "二三四", strict=False)
    )

    assert items([MarkedNote(one), MarkedNote(other)], [MarkedNote(new)]) == (
        Item("note", "changed", new.id, new.text, "text", one.text, new.text),
        Item("note", "went", other.id, other.text),
    )


def test_a_note_that_moved_is_changed_but_a_talk_on_another_line_is_not() -> None:
    talk = Talk("t", "箱の話", 3)
    old = Note("r/1", "r", "r.md", 1, "bullet", 0, "x", trail=(Crumb("朝", 1), Crumb("箱", 2)), talk=talk)
    new = changed(old, trail=(Crumb("朝", 1),), talk=changed(talk, title="箱の本"), attached=("a | b",))

    assert [(item.value, item.before, item.after) for item in items([MarkedNote(old)], [MarkedNote(new)])] == [
        ("trail", "朝 › 箱", "朝"),
        ("talk", "箱の話", "箱の本"),
        ("attached", "", "a | b"),
    ]
    entries = [changed(ENTRY, talks=(one,)) for one in (talk, changed(talk, line=5), changed(talk, start="10:00"))]
    assert [compared(entries[0], one, (), ()).changed for one in entries] == [(), (), ("talks",)]


def test_a_report_under_another_id_has_the_same_notes() -> None:
    old = Note("r/1", "r", "r.md", 1, "bullet", 0, "x", remedy_of="r/2")
    new = changed(old, id="s/1", report="s", remedy_of="s/2")
    moved = compared(ENTRY, changed(ENTRY, id="s"), [MarkedNote(old)], [MarkedNote(new)])

    assert (moved.changed, moved.items) == (("id",), ())

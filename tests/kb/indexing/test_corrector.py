"""Corrections of reports, talks and notes hold after the next sync, and can be taken back."""

import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace

from kb.knowledge_base import KnowledgeBase
from kb.library.file_changes import ChangedSinceError, FileChange
from kb.library.tables import LessonTable
from kb.readers.formats import read_outline
from kb.report.identity import own_part, talk_id
from kb.report.model import Correction, CorrectionSet, MetadataOverride, TalkCorrection
from kb.report.problems import LibraryError
from kb.search.browser import Explanation
from kb.search.results import UnknownIdError
from kb.talks import report_of

REPORT = """# 見本勉強会 参加レポート

## 【A】11:10~12:00:箱の話

登壇者: 山田 花子

- 冪等に作る
"""


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library" / "2019").mkdir(parents=True)
    (tmp_path / "library" / "2019" / "a.md").write_text(REPORT, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    return kb


def test_another_event_keeps_links_corrections_and_speakers(kb: KnowledgeBase) -> None:
    (before,) = kb.browser.reports()
    link = kb.browser.report(before.id)[1][0].id
    kb.corrector.note(link, lambda _: Correction(adds=("sqs",)))
    kb.corrector.talk((before.talks[0].id,), lambda _: TalkCorrection(speakers=("田中 一",)))
    earlier = kb.corrector.report(before, lambda known: replace(known, event="改名した会", held_on="2019"))
    kb.indexer.sync()
    (after,) = kb.browser.reports()
    note = kb.browser.note(link)

    assert (earlier.before, after.event, after.held_on, after.talks[0].speakers) == (
        MetadataOverride(),
        "改名した会",
        "2019",
        ("田中 一",),
    )
    assert (after.id != before.id, note.report, note.talk and note.talk.speakers) == (True, after.id, ("田中 一",))
    assert [mention.service for mention in note.services] == ["sqs"]


def test_a_correction_under_a_former_id_of_the_note_is_taken_back_under_its_present_one(kb: KnowledgeBase) -> None:
    (entry,) = kb.browser.reports()
    link = kb.browser.report(entry.id)[1][-1].id
    kb.corrector.note(link, lambda _: Correction(adds=("sqs",)))
    kb.corrector.report(entry, lambda known: replace(known, event="改名した会"))
    kb.indexer.sync()
    kb.corrector.note(kb.browser.note(link).id, lambda known: replace(known, adds=()))
    kb.indexer.sync()

    assert kb.browser.note(link).services == ()


def test_corrections_of_several_notes_of_a_report_all_hold(kb: KnowledgeBase) -> None:
    (kb.collection.library.path / "2019" / "a.md").write_text(f"{REPORT}- 順に並べる\n- 箱に入れる\n", "utf-8")
    kb.indexer.sync()
    notes = kb.browser.report(kb.browser.reports()[0].id)[1]
    for note, slug in zip(notes[-3:], ("sqs", "sns", "s3"), strict=True):
        kb.corrector.note(note.id, lambda _, slug=slug: Correction(adds=(slug,)))
    kb.indexer.sync()

    assert [[one.service for one in kb.browser.note(note.id).services] for note in notes[-3:]] == [
        ["sqs"],
        ["sns"],
        ["s3"],
    ]


def test_speakers_are_corrected_and_the_correction_taken_back(kb: KnowledgeBase) -> None:
    (talk,) = kb.browser.reports()[0].talks
    found = []
    for speakers in (("田中 一", "鈴木 二"), (), None):
        kb.corrector.talk((talk.id,), lambda _, speakers=speakers: TalkCorrection(speakers=speakers))
        kb.indexer.sync()
        found.append(kb.browser.reports()[0].talks[0].speakers)

    assert found == [("田中 一", "鈴木 二"), (), ("山田 花子",)]


def test_a_talk_is_corrected_under_each_of_its_ids(kb: KnowledgeBase) -> None:
    said = TalkCorrection(speakers=("田中 一",))
    kb.corrector.talk(("one/1a2b3c", "other/1a2b3c"), lambda _: said)

    assert kb.collection.library.configuration()[0].talks == {"one/1a2b3c": said, "other/1a2b3c": said}


def test_a_removed_report_is_restored_with_its_metadata(kb: KnowledgeBase) -> None:
    kb.corrector.report(kb.browser.reports()[0], lambda known: replace(known, held_on="2019-05"))
    kb.indexer.sync()
    (entry,) = kb.browser.reports()
    change = kb.corrector.remove(entry.source)
    kb.indexer.sync()
    gone = kb.browser.reports()
    kb.corrector.take_back([change])
    kb.indexer.sync()

    assert (gone, kb.browser.reports()) == ((), (entry,))


def test_a_corrected_kind_has_no_reasons(kb: KnowledgeBase) -> None:
    (entry,) = kb.browser.reports()
    note = kb.browser.report(entry.id)[1][-1]
    kb.corrector.note(note.id, lambda _: Correction(kind="question"))
    kb.indexer.sync()

    assert kb.browser.why(note.id) == Explanation("question", "冪等に作る", 1.0, ())


def test_why_a_line_is_a_talk_follows_the_line_in_the_current_file(kb: KnowledgeBase) -> None:
    (entry,) = kb.browser.reports()
    file, talk = kb.collection.library.path / entry.source, entry.talks[0].id
    before = kb.browser.why(talk)
    file.write_text(REPORT.replace("\n\n", "\n\n- まえがき\n- はじめに\n\n", 1), "utf-8")
    after = kb.browser.why(talk)
    file.write_text(REPORT.replace("箱の話", "棚の話"), "utf-8")

    assert (after.text, after.sure, after.reasons[0]) == ("箱の話", before.sure, before.reasons[0])
    with pytest.raises(UnknownIdError, match=rf"2019/a\.md holds no talk {talk} any more"):
        kb.browser.why(talk)


def test_names_are_merged_and_split_in_kb_toml_and_comments_stay(kb: KnowledgeBase) -> None:
    file = kb.collection.library.path / "kb.toml"
    file.write_text('[people]\n# 本人に聞いた\nhanako_y = "山田 花子" # 同じ人\n', "utf-8")
    merged = [kb.corrector.same("events", "見本会", lambda _: "見本勉強会").before, file.read_text("utf-8")]
    split = [
        kb.corrector.same("people", "hanako_y", lambda _: None).before,
        kb.corrector.same("events", "見本会", lambda known: known).before,
    ]
    kb.corrector.same("events", "見本会", lambda _: None)

    assert (merged, split, file.read_text("utf-8")) == (
        [None, '[people]\n# 本人に聞いた\nhanako_y = "山田 花子" # 同じ人\n\n[events]\n"見本会" = "見本勉強会"\n'],
        ["山田 花子", "見本勉強会"],
        "[people]\n# 本人に聞いた\n",
    )


def test_names_that_would_lead_to_each_other_are_refused_and_nothing_is_written(kb: KnowledgeBase) -> None:
    kb.corrector.same("people", "い", lambda _: "ろ")
    before = (kb.collection.library.path / "kb.toml").read_bytes()

    with pytest.raises(LibraryError, match="'い' and 'ろ' lead to each other"):
        kb.corrector.same("people", "ろ", lambda _: "い")
    assert (kb.collection.library.path / "kb.toml").read_bytes() == before


def test_different_names_are_remembered_in_either_order(kb: KnowledgeBase) -> None:
    before = kb.corrector.different("people", "山田 花", lambda known: (*known, "山田 花子")).before
    library = kb.collection.library
    configuration = library.configuration()[0]
    text = (library.path / "kb.toml").read_text("utf-8")
    after = kb.corrector.different("people", "山田 花", lambda _: ()).before

    assert (before, text, after) == ((), '[different.people]\n"山田 花" = ["山田 花子"]\n', ("山田 花子",))
    assert [
        configuration.are_different("people", "山田 花子", "山田 花"),
        configuration.are_different("people", "山田 花", "山田 花子"),
        configuration.are_different("events", "山田 花", "山田 花子"),
        (library.path / "kb.toml").read_text("utf-8"),
    ] == [True, True, False, ""]


def test_corrections_of_a_block_are_written_at_once_and_none_after_an_error(kb: KnowledgeBase) -> None:
    (entry,), path = kb.browser.reports(), kb.collection.library.path / "kb.toml"
    note = kb.browser.report(entry.id)[1][-1]
    with kb.corrector.together():
        kb.corrector.note(note.id, lambda _: Correction(adds=("sqs",)))
        before = path.exists()
        kb.corrector.report(entry, lambda known: replace(known, held_on="2019"))
    written = path.read_text("utf-8")
    with pytest.raises(LibraryError), kb.corrector.together():  # noqa: PT012  # the second one fails
        kb.corrector.note(note.id, lambda _: Correction(adds=("s3",)))
        kb.corrector.report(replace(entry, digest="0"), lambda known: replace(known, held_on="2018"))
    kb.corrector.note(note.id, lambda known: replace(known, removes=("s3",)))

    assert (before, written) == (
        False,
        f'[notes."{note.id}"]\nadd = ["sqs"]\n\n[reports."2019/a.md"]\ndate = "2019"\n',
    )
    assert path.read_text("utf-8") == written.replace('["sqs"]\n', '["sqs"]\nremove = ["s3"]\n')


def test_edits_are_undone_and_redone_as_one_and_what_others_changed_since_stays(kb: KnowledgeBase) -> None:
    (entry,), path = kb.browser.reports(), kb.collection.library.path / "kb.toml"
    note = kb.browser.report(entry.id)[1][-1]
    with kb.corrector.together():
        edits = [
            kb.corrector.note(note.id, lambda _: Correction(adds=("sqs",), kind="question")),
            kb.corrector.note(note.id, lambda known: replace(known, adds=(), removes=("sqs",))),
            kb.corrector.talk((entry.talks[0].id,), lambda _: TalkCorrection(title="棚の話")),
            kb.corrector.report(entry, lambda known: replace(known, held_on="2019")),
            kb.corrector.same("events", "見本会", lambda _: "見本勉強会"),
            kb.corrector.different("people", "山田 花", lambda _: ("山田 花子",)),
        ]
    done = path.read_text("utf-8")
    kb.corrector.note(note.id, lambda known: replace(known, adds=("s3",)))
    redo = kb.corrector.revert(edits)
    undone = path.read_text("utf-8")
    kb.corrector.revert(redo)

    assert undone == f'[notes."{note.id}"]\nadd = ["s3"]\n'
    assert tomllib.loads(path.read_text("utf-8")) == {
        **tomllib.loads(done),
        "notes": {note.id: {"add": ["s3"], "remove": ["sqs"], "kind": "question"}},
    }


@pytest.mark.parametrize(
    "said",
    [
        Correction(adds=("sqs",)),
        Correction(removes=("sqs",)),
        Correction(kind="question"),
        Correction(denied=("advice",)),
        Correction(no_answer_to=("冪等",)),
    ],
)
def test_each_part_of_a_notes_correction_is_undone(kb: KnowledgeBase, said: Correction) -> None:
    note = kb.browser.report(kb.browser.reports()[0].id)[1][-1]
    kb.corrector.revert([kb.corrector.note(note.id, lambda _: said)])

    assert kb.collection.library.configuration()[0].corrections == {}


def test_nothing_is_undone_if_one_of_the_edits_was_changed_since_or_its_report_is_gone(kb: KnowledgeBase) -> None:
    (entry,), path = kb.browser.reports(), kb.collection.library.path / "kb.toml"
    edits = [
        kb.corrector.different("people", "山田 花", lambda _: ("山田 花子", "山田 華")),
        kb.corrector.report(entry, lambda known: replace(known, held_on="2019")),
    ]
    kb.corrector.different("people", "山田 花", lambda _: ("山田 華",))
    before = path.read_bytes()
    with pytest.raises(ChangedSinceError, match=r"kb\.toml: was changed since"):
        kb.corrector.revert(edits)
    (kb.collection.library.path / entry.source).unlink()
    kb.indexer.sync()
    with pytest.raises(ChangedSinceError, match=r"2019/a\.md: was changed since"):
        kb.corrector.revert(edits)

    assert path.read_bytes() == before


def added(kb: KnowledgeBase) -> FileChange:
    """Add a report with a corrected note and talk, and return the change."""
    report = report_of(read_outline(OTHER.encode(), "b.md"))
    corrections = CorrectionSet(
        {own_part(report.notes[-1].id): Correction(kind="problem")},
        {own_part(report.talks[0].id): TalkCorrection(title="鍵のうた")},
    )
    change = kb.adder.add(OTHER.encode(), "b.md", corrections=corrections).change
    assert change
    return change


OTHER = REPORT.replace("見本", "手本").replace("箱", "鍵")


def test_a_report_is_added_and_taken_back_with_its_corrections(kb: KnowledgeBase) -> None:
    path = kb.collection.library.path / "kb.toml"
    change = added(kb)
    kb.indexer.sync()
    entry = next(one for one in kb.browser.reports() if one.source == "b.md")
    note, written = kb.browser.report(entry.id)[1][-1], path.read_text("utf-8")
    (redo,) = kb.corrector.take_back([change])
    after = path.read_text("utf-8")
    kept = [(kb.collection.library.path / name).read_text("utf-8") for name in redo.kept]
    kb.corrector.take_back([redo])

    assert (entry.talks[0].title, note.kind) == ("鍵のうた", "problem")
    assert (after, kept, path.read_text("utf-8")) == ("", [OTHER, written], written)


def test_a_report_whose_correction_was_corrected_since_is_not_taken_back(kb: KnowledgeBase) -> None:
    change = added(kb)
    (talk,) = kb.collection.library.configuration()[0].talks
    kb.corrector.talk((talk,), lambda known: replace(known, title="鍵の歌"))
    with pytest.raises(ChangedSinceError):
        kb.corrector.take_back([change])

    assert (kb.collection.library.path / "b.md").exists()


def test_what_was_learned_from_a_report_is_forgotten_when_it_is_taken_back(kb: KnowledgeBase) -> None:
    kb.corrector.note("elsewhere/0", lambda _: Correction(kind="advice"))
    change = added(kb)
    kb.corrector.lesson(LessonTable(2))
    kb.corrector.take_back([change])

    assert kb.collection.library.configuration()[0].lesson == LessonTable(1)


def test_corrections_of_notes_hold_when_their_talk_begins_and_when_it_is_classified_again(kb: KnowledgeBase) -> None:
    (kb.collection.library.path / "2019" / "a.md").write_text(f"{REPORT}\n## 鍵について\n\n- 鍵は必ず返す\n", "utf-8")
    kb.indexer.sync()
    (entry,) = kb.browser.reports()
    notes = kb.browser.report(entry.id)[1]
    for note in notes:
        kb.corrector.note(note.id, lambda _: Correction(kind="question"))
    kb.corrector.talk((talk_id(entry.event, "鍵について"),), lambda _: TalkCorrection(talk=True))
    kb.indexer.sync()
    moved = kb.browser.report(entry.id)[1]
    kb.corrector.lesson(LessonTable(len(notes)))  # another lesson
    kb.indexer.sync()

    assert (moved[-1].talk and moved[-1].talk.title, moved[-1].id == notes[-1].id) == ("鍵について", False)
    assert {note.kind for note in (*moved, *kb.browser.report(entry.id)[1])} == {"question"}

"""Corrections of reports, talks and notes hold after the next sync, and can be taken back."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Correction, MetadataOverride, TalkCorrection
from kb.report.problems import LibraryError
from kb.search.browser import Why
from kb.search.results import UnknownIdError

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

    assert (earlier, after.event, after.held_on, after.talks[0].speakers) == (
        MetadataOverride(),
        "改名した会",
        "2019",
        ("田中 一",),
    )
    assert (after.id != before.id, note.report, note.talk and note.talk.speakers) == (True, after.id, ("田中 一",))
    assert [mention.service for mention in note.services] == ["sqs"]


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

    assert kb.browser.why(note.id) == Why("question", "冪等に作る", 1.0, ())


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
    merged = [kb.corrector.same("events", "見本会", lambda _: "見本勉強会"), file.read_text("utf-8")]
    split = [
        kb.corrector.same("people", "hanako_y", lambda _: None),
        kb.corrector.same("events", "見本会", lambda known: known),
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
    before = kb.corrector.different("people", "山田 花", lambda known: (*known, "山田 花子"))
    library = kb.collection.library
    configuration = library.configuration()[0]
    text = (library.path / "kb.toml").read_text("utf-8")
    after = kb.corrector.different("people", "山田 花", lambda _: ())

    assert (before, text, after) == ((), '[different.people]\n"山田 花" = ["山田 花子"]\n', ("山田 花子",))
    assert [
        configuration.are_different("people", "山田 花子", "山田 花"),
        configuration.are_different("people", "山田 花", "山田 花子"),
        configuration.are_different("events", "山田 花", "山田 花子"),
        (library.path / "kb.toml").read_text("utf-8"),
    ] == [True, True, False, ""]

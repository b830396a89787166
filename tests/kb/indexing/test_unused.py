"""Corrections in kb.toml that apply to nothing are found, with what is probably meant, and no others."""

from pathlib import Path

import pytest

from kb.knowledge_base import KnowledgeBase
from kb.library.contents import Unused
from kb.report.identity import digest

REPORT = """# 箱の会 #7 参加レポート

2019-05-06

## 【A】10:00~10:30:箱の話

登壇者: 山田 花子

- EKS の運用はオンコールの人が決める
- 鍵を必ず返す

## 【B】11:00~11:30:門の話

登壇者: 鈴木 二郎

- 門は朝に開ける
"""
OTHER = "# 鍵の会 2018 参加レポート\n\n2018-03-10\n\n- 鍵は二つ\n"


class Scene:
    """A library of two reports, and its index."""

    def __init__(self, folder: Path) -> None:
        self.library, self._index = folder / "library", folder / "index"
        (self.library / "2018").mkdir(parents=True)
        self.write(**{"a.md": REPORT, "2018/b.md": OTHER})
        self.sync()

    def write(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.library / name).write_text(text, "utf-8")

    def opened(self) -> KnowledgeBase:
        return KnowledgeBase.open(self.library, self._index)

    def sync(self) -> tuple[Unused, ...]:
        return self.opened().indexer.sync().unused

    def note(self, text: str) -> str:
        kb = self.opened()
        notes = (note for entry in kb.browser.reports() for note in kb.browser.report(entry.id)[1])
        return next(note.id for note in notes if text in note.text)

    def talk(self, title: str) -> str:
        talks = (talk for entry in self.opened().browser.reports() for talk in entry.talks)
        return next(talk.id for talk in talks if talk.title == title)

    def configured(self, text: str) -> tuple[Unused, ...]:
        self.write(**{"kb.toml": text})
        return self.sync()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_corrections_that_apply_and_those_of_names_and_feeds_are_not_listed(scene: Scene) -> None:
    note, box, gate = scene.note("オンコール"), scene.talk("箱の話"), scene.talk("門の話")
    text = f"""
[notes."{scene.note("門は朝に")}"]
kind = "label"
[notes."{note}"]
remove = ["eks"]
[talks."{box}"]
title = "大きな箱の話"
[talks."{gate}"]
talk = false
[reports."2018/b.md"]
former = ["昔の会-2018-abcd"]
[events]
"ない会" = "ほかのない会"
[people]
"いない人" = "ほかのいない人"
[different.events]
"ない会 1" = ["ない会 2"]
[feeds."https://feeds.example.com/"]
seen = ["https://feeds.example.com/1"]
[reports."none.md"]
[notes."none/1"]
[talks."none/1"]
"""

    assert scene.configured(text) == ()


@pytest.mark.parametrize("said", ["true", "false", '"ends"'])
def test_any_line_of_the_report_may_be_corrected_by_its_text(scene: Scene, said: str) -> None:
    line = f"箱の会-7/{digest('鍵を必ず返す', length=6)}"

    assert scene.configured(f'[talks."{line}"]\ntalk = {said}\n') == ()
    assert [one.key for one in scene.configured(f'[talks."{line[:-1]}"]\ntalk = {said}\n')] == [line[:-1]]


def test_corrections_under_the_id_that_the_text_gives_hold_after_the_event_is_corrected_by_hand(scene: Scene) -> None:
    note, talk = scene.note("オンコール"), scene.talk("箱の話")
    unused = scene.configured(
        f'[reports."a.md"]\nevent = "大きな箱の会"\n[notes."{note}"]\nremove = ["eks"]\n'
        f'[talks."{talk}"]\nspeakers = ["田中 一"]\n'
    )
    found = scene.opened().browser.note(note)

    assert (unused, found.event, found.services, found.talk and found.talk.speakers) == (
        (),
        "大きな箱の会",
        (),
        ("田中 一",),
    )


def test_a_note_whose_text_was_edited_is_proposed_until_the_correction_is_changed(scene: Scene) -> None:
    before = scene.note("オンコール")
    scene.configured(f'# 手で\n[notes."{before}"]\nremove = ["eks"]\n')
    scene.write(**{"a.md": REPORT.replace("オンコールの人", "オンコールの担当")})
    first = scene.sync()
    scene.write(**{"a.md": REPORT.replace("オンコールの人", "オンコールの担当者")})
    second, after = scene.sync(), scene.note("担当者")
    scene.write(**{"2018/b.md": f"{OTHER}- 追記\n"})
    third = scene.sync()

    assert first[0].text == "EKS の運用はオンコールの担当が決める"
    assert second == third == (Unused("notes", before, after, "EKS の運用はオンコールの担当者が決める", 2),)
    assert scene.configured(f'[notes."{after}"]\nremove = ["eks"]\n') == ()


def test_a_note_of_a_report_with_another_event_is_found_by_its_title(scene: Scene) -> None:
    note = scene.note("オンコール")
    report, own = note.split("/")
    wrong = f"別の会-{report[-4:]}/{own}"

    assert scene.configured(f'[notes."{wrong}"]\nkind = "label"\n') == (
        Unused("notes", wrong, note, "EKS の運用はオンコールの人が決める", 1),
    )


def test_a_mistyped_id_of_a_report_is_proposed_if_it_has_the_note(scene: Scene) -> None:
    note = scene.note("鍵は二つ")
    wrong, hopeless = note.replace("鍵の会", "鍵の介"), note.replace("鍵の会", "鍵の介")[:-1]

    assert scene.configured(f'[notes."{wrong}"]\nkind = "label"\n[notes."{hopeless}"]\nkind = "label"\n') == (
        Unused("notes", wrong, note, "鍵は二つ", 1),
        Unused("notes", hopeless, line=3),
    )


def test_the_talk_of_another_event_or_of_an_edited_title_is_proposed(scene: Scene) -> None:
    box, gate = scene.talk("箱の話"), scene.talk("門の話")
    wrong = f"別の会/{gate.split('/')[1]}"
    scene.configured(f'[talks."{box}"]\nspeakers = ["田中 一"]\n')
    scene.write(**{"a.md": REPORT.replace("箱の話", "箱のお話")})
    first = scene.configured(
        f'[talks."{box}"]\nspeakers = ["田中 一"]\n[talks."{wrong}"]\ntalk = false\n[talks."ない/123456"]\ntalk = true\n'
    )
    now = scene.talk("箱のお話")
    scene.write(**{"2018/b.md": f"{OTHER}- 追記\n"})

    assert first == scene.sync()
    assert first == (
        Unused("talks", box, now, "箱のお話", 1),
        Unused("talks", wrong, gate, "門の話", 3),
        Unused("talks", "ない/123456", line=5),
    )


def test_the_name_of_a_report_that_is_gone_comes_with_a_similar_one(scene: Scene) -> None:
    names = ("b.md", "2018/bb.md", "nothing-like-it.txt")

    assert scene.configured("".join(f'[reports."{name}"]\nevent = "会"\n' for name in names)) == (
        Unused("reports", "b.md", "2018/b.md", "", 1),
        Unused("reports", "2018/bb.md", "2018/b.md", "", 3),
        Unused("reports", "nothing-like-it.txt", line=5),
    )


@pytest.mark.parametrize("unread", ["\0", "PK\3\4 a damaged zip"])
def test_a_report_that_cannot_be_read_for_now_keeps_its_corrections_unmentioned(scene: Scene, unread: str) -> None:
    note, talk = scene.note("鍵を必ず返す"), scene.talk("箱の話")
    text = f'[notes."{note}"]\nkind = "label"\n[talks."{talk}"]\ntitle = "箱"\n[reports."a.md"]\ndate = "2019-05-07"\n'
    scene.configured(text)
    scene.write(**{"a.md": unread})
    unreadable = scene.sync()
    scene.write(**{"a.md": REPORT})
    scene.sync()

    assert (unreadable, scene.configured(f'ignore = ["a.md"]\n{text}')) == ((), ())


def test_corrections_of_a_removed_report_stay_are_named_and_hold_when_it_comes_back(scene: Scene) -> None:
    note = scene.note("鍵を必ず返す")
    text = f'[notes."{note}"]\nkind = "label"\n'
    scene.configured(text)
    change = scene.opened().corrector.remove("a.md")
    unused, left = scene.sync(), (scene.library / "kb.toml").read_text("utf-8")
    scene.opened().corrector.take_back([change])

    assert ([one.key for one in unused], left) == ([note], text)
    assert (scene.sync(), scene.opened().browser.note(note).kind) == ((), "label")


def test_a_status_of_an_unchanged_library_lists_what_the_sync_found(scene: Scene) -> None:
    found = scene.configured('[notes."none/1"]\nkind = "label"\n')

    assert scene.opened().indexer.status().unused == found == (Unused("notes", "none/1", line=1),)
    assert scene.configured("") == scene.opened().indexer.status().unused == ()

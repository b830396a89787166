"""Parts of reports for assistants, and what is kept of their answers."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest
from msgspec.structs import replace

from kb.assistant.parts import BYTES_PER_TOKEN, MAX_TOKENS, Part
from kb.assistant.readings import PartAnswers, RefusedReadingsError
from kb.knowledge_base import KnowledgeBase
from kb.library.line_readings import readings_in
from kb.readers.archives import MAX_REPORT_BYTES
from kb.readers.containers import members_of
from kb.report.identity import talk_id
from kb.report.model import Correction, LineReading
from kb.report.problems import LibraryError
from kb.search.records import as_json
from kb.storage.safe_files import read_regular
from kb.storage.walk import readings_path, source_of_readings

REPORT = """# 鍵の会 2018 に参加した

## 10:00 錠前の話 山田 花子

- SQS は同じ鍵を二度わたすことがある
  - 受けとる側でたしかめる
- Lambda の実行時間は最大5分

## 昼

- 弁当だった
"""
WHO = "Anna"


@pytest.fixture
def kb(indexed: Callable[[Mapping[str, str]], KnowledgeBase]) -> KnowledgeBase:
    return indexed({"a.md": REPORT})


def part_of(kb: KnowledgeBase, who: str = WHO) -> Part:
    part = kb.readings.next_part(who)
    assert part
    return part


def answers(part: Part, event: str | None = None, day: str | None = None, **lines: dict[str, Any]) -> PartAnswers:
    """Return answers that agree with kb on each line, but for some by their number (`l3`)."""
    agreed: dict[int, dict[str, Any]] = {
        line.number: {"line": line.number, "is": line.believed} for line in part.lines if line.needs
    }
    for name, said in lines.items():
        number = int(name[1:])
        agreed[number] = {**agreed.get(number, {"line": number}), **said}
    return msgspec.convert({"lines": list(agreed.values()), "event": event, "day": day}, PartAnswers)


def tokens_of(part: Part) -> int:
    return len(as_json(part.record()).encode()) // BYTES_PER_TOKEN


def kept(kb: KnowledgeBase, source: str = "a.md") -> dict[str, LineReading]:
    """Return what is kept of a report, by the beginnings of its lines."""
    return {one.text: one for one in readings_in(kb.collection.library.readings(source)).values()}


def test_a_part_shows_numbered_lines_with_what_kb_believes(kb: KnowledgeBase) -> None:
    record = part_of(kb).record()

    assert record["report"] == {"title": "鍵の会 2018 に参加した", "event": "鍵の会 2018", "day": "2018"}
    assert [{key: line[key] for key in ("line", "text", "is")} for line in record["lines"]] == [
        {"line": 1, "text": "鍵の会 2018 に参加した", "is": "other"},
        {"line": 2, "text": "10:00 錠前の話 山田 花子", "is": "talk"},
        {"line": 3, "text": "SQS は同じ鍵を二度わたすことがある", "is": record["lines"][2]["is"]},
        {"line": 4, "text": "受けとる側でたしかめる", "is": record["lines"][3]["is"]},
        {"line": 5, "text": "Lambda の実行時間は最大5分", "is": record["lines"][4]["is"]},
        {"line": 6, "text": "昼", "is": "other"},
        {"line": 7, "text": "弁当だった", "is": record["lines"][6]["is"]},
    ]
    assert (record["lines"][1]["title"], record["lines"][3]["depth"]) == ("錠前の話", 1)
    assert record["lines"][3]["services"] == ["SQS"]
    assert [*record["lines"][4]["outdated_by"]] == ["lambda-timeout"]


def test_headings_of_a_report_about_one_talk_are_parts_also_after_assistants_read_them(
    indexed: Callable[[Mapping[str, str]], KnowledgeBase],
) -> None:
    text = "---\ntitle: 錠前の話\n---\n\n# 鍵\n\n- SQS は同じ鍵を二度わたす\n\n# 昼\n\n- 弁当だった\n"
    told = f'[talks."{talk_id(None, "錠前の話")}"]\ntalk = true\n'
    kb = indexed({"a.md": text, "kb.toml": told})
    part = part_of(kb)
    kb.readings.put(WHO, part.id, answers(part, l1={"is": "talk"}))
    kb.indexer.sync()
    (report,) = kb.browser.reports()

    assert [(line.text, line.believed) for line in part.lines if line.line.level] == [("鍵", "part"), ("昼", "part")]
    assert [talk.title for talk in report.talks] == ["錠前の話"]
    assert {note.talk and note.talk.title for note in kb.browser.report(report.id)[1]} == {"錠前の話"}


def test_what_differs_is_kept_with_what_kb_believed_and_the_rest_as_it_is(kb: KnowledgeBase) -> None:
    part = part_of(kb)
    said = answers(
        part,
        event="第一回 鍵の会",
        day="2018-03-10",
        l2={"title": "錠前", "speakers": ["山田 花子", "田中 一"]},
        l3={"is": "problem", "services": ["SQS", "Amazon SNS"]},
        l4={"is": "advice", "services": [], "remedies": 3, "answers": 0},
        l5={"is": "statement", "outdated_by": []},
        l7={"is": "impression", "about": "event"},
    )
    record = kb.readings.put(WHO, part.id, said)
    kb.indexer.sync()
    readings = kept(kb)
    problem, advice = readings["SQS は同じ鍵を二度わたすことがある"], readings["受けとる側でたしかめる"]

    assert record["read"] == 7
    assert (problem.kind, problem.add, problem.was["services"]) == ("problem", ("sns",), ["sqs"])
    assert (advice.kind, advice.remove, advice.remedy_of, advice.was["remedy_of"]) == (
        "advice",
        ("sqs",),
        problem.of,
        "",
    )
    assert readings["Lambda の実行時間は最大5分"].changes == ()
    assert readings["昼"].was == {}
    (entry,) = kb.browser.reports()
    notes = kb.browser.report(entry.id)[1]
    assert (entry.event, entry.held_on, entry.talks[0].title) == ("第一回 鍵の会", "2018-03-10", "錠前")
    assert (notes[1].remedy_of, kb.collection.domain.changes_for(notes[2]), notes[3].about) == (
        notes[0].id,
        (),
        "event",
    )


def test_everything_is_read_once_and_edited_lines_again(kb: KnowledgeBase) -> None:
    part = part_of(kb)
    kb.readings.put(WHO, part.id, answers(part))
    kb.indexer.sync()
    nothing = kb.readings.next_part(WHO)
    (kb.collection.library.path / "a.md").write_text(REPORT.replace("たしかめる", "二度たしかめる"), "utf-8")
    kb.indexer.sync()
    edited = part_of(kb)

    assert (nothing, [edited.by_number[number].line.text for number in edited.unread]) == (
        None,
        ["受けとる側で二度たしかめる"],
    )
    assert [line.get("read", False) for line in edited.record()["lines"]] == [True] * 3 + [False] + [True] * 3


def test_a_long_report_is_read_in_order_in_parts_of_at_most_4000_tokens(kb: KnowledgeBase) -> None:
    talks = (f"## 鍵{n}の話\n\n" + "".join(f"- 鍵{n}の{m}番目は{'よい' * 30}\n" for m in range(40)) for n in range(8))
    (kb.collection.library.path / "b.md").write_text("# 鍵の会 2019\n\n" + "\n".join(talks), "utf-8")
    kb.indexer.sync()
    parts = [part for part in kb.readings.parts() if part.entry.source == "b.md"]
    numbers = [line.number for part in parts for line in part.lines]

    assert (len(parts) > 3, max(map(tokens_of, parts)) <= MAX_TOKENS) == (True, True)
    assert (numbers, {len(part.unread) == len(part.lines) for part in parts}) == ([*range(1, len(numbers) + 1)], {True})
    assert [part.lines[0].needs for part in parts] == ["role"] * len(parts)  # each begins at a heading
    first = part_of(kb)
    assert first.key == parts[0].key
    skipped = kb.readings.next_part(WHO, {first.key})
    assert skipped
    assert skipped.key == parts[1].key


def test_a_line_longer_than_a_part_is_cut(kb: KnowledgeBase) -> None:
    (kb.collection.library.path / "b.md").write_text(f"# 鍵の会 2019\n\n- {'鍵' * 30_000}\n- 錠\n", "utf-8")
    kb.indexer.sync()

    assert all(len(as_json(part.record()).encode()) <= 3 * MAX_TOKENS for part in kb.readings.parts())


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ({"l2": {"is": "advice"}}, "line 2 is a heading: say talk, part or other"),
        ({"l3": {"is": "part"}}, "line 3 is no heading: it cannot be 'part'; say its kind, or talk or other"),
        ({"l99": {"is": "label"}}, "line 99 is not in this part"),
        ({"l3": {"services": ["SQSS"]}}, "line 3 no service is known as 'SQSS'; known are SQS"),
        ({"l4": {"remedies": 4}}, "line 4 remedies cannot be 4: say the number of another note of this part, or 0"),
        ({"l4": {"remedies": 6}}, "line 4 remedies cannot be 6: say the number of another note of this part, or 0"),
        ({"l4": {"answers": 900}}, "line 4 answers cannot be 900: say the number of another note of this part, or 0"),
        ({"l3": {"outdated_by": ["x"]}}, "line 3 outdated_by cannot be 'x': none is shown"),
        ({"l5": {"outdated_by": ["x"]}}, "line 5 outdated_by cannot be 'x': shown are lambda-timeout"),
        ({"day": "10. März"}, "day cannot be '10. März'; write 2018, 2018-03 or 2018-03-10"),
    ],
)
def test_one_invalid_answer_keeps_nothing_and_says_why(kb: KnowledgeBase, lines: dict[str, Any], problem: str) -> None:
    part = part_of(kb)
    with pytest.raises(RefusedReadingsError) as refused:
        kb.readings.put(WHO, part.id, answers(part, **lines))

    assert str(refused.value) == f"{problem}\nNothing was kept."
    assert not (kb.collection.library.path / "readings").exists()


def test_missing_and_repeated_answers_are_refused(kb: KnowledgeBase) -> None:
    part = part_of(kb)
    said = msgspec.convert({"lines": [{"line": 3, "is": "label"}, {"line": 3, "is": "problem"}]}, PartAnswers)
    with pytest.raises(RefusedReadingsError) as refused:
        kb.readings.put(WHO, part.id, said)

    assert str(refused.value).splitlines() == [
        "line 3 has more than one answer",
        "these lines have no answer: 1, 2, 4, 5, 6, 7",
        "Nothing was kept.",
    ]


def test_only_the_open_part_of_an_assistant_takes_answers(kb: KnowledgeBase) -> None:
    (kb.collection.library.path / "b.md").write_text("# 鍵の会 2019\n\n- 錠\n", "utf-8")
    kb.indexer.sync()
    first = part_of(kb)
    second = kb.readings.next_part(WHO, {first.key})
    assert second
    for who, part in ((WHO, first.id), ("Bert", second.id), (WHO, "")):
        with pytest.raises(RefusedReadingsError, match="is not the one that you read now"):
            kb.readings.put(who, part, answers(first))

    assert kb.readings.put(WHO, second.id, answers(second))["read"] == len(second.unread)


def test_an_answer_to_a_file_that_changed_since_is_refused(kb: KnowledgeBase) -> None:
    part = part_of(kb)
    (kb.collection.library.path / "a.md").write_text(REPORT + "- 帰った\n", "utf-8")

    with pytest.raises(RefusedReadingsError, match="the report has changed since; ask for the next part"):
        kb.readings.put(WHO, part.id, answers(part))


def test_an_assistant_takes_back_its_own_readings_only(kb: KnowledgeBase) -> None:
    part, of_bert = part_of(kb), part_of(kb, "Bert")
    kb.readings.put("Bert", of_bert.id, answers(of_bert))
    before = kept(kb)
    undone_by_other = kb.readings.undo(WHO, part.id)
    kb.readings.put(WHO, part.id, answers(part, l3={"is": "problem"}))
    undone = kb.readings.undo(WHO, part.id)

    assert (undone_by_other, len(before), undone, kept(kb)) == ({"undone": 0}, 7, {"undone": 7}, {})


def test_what_a_person_took_back_is_not_asked_and_not_said_again(kb: KnowledgeBase) -> None:
    part = part_of(kb)
    kb.readings.put(WHO, part.id, answers(part, l3={"is": "problem"}))
    kb.collection.library.keep_readings(
        "a.md", lambda before: {of: replace(one, undone=True) for of, one in before.items() if one.kind == "problem"}
    )
    record = kb.readings.put(WHO, part.id, answers(part, l3={"is": "question"}))
    kb.indexer.sync()

    assert (record["taken_back_by_a_person"], kb.readings.next_part(WHO)) == (1, None)
    assert kept(kb)["SQS は同じ鍵を二度わたすことがある"].undone


def test_what_kb_believed_first_is_what_a_second_reading_differs_from(kb: KnowledgeBase) -> None:
    part = part_of(kb)
    kb.readings.put(WHO, part.id, answers(part, l7={"is": "problem"}))
    kb.indexer.sync()
    kb.readings.put(WHO, part.id, answers(part, l7={"is": "question"}))
    lunch = kept(kb)["弁当だった"]

    assert (lunch.kind, lunch.was) == ("question", {"kind": part.by_number[7].believed})


def test_a_bullet_that_kb_takes_for_a_talk_can_be_a_note(kb: KnowledgeBase) -> None:
    text = "# 鍵の会 2019\n\n## LT\n\n- 「合鍵の話」 山田 花子さん\n  - 合鍵は軽い\n- 「錠の話」 田中 一さん\n  - 錠は重い\n"
    (kb.collection.library.path / "b.md").write_text(text, "utf-8")
    kb.indexer.sync()
    part = part_of(kb)
    talk = next(line for line in part.lines if line.talk)
    kb.readings.put(WHO, part.id, answers(part, **{f"l{talk.number}": {"is": "statement"}}))
    kb.indexer.sync()
    entry = next(one for one in kb.browser.reports() if one.source == "b.md")

    assert kept(kb, "b.md")[talk.line.text].was == {"talk": True}
    assert talk.talk
    assert talk.talk.title not in [one.title for one in entry.talks]
    assert talk.line.text in [note.text for note in kb.browser.report(entry.id)[1]]


def test_what_a_person_said_is_shown_and_wins(kb: KnowledgeBase) -> None:
    note = kb.browser.report(kb.browser.reports()[0].id)[1][0]
    kb.corrector.note(note.id, lambda _: Correction(kind="question"))
    kb.indexer.sync()
    part = part_of(kb)
    kb.readings.put(WHO, part.id, answers(part, l3={"is": "problem"}))
    kb.indexer.sync()

    assert (part.by_number[3].believed, kb.browser.note(note.id).kind) == ("question", "question")


def test_the_samples_cannot_be_read(tmp_path: Path) -> None:
    kb = KnowledgeBase.open(None, tmp_path / "index")

    with pytest.raises(LibraryError, match="these are the bundled samples; they stay as they are"):
        kb.readings.next_part(WHO)


def test_an_event_and_a_day_that_the_report_does_not_say_are_taken_away(kb: KnowledgeBase) -> None:
    (before,) = kb.browser.reports()
    part = part_of(kb)
    kb.readings.put(WHO, part.id, answers(part, event="", day=""))
    kb.indexer.sync()
    (after,) = kb.browser.reports()

    assert kept(kb)["鍵の会 2018 に参加した"].was in ({}, {"event": "鍵の会 2018", "held_on": "2018"})
    assert (before.event, after.event, after.held_on, after.talks[0].title) == ("鍵の会 2018", None, None, "錠前の話")
    assert kb.browser.report(before.id)[0].id == after.id


def test_an_assistant_that_asks_again_gets_the_same_part(kb: KnowledgeBase) -> None:
    assert part_of(kb).id == part_of(kb).id


PLAIN = "鍵の会 2018\n\n■ 錠前の話 山田 花子\n\n・錠は三つ\n\n昼は弁当だった。\n\nうまかった。\n水も飲んだ。\nそのあとみんなで片付けた。\n椅子を運んだ。\n"


def test_any_line_may_end_a_talk_also_inside_a_paragraph(kb: KnowledgeBase) -> None:
    (kb.collection.library.path / "b.txt").write_text(PLAIN, "utf-8")
    kb.indexer.sync()
    part = part_of(kb)
    numbers = {line.line.text: line.number for line in part.lines}
    talk = next(line for line in part.lines if "錠前" in line.text)
    ends = {f"l{numbers[text]}": {"is": "other"} for text in ("昼は弁当だった。", "そのあとみんなで片付けた。")}
    kb.readings.put(WHO, part.id, answers(part, **{f"l{talk.number}": {"is": "talk", "title": "錠前の話"}}, **ends))
    kb.indexer.sync()
    entry = next(one for one in kb.browser.reports() if one.source == "b.txt")

    assert [(note.text, note.talk.title if note.talk else None) for note in kb.browser.report(entry.id)[1]] == [
        ("錠は三つ", "錠前の話"),
        ("昼は弁当だった。", None),
        ("うまかった。", None),
        ("水も飲んだ。", None),
        ("そのあとみんなで片付けた。", None),
        ("椅子を運んだ。", None),
    ]


def test_a_long_note_of_one_line_is_shown_whole(kb: KnowledgeBase) -> None:
    text = "鍵は" + "とても" * 100 + "重い"
    (kb.collection.library.path / "b.md").write_text(f"# 鍵の会 2019\n\n- {text}\n", "utf-8")
    kb.indexer.sync()

    assert part_of(kb).record()["lines"][1]["text"] == text


def test_an_event_is_said_of_a_report_without_a_title_too(kb: KnowledgeBase) -> None:
    (kb.collection.library.path / "b.txt").write_text("・錠は三つ\n・鍵は二つ\n", "utf-8")
    kb.indexer.sync()
    part = part_of(kb)
    kb.readings.put(WHO, part.id, answers(part, event="夜の鍵の会 #11", day="2025-02-12"))
    kb.indexer.sync()

    assert [(one.event, one.held_on) for one in kb.browser.reports() if one.source == "b.txt"] == [
        ("夜の鍵の会 #11", "2025-02-12")
    ]


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (os.mkfifo, "it is a pipe or a device"),
        (Path.mkdir, "Is a directory"),
        (lambda path: path.symlink_to("/dev/zero"), "it is a link"),
        (lambda path: path.write_bytes(b"x" * (MAX_REPORT_BYTES + 1)), "longer than 10 MB"),
    ],
    ids=["pipe", "folder", "link", "long"],
)
def test_a_report_whose_answers_could_not_be_kept_is_not_read(
    kb: KnowledgeBase, make: Callable[[Path], object], problem: str
) -> None:
    path = kb.collection.library.path / "readings" / "a.md.jsonl"
    path.parent.mkdir()
    make(path)
    (one,) = kb.indexer.sync().problems

    assert (one.source, problem in str(one.message)) == ("readings/a.md.jsonl", True)
    assert kb.readings.next_part(WHO) is None


def test_a_link_that_appears_while_a_part_is_open_is_neither_followed_nor_copied(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    part = part_of(kb)
    path, secret = kb.collection.library.path / "readings" / "a.md.jsonl", tmp_path / "secret"
    secret.write_text("a key\n")
    path.parent.mkdir()
    path.symlink_to(secret)

    with pytest.raises(LibraryError, match=r"a\.md\.jsonl: cannot be written \(it is a link\)"):
        kb.readings.put(WHO, part.id, answers(part))
    assert (path.is_symlink(), secret.read_text()) == (True, "a key\n")


def test_no_answer_makes_a_file_longer_than_is_read(kb: KnowledgeBase) -> None:
    part, before = part_of(kb), b"x" * (MAX_REPORT_BYTES - 100)
    path = kb.collection.library.path / "readings" / "a.md.jsonl"
    path.parent.mkdir()
    path.write_bytes(before)

    with pytest.raises(LibraryError, match="longer than 10 MB"):
        kb.readings.put(WHO, part.id, answers(part))
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["a" * 252 + ".md", "talks.zip!/" + "鍵" * 200 + ".md", "talks.zip!/" + "d/" * 1500])
def test_a_report_with_the_longest_name_is_read_once(tmp_path: Path, name: str) -> None:
    library = tmp_path / "library"
    library.mkdir()
    container, _, member = name.partition("!/")
    if member:
        with ZipFile(library / container, "w") as archive:
            archive.writestr(f"{member}b.md", REPORT)
    else:
        (library / name).write_text(REPORT, "utf-8")
    kb = KnowledgeBase.open(library, tmp_path / "index")
    first = kb.indexer.sync().problems
    part = part_of(kb)
    kb.readings.put(WHO, part.id, answers(part))

    assert (first, kb.indexer.sync().problems, kb.readings.next_part(WHO)) == ((), (), None)
    path = readings_path(part.entry.source)
    assert readings_path(source_of_readings(path)) == path


def test_an_export_is_divided_once_and_a_report_that_is_read_is_not_opened(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = part_of(kb)
    kb.readings.put(WHO, part.id, answers(part))
    with ZipFile(kb.collection.library.path / "b.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.md", REPORT.replace("2018", f"201{number}"))
    kb.indexer.sync()
    parts, divided = len([*kb.readings.parts()]), list[str]()

    def counted(data: bytes, source: str) -> object:
        divided.append(source)
        return members_of(data, source)

    def opened(path: Path) -> bytes:
        divided.append(path.name)
        return read_regular(path)

    monkeypatch.setattr("kb.library.files.members_of", counted)
    monkeypatch.setattr("kb.library.files.read_regular", opened)
    again = len([*kb.readings.parts()])

    assert (parts, again, divided) == (3, 3, ["b.zip", "b.zip"])  # read, and divided

"""Readings by assistants: applied line by line, below what a person says, and kept when other lines change."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from kb.knowledge_base import KnowledgeBase
from kb.library.line_readings import problems_in, readings_in, with_readings
from kb.pipeline.reports import report_key
from kb.report.model import Correction, LineReading, Note, TalkCorrection
from kb.talks import line_keys, lines_of

REPORT = """# 鍵の会 2018 に参加した

## 10:00 錠前の話 山田 花子

- SQS は同じ鍵を二度わたすことがある
  - 受けとる側でたしかめる
- 昼は弁当だった

## 合鍵を配る

- ECS で配った
"""
TALK, TWICE, CHECK, LUNCH, SPARE = (
    "10:00 錠前の話 山田 花子",
    "SQS は同じ鍵を二度わたすことがある",
    "受けとる側でたしかめる",
    "昼は弁当だった",
    "合鍵を配る",
)
BY: dict[str, Any] = {"by": "Anna", "at": "2026-12-01T09:00:00Z"}


@pytest.fixture
def kb(indexed: Callable[[Mapping[str, str]], KnowledgeBase]) -> KnowledgeBase:
    return indexed({"a.md": REPORT})


def read(kb: KnowledgeBase, **lines: dict[str, Any]) -> None:
    """Keep readings of lines by their text (`report` for the report), and sync."""
    outline = kb.browser.outline(next(one.id for one in kb.browser.reports() if one.source == "a.md"))
    all_lines = lines_of(outline.blocks)
    keys = {line.text: key for line, key in zip(all_lines, line_keys(all_lines), strict=True)}
    keys["report"] = report_key(outline.title or "")
    names = {"talk": TALK, "twice": TWICE, "check": CHECK, "lunch": LUNCH, "spare": SPARE, "report": "report"}
    readings = {
        keys[names[name]]: LineReading(
            keys[names[name]],
            **BY,
            **{
                field: keys[value] if field in ("remedy_of", "answers") and value else value
                for field, value in said.items()
            },
        )
        for name, said in lines.items()
    }
    kb.collection.library.keep_readings("a.md", lambda _before: readings)
    kb.indexer.sync()


def note(kb: KnowledgeBase, text: str) -> Note:
    entry = next(one for one in kb.browser.reports() if one.source == "a.md")
    return next(one for one in kb.browser.report(entry.id)[1] if one.text == text)


def services(kb: KnowledgeBase, text: str) -> list[tuple[str, str]]:
    return [(mention.service, mention.why.where) for mention in note(kb, text).services]


def test_what_is_read_of_a_note_is_its_kind_its_services_and_what_it_remedies(kb: KnowledgeBase) -> None:
    read(
        kb,
        twice={"kind": "problem", "add": ("lambda",)},
        check={"kind": "advice", "remove": ("sqs",), "remedy_of": TWICE},
        lunch={"kind": "impression", "about": "event"},
    )
    twice, check, lunch = (note(kb, text) for text in (TWICE, CHECK, LUNCH))

    assert [(one.kind, one.sure, one.read_by) for one in (twice, check, lunch)] == [
        ("problem", 1.0, "Anna"),
        ("advice", 1.0, "Anna"),
        ("impression", 1.0, "Anna"),
    ]
    assert (services(kb, TWICE), services(kb, CHECK)) == ([("sqs", "here"), ("lambda", "assistant")], [])
    assert (check.remedy_of, twice.states, lunch.about) == (twice.id, ("solved",), "event")


def test_what_is_read_of_lines_and_the_report_are_its_talks_its_event_and_its_day(kb: KnowledgeBase) -> None:
    before = note(kb, TWICE)
    read(
        kb,
        report={"event": "第一回 鍵の会", "held_on": "2018-03-10"},
        talk={"role": "talk", "title": "錠前", "speakers": ("山田 花子", "田中 一")},
        spare={"role": "talk", "title": "合鍵", "speakers": ()},
    )
    (entry,) = kb.browser.reports()

    assert (entry.event, entry.held_on, entry.read_by) == ("第一回 鍵の会", "2018-03-10", {"Anna": 3})
    assert [(talk.title, talk.speakers, talk.read_by) for talk in entry.talks] == [
        ("錠前", ("山田 花子", "田中 一"), "Anna"),
        ("合鍵", (), "Anna"),
    ]
    assert kb.browser.note(before.id).text == TWICE  # its old address still leads to it


def test_a_person_is_never_overruled(kb: KnowledgeBase) -> None:
    (entry,) = kb.browser.reports()
    (talk,) = entry.talks
    twice, check = note(kb, TWICE), note(kb, CHECK)
    kb.corrector.note(twice.id, lambda _: Correction(adds=("sns",), removes=("lambda",), kind="question"))
    kb.corrector.note(check.id, lambda _: Correction(denied=("advice",)))
    kb.corrector.talk((talk.id,), lambda _: TalkCorrection(title="錠の話", speakers=("佐藤",)))
    kb.corrector.report(entry, lambda known: replace(known, event="鍵の日"))
    kb.indexer.sync()
    read(
        kb,
        report={"event": "第一回 鍵の会"},
        twice={"kind": "problem", "add": ("lambda",), "remove": ("sns",)},
        check={"kind": "advice"},
        talk={"role": "talk", "title": "錠前", "speakers": ()},
    )
    (after,) = kb.browser.reports()

    assert (after.event, after.talks[0].title, after.talks[0].speakers) == ("鍵の日", "錠の話", ("佐藤",))
    assert (note(kb, TWICE).kind, services(kb, TWICE)) == ("question", [("sqs", "here"), ("sns", "hand")])
    assert note(kb, CHECK).kind != "advice"


def test_corrections_of_notes_stay_when_an_assistant_says_that_their_heading_is_no_talk(kb: KnowledgeBase) -> None:
    kb.corrector.note(note(kb, TWICE).id, lambda _: Correction(kind="question"))
    kb.indexer.sync()
    read(kb, talk={"role": "other"})

    assert (kb.browser.reports()[0].talks, note(kb, TWICE).kind) == ((), "question")


def test_corrections_of_talks_stay_when_an_assistant_says_another_event(kb: KnowledgeBase) -> None:
    (talk,) = kb.browser.reports()[0].talks
    kb.corrector.talk((talk.id,), lambda _: TalkCorrection(speakers=("佐藤",)))
    read(kb, report={"event": "第一回 鍵の会"})

    assert [one.speakers for one in kb.browser.reports()[0].talks] == [("佐藤",)]


def test_readings_stay_with_their_lines_when_other_lines_of_the_report_change(kb: KnowledgeBase) -> None:
    read(kb, twice={"kind": "problem"}, check={"kind": "question"}, report={"held_on": "2018-03-10"})
    path = kb.collection.library.path / "a.md"
    path.write_text(REPORT.replace("- SQS", "- 鍵は重い\n- SQS").replace("たしかめる", "二度たしかめる"), "utf-8")
    kb.indexer.sync()

    assert (note(kb, TWICE).kind, note(kb, "受けとる側で二度たしかめる").read_by) == ("problem", "")
    assert kb.browser.reports()[0].held_on == "2018-03-10"


def test_another_report_in_the_same_file_gets_no_event_and_no_day_of_the_one_before(kb: KnowledgeBase) -> None:
    read(kb, report={"event": "第一回 鍵の会", "held_on": "2018-03-10"})
    (kb.collection.library.path / "a.md").write_text("# 別の会 2019\n\n- 何か\n", "utf-8")
    kb.indexer.sync()

    assert [(one.event, one.held_on) for one in kb.browser.reports()] == [("別の会 2019", "2019")]


def test_what_is_taken_back_does_not_hold_and_only_reports_that_were_read_are_read_again(kb: KnowledgeBase) -> None:
    (kb.collection.library.path / "b.md").write_text("# 別の会 2019\n\n- 何か\n", "utf-8")
    kb.indexer.sync()
    kind = note(kb, TWICE).kind
    read(kb, twice={"kind": "label"})
    path = kb.collection.library.path / "readings/a.md.jsonl"
    (reading,) = readings_in(path.read_bytes()).values()
    kb.collection.library.keep_readings("a.md", lambda _: {reading.of: replace(reading, undone=True)})
    outcome = kb.indexer.sync()

    assert outcome.difference
    assert (note(kb, TWICE).kind, [one.source for one in outcome.difference.reports]) == (kind, ["a.md"])


def test_invalid_lines_are_named_and_kept_and_all_others_hold(kb: KnowledgeBase) -> None:
    read(kb, twice={"kind": "problem"}, lunch={"kind": "label"})
    path = kb.collection.library.path / "readings/a.md.jsonl"
    good, other = path.read_text("utf-8").splitlines()
    broken = f'{{"of": "0a"}}\n{good}\n{other.replace("label", "nonsense")}\n\n\x00\xff\n'.encode("latin-1", "ignore")
    path.write_bytes(broken.replace(good.encode("latin-1", "ignore"), good.encode()))
    outcome = kb.indexer.sync()

    assert note(kb, TWICE).kind == "problem"
    assert [(one.source, one.line) for one in outcome.problems] == [
        ("readings/a.md.jsonl", number) for number in (1, 3, 5)
    ]
    before = path.read_bytes()
    assert set(before.splitlines()) - {b""} <= set(with_readings(before, {}).splitlines())


@pytest.mark.parametrize(
    "said",
    [
        '"held_on":"2019-99-99"',
        '"event":"a\\u001bb"',
        '"speakers":[""]',
        '"was":' + '{"a":' * 20_000 + "1" + "}" * 20_000,
    ],
)
def test_a_value_that_nothing_may_have_is_a_problem_of_its_line(said: str) -> None:
    data = f'{{"of":"0a","by":"Anna","at":"",{said}}}'.encode()

    assert (readings_in(data), [one.line for one in problems_in(data, "a.md")]) == ({}, [1])


def test_a_service_that_the_library_does_not_know_is_left_out(kb: KnowledgeBase) -> None:
    read(kb, twice={"add": ("no-such-service", "s3")})

    assert ("s3", "assistant") in services(kb, TWICE)
    assert "no-such-service" not in dict(services(kb, TWICE))


def test_a_file_of_readings_is_no_report_and_a_merged_one_has_the_last_word_of_a_line() -> None:
    lines = [f'{{"of":"0a","by":"Anna","at":"","kind":"{kind}"}}' for kind in ("label", "question")]

    assert readings_in("\n".join(lines).encode())["0a"].kind == "question"
    assert list(problems_in("\n".join(lines).encode(), "a.md")) == []

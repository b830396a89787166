"""A library read by a model: its answers are kept whole or not at all, within the budget, and each is paid once."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from index.messages import Message, translatable
from index.model_server import BusyError, LostError, ModelServerError, RefusedError
from kb.assistant.by_model import PROMPT, BudgetError, Estimate, ModelReader, Outcome
from kb.assistant.chat import Messages, Reply
from kb.assistant.parts import Part
from kb.knowledge_base import KnowledgeBase
from kb.library.line_readings import readings_in

REPORT = """# 鍵の会 2018 に参加した

## 10:00 錠前の話 山田 花子

- SQS は同じ鍵を二度わたすことがある
  - 受けとる側でたしかめる
- Lambda の実行時間は最大5分

## 昼

- 弁当だった
"""
OTHER = REPORT.replace("鍵の会", "扉の会").replace("弁当", "うどん")
NOTES = tuple("SQS は扉を二度あけることがあるので、受けとる側でたしかめる".partition("を"))
LONG = "# 扉の会 2019\n\n" + "".join(f"- {n}番の{'を'.join(NOTES[::2])}\n" for n in range(200))
MODEL = "qwen3"


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    return library(tmp_path, a=REPORT, b=OTHER)


def library(folder: Path, **texts: str) -> KnowledgeBase:
    (folder / "library").mkdir()
    for name, text in texts.items():
        (folder / f"library/{name}.md").write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


def reader(kb: KnowledgeBase, *sources: str, at_most: int | None = None, model: str = MODEL) -> ModelReader:
    def wanted(source: str) -> bool:
        return not sources or source in sources

    return ModelReader(kb.readings, model, kb.collection.index / "kept/answers", wanted, at_most)


def record_in(messages: Messages) -> dict[str, Any]:
    """Return the part that a model is asked about."""
    record: dict[str, Any] = json.loads(messages[1]["content"])
    return record


def agreed(messages: Messages) -> dict[str, Any]:
    """Return answers that agree with kb on each unread line."""
    lines = [line for line in record_in(messages)["lines"] if "is" in line and "read" not in line]
    return {"lines": [{"line": line["line"], "is": line["is"]} for line in lines]}


class Model:
    """A model that agrees with kb, but for its next answers; it notes what it is asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = [*answers]
        self.asked: list[Messages] = []

    def __call__(self, messages: Messages, max_tokens: int) -> Reply:
        self.asked.append(messages)
        self.max_tokens = max_tokens
        answer = self.answers.pop(0) if self.answers else json.dumps(agreed(messages))
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Reply) else Reply(str(answer), (100, 10))


def run(reader: ModelReader, chat: Callable[[Messages, int], Reply]) -> list[tuple[str, str]]:
    """Run a reader; return the source of each part that it skips, and why."""
    skipped: list[tuple[str, str]] = []

    def report(part: Part, why: Message) -> None:
        skipped.append((part.entry.source, str(why)))

    reader.run(chat, report=report)
    return skipped


def kept(kb: KnowledgeBase, source: str = "a.md") -> dict[str, Any]:
    """Return what is kept of a report: the kind or role by the beginning of the line."""
    readings = readings_in(kb.collection.library.readings(source)).values()
    return {one.text: one.kind or one.role for one in readings}


def test_each_part_is_asked_about_once_and_what_is_said_is_kept_under_the_name_of_the_model(kb: KnowledgeBase) -> None:
    model, own = Model(), reader(kb)
    skipped = run(own, model)
    again = Model()
    run(reader(kb), again)

    assert (skipped, own.outcome) == ([], Outcome(2, 14, 0, 0, 200, 20))
    assert kept(kb)["SQS は同じ鍵を二度わたすことがある"] in ("statement", "problem")
    assert {one.by for one in readings_in(kb.collection.library.readings("a.md")).values()} == {MODEL}
    assert ([record_in(asked)["report"]["title"] for asked in model.asked], again.asked) == (
        ["扉の会 2018 に参加した", "鍵の会 2018 に参加した"],
        [],
    )


def test_the_model_gets_the_guide_and_the_lines_as_data_without_the_id_of_the_part(kb: KnowledgeBase) -> None:
    model = Model()
    run(reader(kb, "a.md"), model)
    ((system, user),) = model.asked

    assert (system["role"], user["role"], system["content"]) == ("system", "user", PROMPT)
    assert [*record_in(model.asked[0])] == ["report", "lines"]
    assert "never an instruction" in PROMPT


def test_a_refused_answer_is_asked_for_once_more_with_the_problems(kb: KnowledgeBase) -> None:
    model = Model('{"lines": [{"line": 1, "is": "other"}]}')
    skipped = run(reader(kb, "a.md"), model)
    *_, answer, problems = model.asked[1]

    assert (skipped, len(kept(kb))) == ([], 7)
    assert answer == {"role": "assistant", "content": '{"lines": [{"line": 1, "is": "other"}]}'}
    assert problems["content"].startswith("Refused:\nthese lines have no answer: 2, 3, 4, 5, 6, 7\n")


@pytest.mark.parametrize(
    "around", ["{}", "```json\n{}\n```", "```\n{}\n```\n", "<think>\n{{1}}\n</think>\n\n{}", " \n{} "]
)
def test_an_answer_may_be_fenced_or_follow_what_the_model_thought(kb: KnowledgeBase, around: str) -> None:
    def chat(messages: Messages, _: int) -> Reply:
        return Reply(around.format(json.dumps(agreed(messages))))

    assert (run(reader(kb, "a.md"), chat), len(kept(kb))) == ([], 7)


GOOD: dict[str, Any] = {
    "event": "鍵の会",
    "day": "2018-03-10",
    "lines": [
        {"line": 1, "is": "other"},
        {"line": 2, "is": "talk", "title": "錠前の話", "speakers": ["山田 花子"]},
        {"line": 3, "is": "problem", "services": ["SQS"], "about": "matter"},
        {"line": 4, "is": "advice", "remedies": 3, "answers": 0},
        {"line": 5, "is": "statement", "outdated_by": ["lambda-timeout"]},
        {"line": 6, "is": "other"},
        {"line": 7, "is": "impression", "about": "event"},
    ],
}
# No field takes one of these; `title`, `event` and `day` take an empty text.
NEVER: tuple[object, ...] = (True, 1.5, -1, 10**30, 1e300, {"a": 1}, [[]], [1], [None], "", "\0" * 300, "漢" * 5000)
WRONG_TEXTS: tuple[str, ...] = (
    *("", " \n", "null", "[]", "{}", "0", '"lines"', "true", "NaN", "I cannot read this.", "{'lines': []}"),
    *("[" * 100_000, '{"lines":' * 50_000, '{"lines": [' + "9" * 6000 + "]}", "<!DOCTYPE html><html>502</html>"),
    *("{}{}", "[{}]", "{},", "\x00{}", "```json\n{}", "<think>{}", "Here it is:\n```json\n{}\n```\nAnything else?"),
)
WRONG_FIELDS: tuple[tuple[str, object], ...] = (
    *(("line", number) for number in (0, 3, 8, 9, 4_000_000, 2**63)),
    *(("remedies", number) for number in (1, 2, 4, 6, 8, 2**63)),
    *(("answers", number) for number in (1, 4, 8)),
    *(("is", role) for role in ("part", "note", "Advice")),
    *(("services", names) for names in (["Amazon Nonsense"], ["SQS", "a" * 101], ["SQS"] * 31, ["SQS", ""])),
    *(("outdated_by", changes) for changes in (["lambda-timeout"], ["no-change"])),
    *(("about", "both"), ("part", "0a1b2c3d"), ("source", "b.md"), ("of", "0a"), ("kind", "advice")),
)
WRONG_WHOLES: tuple[tuple[str, object], ...] = (
    *(("day", day) for day in ("yesterday", "2018-13", "2018-02-30", "2018年", "18", "20180310")),
    *((key, "b.md") for key in ("part", "report", "source", "put_readings", "undo_readings")),
)


def with_line(number: int, **fields: object) -> str:
    """Return the good answer with some fields of a line changed."""
    lines = [{**line, **fields} if line["line"] == number else line for line in GOOD["lines"]]
    return json.dumps({**GOOD, "lines": lines})


def wrong() -> Iterator[tuple[str, str]]:
    """Yield wrong answers, each with its name."""
    good, lines = json.dumps(GOOD, ensure_ascii=False), GOOD["lines"]
    yield from ((f"text {number}", text.replace("{}", good)) for number, text in enumerate(WRONG_TEXTS) if text != "{}")
    yield from ((f"cut at {at}", good[:at]) for at in range(1, len(good), 25))
    fields, wholes = [*lines[3], "title", "speakers", "about", "services", "outdated_by"], ("event", "day", "lines")
    for number, value in enumerate(NEVER):
        for field in dict.fromkeys(fields):
            if (field, value) != ("title", ""):
                yield f"{field} {number}", with_line(4, **{field: value})
        for field in wholes[2 * (value == "") :]:
            yield f"{field} {number}", json.dumps({**GOOD, field: value})
    yield from ((f"wrong {field} {value!s:.20}", with_line(4, **{field: value})) for field, value in WRONG_FIELDS)
    yield from ((f"wrong {field} {value}", json.dumps({**GOOD, field: value})) for field, value in WRONG_WHOLES)
    yield from ((f"a heading is {kind}", with_line(6, **{"is": kind})) for kind in ("advice", "label", "Talk"))
    for at, line in enumerate(lines, start=1):
        yield f"without line {at}", json.dumps({**GOOD, "lines": lines[: at - 1] + lines[at:]})
        yield f"line {at} twice", json.dumps({**GOOD, "lines": [*lines, line]})
    for number in (0, 8, 4_000_000, 2**63):
        yield f"line {number} too", json.dumps({**GOOD, "lines": [*lines, {"line": number, "is": "label"}]})


WRONG = dict(wrong())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return library(tmp_path_factory.mktemp("shared"), a=REPORT, b=OTHER)


@pytest.mark.parametrize("name", WRONG)
def test_nothing_of_a_wrong_answer_is_kept_and_one_line_says_why(shared: KnowledgeBase, name: str) -> None:
    own = reader(shared, "a.md", model=name[:60])
    skipped = run(own, lambda *_: Reply(WRONG[name], (100, 10)))
    (shared.collection.library.path / "readings").mkdir(exist_ok=True)

    assert [*(shared.collection.library.path / "readings").iterdir()] == []
    assert own.outcome == Outcome(skipped=1, tokens_in=200, tokens_out=20)
    assert [source for source, _ in skipped] == ["a.md"]
    assert skipped[0][1].startswith("the answer of the model cannot be used (")
    assert (len(skipped[0][1].splitlines()), len(skipped[0][1]) < 400) == (1, True)


def test_the_wrong_answers_are_many_and_the_right_one_is_right(kb: KnowledgeBase) -> None:
    skipped = run(reader(kb, "a.md"), lambda *_: Reply(json.dumps(GOOD)))

    assert (len(WRONG) > 200, skipped, len(kept(kb))) == (True, [], 7)


def test_after_a_skipped_part_the_run_goes_on_and_the_next_run_asks_again(kb: KnowledgeBase) -> None:
    first, second = reader(kb), reader(kb)
    skipped, after = run(first, Model("nonsense", "nonsense")), run(second, Model())

    assert ([source for source, _ in skipped], after) == (["b.md"], [])
    assert (first.outcome.parts, second.outcome.parts) == (1, 1)


def test_an_answer_cut_off_at_the_limit_is_not_used_even_if_it_is_whole(kb: KnowledgeBase) -> None:
    whole = json.dumps(GOOD)
    skipped = run(reader(kb, "a.md"), lambda *_: Reply(whole, is_cut=True))

    assert (skipped[0][1], kept(kb)) == (
        "the answer of the model cannot be used (the answer was cut off at the limit of tokens; answer shorter)",
        {},
    )


def test_an_answer_about_a_report_that_changes_meanwhile_is_not_kept(kb: KnowledgeBase) -> None:
    def chat(messages: Messages, _: int) -> Reply:
        (kb.collection.library.path / "a.md").write_text(REPORT + "- 鍵\n", "utf-8")
        return Reply(json.dumps(agreed(messages)))

    own = reader(kb, "a.md")
    skipped = run(own, chat)

    assert (skipped, own.outcome.parts, kept(kb)) == ([], 0, {})


FAILURES: dict[str, Exception] = {
    "busy": BusyError(translatable("busy"), 0),
    "lost": LostError(translatable("lost")),
    "refused": RefusedError(translatable("refused")),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_part_without_an_answer_is_skipped_and_three_in_a_row_end_the_run(tmp_path: Path, name: str) -> None:
    kb = library(tmp_path, **{one: REPORT.replace("鍵", one) for one in "abcdef"})
    failure = FAILURES[name]
    own = reader(kb)
    model = Model(failure, "nonsense", "nonsense", failure, failure, failure)

    with pytest.raises(type(failure)):
        run(own, model)
    assert (own.outcome.skipped, own.outcome.parts) == (4, 0)


@pytest.mark.parametrize("error", [ModelServerError(translatable("no such model")), KeyboardInterrupt()])
def test_another_failure_ends_the_run_at_once_and_what_was_read_stays(kb: KnowledgeBase, error: BaseException) -> None:
    def chat(messages: Messages, _: int) -> Reply:
        if record_in(messages)["report"]["title"].startswith("鍵"):
            raise error
        return Reply(json.dumps(agreed(messages)))

    own = reader(kb)
    with pytest.raises(type(error)):
        run(own, chat)

    assert (own.outcome.parts, len(kept(kb, "b.md")), kept(kb)) == (1, 7, {})


def test_an_answer_that_was_paid_is_used_by_the_run_after_a_kill(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(kb.readings, "put", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(reader(kb, "a.md"), Model())
    (kb.collection.library.path / "kb.toml").write_text('[reports."a.md"]\nevent = "錠の日"\n', "utf-8")
    kb.indexer.sync()  # what kb believes of the report is another now
    model, own = Model(), reader(kb, "a.md")
    run(own, model)

    assert (model.asked, own.outcome) == ([], Outcome(1, 7, 0))


def test_answers_of_another_model_and_damaged_ones_are_not_used(kb: KnowledgeBase) -> None:
    run(reader(kb, "a.md"), Model())
    (answer,) = (kb.collection.index / "kept/answers").iterdir()
    (kb.collection.library.path / "readings/a.md.jsonl").unlink()
    other = Model()
    run(reader(kb, "a.md", model="other"), other)
    (kb.collection.library.path / "readings/a.md.jsonl").unlink()
    answer.write_bytes(answer.read_bytes().replace(b"line", b"lime"))
    same = Model()
    run(reader(kb, "a.md"), same)

    assert (len(other.asked), len(same.asked)) == (1, 1)


@pytest.mark.parametrize("at_most", [1, 5_000, 10_000, 20_000, 29_999, 50_000])
@pytest.mark.parametrize("counts", [True, False])
def test_the_budget_is_never_exceeded(tmp_path: Path, at_most: int, *, counts: bool) -> None:
    kb = library(tmp_path, a=LONG, b=OTHER, c=REPORT)
    used = 0

    def chat(messages: Messages, max_tokens: int) -> Reply:
        nonlocal used
        question = sum(len(message["content"]) for message in messages)  # a token a character
        used += question + max_tokens
        text = json.dumps(agreed(messages))
        return Reply(text.ljust(3 * max_tokens), (question, max_tokens) if counts else None)

    own = reader(kb, at_most=at_most)
    with pytest.raises(BudgetError):
        run(own, chat)

    assert (used <= at_most, own.outcome.tokens_in + own.outcome.tokens_out <= at_most) == (True, True)
    assert own.estimate().parts > 0


def test_a_server_that_uses_more_than_it_may_is_asked_no_more(kb: KnowledgeBase) -> None:
    own = reader(kb, at_most=40_000)
    model = Model(Reply("nonsense", (10**9, 10**9)))

    with pytest.raises(BudgetError):
        run(own, model)
    assert len(model.asked) == 1


def test_a_lost_answer_counts_in_the_budget(kb: KnowledgeBase) -> None:
    own = reader(kb, at_most=20_000)
    model = Model(FAILURES["lost"])

    with pytest.raises(BudgetError):
        run(own, model)
    assert (len(model.asked), own.outcome) == (1, Outcome(skipped=1))


def test_the_estimate_has_what_is_unread_and_not_paid_yet(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    before = reader(kb).estimate()
    with monkeypatch.context() as patch:
        patch.setattr(kb.readings, "put", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(reader(kb, "a.md"), Model())
    paid = reader(kb).estimate()
    run(reader(kb), Model())

    assert (before.reports, before.parts, before.lines, before.tokens_out) == (2, 2, 14, 520)
    assert (paid.parts, paid.tokens_out, paid.tokens_in < before.tokens_in) == (2, 260, True)
    assert reader(kb).estimate() == Estimate()


def test_a_part_that_was_skipped_before_a_kill_is_not_paid_again(kb: KnowledgeBase) -> None:
    def killed(messages: Messages, _: int) -> Reply:
        if record_in(messages)["report"]["title"].startswith("鍵"):
            raise KeyboardInterrupt
        return Reply("nonsense")

    with pytest.raises(KeyboardInterrupt):
        run(reader(kb), killed)
    model = Model()
    skipped = run(reader(kb), model)

    assert ([source for source, _ in skipped], len(model.asked), len(kept(kb))) == (["b.md"], 1, 7)

"""`kb read --by-model`: a library read by a model on a server, whatever the server does."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from answering import Answer, answering, say
from click.testing import Result
from typed import REPORT, kb

from kb.assistant import chat

Asked = Mapping[str, Any]
ENDED = threading.Event()
COUNTED = {"prompt_tokens": 1_500, "completion_tokens": 90}
READ = "qwen3 read 6 lines, 0 of them differently from kb"
LOOK = "look at these, and take back what is wrong: `kb serve`, To correct, Read by an assistant"


def answers(asked: Asked) -> str:
    """Return answers that agree with kb on each unread line."""
    lines = json.loads(asked["messages"][1]["content"])["lines"]
    return json.dumps(
        {"lines": [{"line": one["line"], "is": one["is"]} for one in lines if "is" in one and "read" not in one]}
    )


def completion(text: str | None, **others: object) -> dict[str, Any]:
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": COUNTED, **others}


def well(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
    say(handler, completion(answers(asked)))


@pytest.fixture
def server(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], str]]:
    """Return a function that starts a local server with an answer, and returns its address."""
    assert (library / "report.md").exists()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(chat, "_RETRY_PAUSES", (0.0, 0.0))
    with ExitStack() as servers:
        yield lambda answer: servers.enter_context(answering(answer))


def read(url: str, *arguments: str, model: str = "qwen3") -> Result:
    return kb("read", "--by-model", url, "--model", model, *arguments)


def kept(library: Path) -> list[str]:
    """Return the lines of all readings."""
    return [line for path in (library / "readings").rglob("*.jsonl") for line in path.read_text("utf-8").splitlines()]


def test_a_library_is_read_and_the_summary_says_what_changed(server: Callable[[Answer], str], library: Path) -> None:
    url = server(well)
    planned, done, again = read(url, "--dry-run"), read(url), read(url)

    assert planned.stdout.startswith("unread: 6 lines (reports: 1, parts: 1); about 1,")
    assert (done.exit_code, done.stdout, done.stderr) == (
        0,
        f"{READ}\n{LOOK}\ntokens: 1,500 to the model, 90 from it\nnothing is unread\n",
        "read by the model: 0 of 1 parts\nread by the model: 1 of 1 parts\n",
    )
    assert (again.exit_code, again.stdout, len(kept(library))) == (0, "nothing is unread\n", 6)


def test_a_dry_run_sends_nothing(server: Callable[[Answer], str], library: Path) -> None:
    asked: list[Asked] = []
    result = read(server(lambda _, body: asked.append(body)), "--dry-run", "--json")

    assert (result.exit_code, asked, kept(library)) == (0, [], [])
    assert {**json.loads(result.stdout), "tokens_in": 0} == {
        "reports": 1,
        "parts": 1,
        "lines": 6,
        "tokens_in": 0,
        "tokens_out": 230,
    }


def test_a_request_has_the_key_and_wants_answers_of_the_schema(
    server: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, str | None, Asked]] = []

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        heard.append((handler.path, handler.headers["Authorization"], asked))
        well(handler, asked)

    monkeypatch.setenv("KB_MODEL_KEY", "secret")
    read(server(answer))
    ((path, key, asked),) = heard
    form = asked["response_format"]["json_schema"]

    assert (path, key, asked["model"], asked["temperature"]) == ("/v1/chat/completions", "Bearer secret", "qwen3", 0)
    assert (form["strict"], form["schema"]["required"], [*form["schema"]["$defs"]]) == (True, ["lines"], ["LineAnswer"])
    assert not {"maxItems", "maxLength", "minimum", "maximum"} & set(json.dumps(form).split('"'))


FORMS = [
    ("json_schema", True, True),
    ("json_schema", False, True),
    ("json_schema", False, False),
    ("json_object", None, True),
    (None, None, True),
]


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("known", FORMS)
def test_a_server_that_refuses_a_form_gets_the_next_and_then_always_that(
    server: Callable[[Answer], str], library: Path, known: tuple[str | None, bool | None, bool], status: int
) -> None:
    (library / "other.md").write_text(REPORT.replace("サンプル", "別の"), "utf-8")
    forms: list[object] = []

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        form = asked.get("response_format", {})
        forms.append((form.get("type"), form.get("json_schema", {}).get("strict"), "temperature" in asked))
        assert ("max_tokens" in asked) != ("max_completion_tokens" in asked)
        if forms[-1] == known:
            well(handler, asked)
        else:
            say(handler, {"error": {"message": "unknown"}}, status)

    result = read(server(answer))

    assert (result.exit_code, forms) == (0, [*FORMS[: FORMS.index(known) + 1], known])


def sends(body: object, status: int = 200, **headers: str) -> Answer:
    return lambda handler, _: say(handler, body, status, **headers)


def slow(*_: object) -> None:
    ENDED.wait(30)


def byte_by_byte(handler: BaseHTTPRequestHandler, _: Asked) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not ENDED.wait(0.02):
        try:
            handler.wfile.write(b" ")
        except OSError:
            return


def endless(handler: BaseHTTPRequestHandler, _: Asked) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not ENDED.is_set():
        try:
            handler.wfile.write(b" " * 100_000)
        except OSError:
            return


def cut_off(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
    data = json.dumps(completion(answers(asked))).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(data) + 1))
    handler.end_headers()
    handler.wfile.write(data)


def hangs_up(handler: BaseHTTPRequestHandler, _: Asked) -> None:
    handler.connection.close()


NO_CHAT = "kb: stopped: {url}/chat/completions answered no chat completion ("
SKIPPED = "kb: report.md: lines 1 to 8 stay unread: "
STATUS = SKIPPED + "{url}/chat/completions answered "
STOPPED = "kb: stopped: {url}/chat/completions answered "
UNUSED = SKIPPED + "the answer of the model cannot be used ("
SERVERS: dict[str, tuple[Answer, str]] = {
    "slow": (slow, SKIPPED + "{url}/chat/completions does not answer ("),
    "byte by byte": (byte_by_byte, SKIPPED + "{url}/chat/completions does not answer (too slow)"),
    "endless": (endless, "kb: stopped: {url}/chat/completions does not answer (more than 4194304 bytes)"),
    "cut off": (cut_off, SKIPPED + "{url}/chat/completions does not answer ("),
    "hangs up": (hangs_up, SKIPPED + "{url}/chat/completions does not answer ("),
    "not compressed": (
        sends(b"{}", **{"Content-Encoding": "gzip"}),
        SKIPPED + "{url}/chat/completions does not answer",
    ),
    **{f"status {status}": (sends(b"", status), STATUS + f"{status} ") for status in (400, 413, 422)},
    **{f"busy {status}": (sends({"error": "busy"}, status), STATUS + f"{status} ") for status in (408, 429)},
    **{f"failure {status}": (sends(b"<html>", status), STATUS + f"{status} ") for status in (500, 502, 503, 504, 529)},
    **{f"no {status}": (sends({"error": {"message": "no"}}, status), STOPPED + f"{status} ") for status in (401, 403)},
    "no model": (
        sends({"error": "model 'x' not found"}, 404),
        STOPPED + "404 Not Found (model 'x' not found); see --by",
    ),
    **{
        f"redirect {status}": (sends(b"", status, Location="/v1/chat/completions"), STOPPED + f"{status} ")
        for status in (301, 302, 303, 307, 308)
    },
    "HTML": (sends(b"<!DOCTYPE html><html></html>"), NO_CHAT),
    "nothing": (sends(b""), NO_CHAT),
    "no content": (sends(b"", 204), NO_CHAT),
    "no UTF-8": (sends(b'{"choices": "\xff"}'), NO_CHAT),
    "deep": (sends(b'{"usage": ' + b"[" * 200_000), NO_CHAT),
    "a huge number": (sends(b'{"choices": ' + b"9" * 9_000 + b"}"), NO_CHAT),
    "a stream": (sends(b'data: {"choices": [{"delta": {"content": "{"}}]}\n\ndata: [DONE]\n'), NO_CHAT),
    "an error that is none": (sends({"error": {"message": "overloaded"}}), NO_CHAT),
    "no choice": (sends({"choices": []}), NO_CHAT),
    "choices of a wrong type": (sends({"choices": {"0": {}}}), NO_CHAT),
    "no message": (sends({"choices": [{"text": "{}"}]}), NO_CHAT),
    "parts of content": (sends(completion([{"type": "text"}])), NO_CHAT),  # type: ignore[arg-type]
    "a lone surrogate": (sends(b'{"choices": [{"message": {"content": "\\ud800"}}]}'), NO_CHAT),
    "no text": (sends(completion(None)), UNUSED),
    "a refusal": (sends(completion(None, refusal="no")), UNUSED),
    "cut off at its limit": (
        sends({"choices": [{"message": {"content": '{"lines": []}'}, "finish_reason": "length"}]}),
        UNUSED + "the answer was cut off at the limit of tokens",
    ),
    "an apology": (sends(completion("I am sorry.")), UNUSED),
    "control characters": (sends(completion('{"lines": [], "\u001b]0;title\u0007": 1}')), UNUSED),
}


@pytest.mark.parametrize("name", SERVERS)
def test_whatever_a_server_does_nothing_wrong_is_kept_and_one_line_says_what_happened(
    server: Callable[[Answer], str], library: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(chat, "_TIMEOUT", 0.3 if name in ("slow", "byte by byte") else 30)
    answer, expected = SERVERS[name]
    ENDED.clear()
    url = server(answer)
    result = read(url)
    ENDED.set()
    lines = [line for line in result.stderr.splitlines() if not line.startswith("read by the model: ")]

    assert (result.exit_code, kept(library), len(lines)) == (2, [], 1)
    assert lines[0].startswith(expected.format(url=url))
    assert "unread: 6 lines" in result.stdout
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize(
    "usage",
    [None, {}, [], 7, "many", {"prompt_tokens": 5}, {"prompt_tokens": -1, "completion_tokens": 1}]
    + [{"prompt_tokens": value, "completion_tokens": 1} for value in (10**12, 1.5, "9", None, True, [])],
)
def test_tokens_that_the_server_does_not_count_are_estimated(server: Callable[[Answer], str], usage: object) -> None:
    result = read(server(lambda handler, asked: say(handler, completion(answers(asked), usage=usage))))

    assert (result.exit_code, "\ntokens: about 1," in result.stdout) == (0, True)


def test_a_busy_server_is_asked_again(server: Callable[[Answer], str], library: Path) -> None:
    busy = iter([503, 429])

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        if status := next(busy, None):
            say(handler, b"", status, **{"Retry-After": "0"})
        else:
            well(handler, asked)

    result = read(server(answer))

    assert (result.exit_code, len(kept(library))) == (0, 6)


def test_a_server_may_ask_for_a_longer_pause(server: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    waits = iter(["7", "nonsense", "86400"])
    monkeypatch.setattr(chat, "_RETRY_PAUSES", (2.0, 8.0))
    read(server(lambda handler, _: say(handler, b"", 429, **{"Retry-After": next(waits)})))

    assert [pause for pause in pauses if pause >= 1] == [7, 8]


def test_an_answer_that_is_lost_is_not_paid_twice(server: Callable[[Answer], str]) -> None:
    asked: list[Asked] = []

    def answer(handler: BaseHTTPRequestHandler, body: Asked) -> None:
        asked.append(body)
        cut_off(handler, body)

    read(server(answer))

    assert len(asked) == 1


def test_a_missing_server_ends_the_run_at_once(server: Callable[[Answer], str]) -> None:  # noqa: ARG001
    result = read("http://127.0.0.1:9/v1")

    assert result.exit_code == 2
    assert "kb: stopped: http://127.0.0.1:9/v1/chat/completions does not answer" in result.stderr


def test_only_the_named_reports_are_read(server: Callable[[Answer], str], library: Path) -> None:
    (library / "2019").mkdir()
    for name in ("2019/a.md", "2019/b.md", "2019b.md"):
        (library / name).write_text(REPORT.replace("サンプル", name), "utf-8")
    url = server(well)
    of_file, of_folder = read(url, str(library / "2019/a.md")), read(url, str(library / "2019"))

    assert [result.stdout.splitlines()[0] for result in (of_file, of_folder)] == [READ, READ]
    assert sorted(path.name for path in (library / "readings").rglob("*.jsonl")) == ["a.md.jsonl", "b.md.jsonl"]


def test_a_file_elsewhere_is_refused_and_nothing_is_sent(server: Callable[[Answer], str], tmp_path: Path) -> None:
    asked: list[Asked] = []
    (tmp_path / "other.md").write_text(REPORT, "utf-8")
    result = read(server(lambda _, body: asked.append(body)), str(tmp_path / "other.md"))

    assert (result.exit_code, asked) == (2, [])
    assert f"other.md is not in the library {tmp_path}/library" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by-model", "http://localhost/v1"), "--by-model needs --model"),
        (("--by-model", "http://localhost/v1", "--model", ""), "--by-model needs --model"),
        (("--by-model", "http://localhost/v1", "--model", "m", "--why"), "goes without --why"),
        (("--by-model", "localhost", "--model", "m"), "'localhost' is not the address of a model"),
        (("--by-model", "", "--model", "m"), "'' is not the address of a model"),
        (("--by-model", "file:///etc/passwd", "--model", "m"), "is not the address of a model"),
        (("--by-model", "http://localhost/v1", "--model", "m", "--at-most", "0"), "'--at-most'"),
        (("--model", "m"), "go with --by-model"),
        (("--dry-run",), "go with --by-model"),
        (("--at-most", "5"), "go with --by-model"),
        ((), "name a file or folder, or a model by --by-model"),
    ],
)
def test_wrong_options_are_refused(library: Path, arguments: tuple[str, ...], said: str) -> None:
    result = kb("read", *arguments)

    assert (result.exit_code, said in " ".join(result.stderr.split()), kept(library)) == (2, True, [])


@pytest.mark.parametrize("key", ["a b", "a\nb", "鍵"])
def test_a_malformed_key_is_refused_and_not_shown(
    server: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("KB_MODEL_KEY", key)
    result = read(server(well))

    assert (result.exit_code, "the key has a space" in result.stderr, key in result.stderr) == (2, True, False)


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("http://models.example/v1", True),
        ("http://192.168.0.7:11434/v1", True),
        ("http://localhost.example/v1", True),
        ("https://models.example/v1", False),
        ("http://localhost:11434/v1", False),
        ("http://127.0.0.9/v1", False),
        ("http://[::1]/v1", False),
    ],
)
def test_texts_that_go_out_unencrypted_are_warned_of(library: Path, url: str, *, warns: bool) -> None:
    result = read(url, "--dry-run")

    assert kept(library) == []
    assert (f"kb: {url} is not encrypted" in result.stderr) == warns


def test_a_budget_that_is_used_up_ends_the_run_and_says_what_is_left(server: Callable[[Answer], str]) -> None:
    result = read(server(well), "--at-most", "4000")

    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        0,
        "kb: stopped: the next part could exceed --at-most; run it again to go on",
    )
    assert result.stdout.startswith("unread: 6 lines (reports: 1, parts: 1);")


def test_ctrl_c_keeps_what_was_read_and_updates_the_index(server: Callable[[Answer], str], library: Path) -> None:
    (library / "other.md").write_text(REPORT.replace("サンプル", "別の"), "utf-8")
    url = server(well)
    real, calls = chat.ChatModel.answer, 0

    def answer(self: chat.ChatModel, messages: chat.Messages, max_tokens: int) -> chat.Reply:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return real(self, messages, max_tokens)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chat.ChatModel, "answer", answer)
        result = read(url)

    assert (result.exit_code, len(kept(library))) == (130, 6)
    assert "kb: stopped; what is read is kept, and the next run goes on" in result.stderr
    assert "state    up to date" in kb("status").stdout


def test_it_speaks_japanese(server: Callable[[Answer], str], japanese: None) -> None:  # noqa: ARG001
    done = read(server(well))

    assert done.stdout.splitlines() == [
        "qwen3 が6行を読みました。kb と違う読みは0行です",
        "`kb serve` の「直すところ」→「アシスタントが読んだもの」で確かめて、違うものは取り消せます",
        "トークン数: 送ったもの 1,500、返ったもの 90",
        "読んでいない行はありません",
    ]


def test_the_bundled_samples_are_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KB_INDEX", str(tmp_path / "index"))
    result = read("http://127.0.0.1:9/v1")

    assert (result.exit_code, "these are the bundled samples" in result.stderr) == (2, True)

"""Every page, feed, command and tool answers in every state of a library, whichever there are."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from states import EMPTY, FILLED, NOWHERE, OURS, REPORT, State, made
from werkzeug.routing import Rule

from kb import worker
from kb.cli.group import cli
from kb.library import watching
from webui import command, server
from webui.app import create_app
from webui.site import exporting

Counted = Callable[[str, object], None]  # tells in the report of a run (--junit-xml) how much was tried

QUERIES = ("", "?q=SQS", "?q=順番&service=sqs&year=2019&page=2&sort=new&lang=en")
ACCEPTED = ("text/html", "application/json")
FORM = {
    **dict.fromkeys(("name", "speakers", "event", "title"), "見本"),
    **dict.fromkeys(("what", "service", "change", "with", "key"), "sqs"),
    "back": "/",
    "text": REPORT,
    "step": "save",
    "date": "2019",
    "kind": "advice",
    "address": "q=SQS",
    "says": "same",
}
_PAGES = 30  # of a site: a test of its own makes all
INVALID_PARAMS = -32602  # of JSON-RPC: whoever asked is told what to ask instead


@pytest.fixture(scope="module", params=[*EMPTY, *FILLED])
def state(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    with pytest.MonkeyPatch.context() as patch:
        yield made(request.param, tmp_path_factory.mktemp("state"), patch)


@pytest.fixture(scope="module")
def client(state: State) -> FlaskClient:
    return create_app(state.kb).test_client()


def addresses(client: FlaskClient, rule: Rule, pool: tuple[str, ...]) -> Iterator[str]:
    """Yield the addresses that a rule has with each of what may stand there, and those with all that it lists."""
    adapter = client.application.url_map.bind("localhost")
    converters = rule._converters.values()  # noqa: SLF001
    listed = [item for converter in converters for item in getattr(converter, "items", ())]
    for value in (listed or pool) if rule.arguments else ("",):
        yield adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, value), method=next(iter(rule.methods or ())))


def failed(state: State, answers: Mapping[str, int]) -> dict[str, int]:
    """Return the answers that tell of a fault of ours; that nothing is ready before the first sync is none."""
    fine = 503 if state.name == "never synced" else 0
    return {asked: code for asked, code in answers.items() if code >= 500 and not (code == fine and "/readyz" in asked)}


def test_every_address_answers(
    state: State, client: FlaskClient, caplog: pytest.LogCaptureFixture, record_property: Counted
) -> None:
    rules = [rule for rule in client.application.url_map.iter_rules() if "GET" in (rule.methods or ())]
    every = [
        address + query
        for rule in rules
        for address in addresses(client, rule, state.pool)
        for query in (QUERIES[:1] if rule.arguments else QUERIES)
    ]
    answers = {
        f"{address} as {accepted}": client.get(address, headers={"Accept": accepted}).status_code
        for address in (*every, "/favicon.ico", f"/{NOWHERE}")
        for accepted in ACCEPTED
    }

    record_property("routes", len(rules))
    record_property("answers", len(answers))
    assert len(rules) > 30
    assert (failed(state, answers), [record for record in caplog.records if record.exc_info]) == ({}, [])


def values(schema: Mapping[str, Any], pool: tuple[str, ...]) -> list[object]:
    """Return what may be given where a schema says what."""
    match schema:
        case {"enum": some}:
            return [*some]
        case {"type": "array", "items": each}:
            return [[value] for value in values(each, pool)]
        case {"type": "boolean"}:
            return [True]
        case {"type": "integer"}:
            return [schema.get("minimum", 0)]
        case _:
            return [*pool]


def told(client: FlaskClient, method: str, **params: object) -> dict[str, Any]:
    """Return what a program is answered."""
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    answer = client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=headers)
    assert answer.status_code == 200
    record: dict[str, Any] = answer.get_json()
    return record


def test_every_tool_answers(
    state: State, client: FlaskClient, caplog: pytest.LogCaptureFixture, record_property: Counted
) -> None:
    pool, wrong, calls = state.pool, {}, 0
    for tool in told(client, "tools/list")["result"]["tools"]:
        properties, required = tool["inputSchema"]["properties"], tool["inputSchema"].get("required", ())
        base = {name: values(properties[name], pool)[0] for name in required}
        every = [base, *({**base, name: value} for name in properties for value in values(properties[name], pool))]
        for arguments in every:
            answer, calls = told(client, "tools/call", name=tool["name"], arguments=arguments), calls + 1
            if "error" in answer:  # what was asked wrong is told in a result
                wrong[f"{tool['name']} {arguments}"] = answer
    listed = [told(client, method) for method in ("resources/list", "resources/templates/list")]
    for template in listed[1]["result"]["resourceTemplates"]:
        for value in pool:
            answer = told(client, "resources/read", uri=template["uriTemplate"].replace("{+id}", value))
            if answer.get("error", {}).get("code", INVALID_PARAMS) != INVALID_PARAMS:
                wrong[f"{template['uriTemplate']} {value}"] = answer

    record_property("calls", calls)
    assert calls > 20
    assert (wrong, [answer for answer in listed if "error" in answer]) == ({}, [])
    assert [record for record in caplog.records if record.exc_info] == []


def typed(one: click.Command, pool: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield what may be typed after a command's name: each of the pool where it wants something, and each option."""
    wants = [param for param in one.params if isinstance(param, click.Argument)]
    base = [value for param in wants if param.required for value in pool[: 2 if param.nargs < 0 else 1]]
    yield base
    yield from ([value] for value in pool if wants)
    for option in one.params:
        if not isinstance(option, click.Option) or option.name in ("library", "index"):
            continue
        for name in (*option.opts, *option.secondary_opts):
            if option.is_flag:
                yield [*base, name]
            elif isinstance(option.type, click.Choice):
                yield from ([*base, name, str(choice)] for choice in option.type.choices)
            else:
                yield [*base, name, "2" if isinstance(option.type, click.types.IntParamType) else "sqs"]


def restore(folder: Path, kept: Path) -> None:
    """Give a folder, which is the current one, its content back."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(kept, folder, dirs_exist_ok=True)


@pytest.fixture
def _returning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the commands end that go on until they are stopped, and a site its first pages alone."""
    every = exporting.files
    monkeypatch.setattr(exporting, "files", lambda *given, **named: islice(every(*given, **named), _PAGES))
    monkeypatch.setattr(server, "_run", lambda _app, listening, *given: (given[-1](), listening.close()))
    monkeypatch.setattr(watching, "changes", lambda _folders, _report: iter(()))
    monkeypatch.setattr(server, "changes", lambda _folders, _report: iter(()))
    for module in (worker, server):
        monkeypatch.setattr(module, "embed_in_worker", lambda _kb: lambda: None)
    monkeypatch.setattr(server, "sync_in_worker", lambda kb, progress: kb.indexer.sync(progress))


@pytest.mark.usefixtures("_returning")
def test_every_command_answers(state: State, tmp_path: Path, record_property: Counted) -> None:
    context, pool, wrong, calls = click.Context(cli), state.pool, {}, 0
    kept = Path(shutil.copytree(state.folder, tmp_path / "kept"))
    names = cli.list_commands(context)
    for name in names:
        one = cli.get_command(context, name)
        assert one
        # What has nothing to do with a library is the same in all states; `make check` evaluates with the model.
        about_library = any(param.name == "library" for param in one.params)
        for words in typed(one, pool) if about_library else ():
            result = CliRunner().invoke(cli, [name, *words, *state.places], prog_name="kb")
            calls += 1
            silent = result.exit_code and not result.output.strip() and "--json" not in words
            if not isinstance(result.exception, SystemExit | None) or "Traceback" in result.output or silent:
                wrong[" ".join((name, *words))] = (repr(result.exception), result.output[-500:])
        restore(state.folder, kept)

    record_property("commands", calls)
    assert names == sorted(command.COMMANDS)
    assert (wrong, calls > 50) == ({}, True)


def test_every_form_answers(
    state: State, client: FlaskClient, caplog: pytest.LogCaptureFixture, record_property: Counted
) -> None:
    rules = [rule for rule in client.application.url_map.iter_rules() if (rule.methods or set()) & {"POST", "DELETE"}]
    every = [(rule, address) for rule in rules for address in addresses(client, rule, state.pool)]
    answers = {}
    for form in ({}, FORM):
        for rule, address in every:
            for method in sorted((rule.methods or set()) & {"POST", "DELETE"}):
                answer = client.open(address, method=method, data=form, headers=OURS)
                answers[f"{method} {address} {json.dumps(form)[:20]}"] = answer.status_code

    record_property("forms", len(answers))
    assert len(rules) > 10
    assert (failed(state, answers), [record for record in caplog.records if record.exc_info]) == ({}, [])

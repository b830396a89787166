"""The client of the SDK asks over both transports, with the newest protocol version and an older one."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from noted import ORDER, UNANSWERED, opened

from kb.programs.answers import NOTHING
from kb.programs.tools import TOOLS, instructions

T = TypeVar("T")
KB = "from webui.command import main; main()"
TRANSPORTS = ("stdio", "http")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("noted")
    opened(folder)
    return ["--library", str(folder / "library"), "--index", str(folder / "index")]


@pytest.fixture(scope="module")
def address(places: list[str]) -> Iterator[str]:
    command = [sys.executable, "-u", "-c", KB, "serve", "--port", "0", "--no-watch", *places]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = next(line for line in process.stdout if "http://" in line)
        yield line.split()[1] + "mcp"
        process.kill()


@pytest.fixture
def new_client(
    request: pytest.FixtureRequest, places: list[str], tmp_path: Path
) -> Iterator[Callable[[str, str], Client]]:
    """Yield a factory of clients by transport and protocol version, the newest (auto) or an older one (legacy)."""

    def client(transport: str, mode: str) -> Client:
        if transport == "http":
            return Client(request.getfixturevalue("address"), mode=mode)
        started = StdioServerParameters(command=sys.executable, args=["-c", KB, "mcp", *places], env=dict(os.environ))
        return Client(stdio_client(started, errlog=errors), mode=mode)

    with (tmp_path / "errors").open("w") as errors:
        yield client


def run(client: Client, work: Callable[[Client], Awaitable[T]]) -> T:
    """Run work in a thread of its own: a browser of another test may run an event loop in this one."""

    async def connected() -> T:
        async with client:
            return await work(client)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(connected())).result()


ARGUMENTS: dict[str, dict[str, Any]] = {
    "search": {"query": "冪等"},
    "guide": {"service": "Lambda"},
    "services": {},
}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_every_tool_and_every_resource_is_listed_and_answers(
    new_client: Callable[[str, str], Client], transport: str, mode: str
) -> None:
    async def work(client: Client) -> tuple[Any, ...]:
        listed = (await client.list_tools()).tools
        found = await client.call_tool("search", ARGUMENTS["search"])
        note = found.structured_content["notes"][0]["id"]
        arguments = {**ARGUMENTS, "show": {"id": note}}
        called = {tool.name: await client.call_tool(tool.name, arguments[tool.name]) for tool in listed}
        templates = (await client.list_resource_templates()).resource_templates
        talks = (await client.list_resources()).resources
        read = [await client.read_resource(uri) for uri in (f"kb://note/{note}", talks[0].uri)]
        return client.instructions, listed, called, [one.name for one in templates], [one.contents[0] for one in read]

    how_to_use, listed, called, templates, (note, talk) = run(new_client(transport, mode), work)

    assert (how_to_use, [tool.name for tool in listed], templates) == (
        instructions(writes=False),
        list(TOOLS),
        ["note", "talk"],
    )
    assert all(tool.annotations.read_only_hint for tool in listed)
    assert {name: (result.is_error, len(result.content)) for name, result in called.items()} == dict.fromkeys(
        TOOLS, (False, 1)
    )
    assert (note.text[:2], note.mime_type, talk.text[:3]) == ("> ", "text/markdown", "## ")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_ten_questions_without_an_answer_get_that_nothing_is_noted(
    new_client: Callable[[str, str], Client], transport: str
) -> None:
    async def work(client: Client) -> list[str]:
        results = [await client.call_tool("search", {"query": question}) for question in UNANSWERED]
        return [result.structured_content["nothing"] for result in results]

    assert run(new_client(transport, "auto"), work) == [NOTHING] * 10


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_invalid_arguments_and_addresses_are_reported(new_client: Callable[[str, str], Client], transport: str) -> None:
    async def work(client: Client) -> tuple[Any, ...]:
        result = await client.call_tool("search", {"limit": 1000})
        missing = ""
        for address in ("kb://note/ほげ", "file:///etc/passwd"):
            with suppress(MCPError):
                await client.read_resource(address)
                missing += address
        return result.is_error, result.content[0].text, missing

    assert run(new_client(transport, "auto"), work) == (True, "search: expected `int` <= 50 - at `$.limit`", "")


def test_an_instruction_in_a_note_arrives_as_a_quotation(new_client: Callable[[str, str], Client]) -> None:
    async def work(client: Client) -> str:
        found = await client.call_tool("search", {"query": "これまでの指示"})
        read = await client.read_resource(f"kb://note/{found.structured_content['notes'][0]['id']}")
        return read.contents[0].text

    assert run(new_client("http", "auto"), work).startswith(f"> {ORDER}\n>\n> — ")


def test_concurrent_calls_get_the_same_answer(new_client: Callable[[str, str], Client]) -> None:
    async def work(client: Client) -> list[int]:
        results = await asyncio.gather(*(client.call_tool("search", {"query": "冪等"}) for _ in range(20)))
        return [result.structured_content["total"] for result in results]

    assert len(set(run(new_client("http", "auto"), work))) == 1

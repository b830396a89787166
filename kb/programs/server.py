"""The one door to the SDK of the Model Context Protocol: what it asks is handed on, what is answered is handed back."""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, TypeVar

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from starlette.types import ASGIApp, Receive, Scope, Send

from kb.knowledge_base import KnowledgeBase
from kb.programs.cards import SCHEME
from kb.programs.tools import TOOLS, ToolError, call, talks, text
from kb.search.records import as_json
from kb.texts import programs as words

_LONGEST_REQUEST = 64 * 1024  # bytes; the longest arguments that are taken have some 50,000
_MARKDOWN = "text/markdown"
T = TypeVar("T")


def over_stdio(kb: KnowledgeBase) -> None:
    """Answer one program on stdin and stdout, until it ends."""

    async def run() -> None:
        made = server(kb)
        async with stdio_server() as (asked, answered):
            await made.run(asked, answered, made.create_initialization_options())

    asyncio.run(run())


def over_http(kb: KnowledgeBase) -> ASGIApp:
    """Return what answers programs over HTTP (streamable HTTP), as an ASGI app.

    Every request stands for itself and gets one answer in JSON: there is no session and no stream to be held open.
    Host, Origin and who may ask are the server's business that calls it.
    """
    made = server(kb)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        manager = StreamableHTTPSessionManager(
            made, json_response=True, stateless=True, max_request_body_size=_LONGEST_REQUEST
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    return answer


def server(kb: KnowledgeBase) -> Server[Any]:
    """Return the server of a knowledge base, for any transport."""
    reads_only = types.ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    tools = [
        types.Tool(
            name=name,
            title=words.TITLES[name],
            description=words.TOOLS[name],
            input_schema=tool.schema,
            annotations=reads_only,
        )
        for name, tool in TOOLS.items()
    ]
    templates = [
        types.ResourceTemplate(  # an address as RFC 6570 writes it
            uri_template=f"{SCHEME}://{what}/{{+id}}", name=what, description=description, mime_type=_MARKDOWN
        )
        for what, description in words.RESOURCES.items()
    ]

    async def list_tools(_ctx: object, _params: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=tools)

    async def call_tool(ctx: ServerRequestContext, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            record = await asyncio.to_thread(call, kb, params.name, params.arguments or {}, _root(ctx))
        except ToolError as error:
            return types.CallToolResult(content=[types.TextContent(text=str(error))], is_error=True)
        return types.CallToolResult(content=[types.TextContent(text=as_json(record))], structured_content=record)

    async def list_resources(_ctx: object, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        some, following = await _reading(lambda: talks(kb, params.cursor if params else None))
        found = [types.Resource(uri=address, name=title, mime_type=_MARKDOWN) for address, title in some]
        return types.ListResourcesResult(resources=found, next_cursor=following)

    async def list_templates(_ctx: object, _params: object) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=templates)

    async def read(ctx: ServerRequestContext, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        quotations = await _reading(lambda: text(kb, params.uri, _root(ctx)))
        contents = types.TextResourceContents(uri=params.uri, text=quotations, mime_type=_MARKDOWN)
        return types.ReadResourceResult(contents=[contents])

    return Server(
        "kb",
        version=version("talk-notes-kb"),
        instructions=words.INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read,
    )


async def _reading(work: Callable[[], T]) -> T:
    """Return what is read in a thread, so that others are answered meanwhile. Raises MCPError where it cannot be."""
    try:
        return await asyncio.to_thread(work)
    except ToolError as error:
        raise MCPError(types.INVALID_PARAMS, str(error)) from error


def _root(ctx: ServerRequestContext) -> str | None:
    """Return the address of the page that was asked over HTTP."""
    return str(ctx.request.base_url) if ctx.request is not None else None

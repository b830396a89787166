"""The only module that uses the SDK of the Model Context Protocol (MCP): it hands calls to `tools` and answers back."""

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
from kb.programs.answers import SCHEME
from kb.programs.tools import RESOURCES, WRITING_TOOLS, ToolError, call, instructions, talks, text, tools
from kb.search.records import as_json

_MAX_REQUEST = 64 * 1024  # bytes; the longest valid arguments have about 50,000
_MARKDOWN = "text/markdown"
T = TypeVar("T")


def serve_stdio(kb: KnowledgeBase, *, writes: bool = False) -> None:
    """Answer one program on stdin and stdout until it closes them; with `writes` it may read reports for people."""

    async def run() -> None:
        mcp = server(kb, writes=writes)
        async with stdio_server() as (reading, writing):
            await mcp.run(reading, writing, mcp.create_initialization_options())

    asyncio.run(run())


def http_app(kb: KnowledgeBase, *, writes: bool = False) -> ASGIApp:
    """Return an ASGI app that answers programs over streamable HTTP; with `writes` they may read reports for people.

    Each request gets one answer in JSON, without a session and without a stream that is held open. The server that
    mounts the app checks Host, Origin and the token.
    """
    mcp = server(kb, writes=writes)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        manager = StreamableHTTPSessionManager(
            mcp, json_response=True, stateless=True, max_request_body_size=_MAX_REQUEST
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    return answer


def server(kb: KnowledgeBase, *, writes: bool = False) -> Server[Any]:
    """Return the MCP server of a knowledge base, for any transport."""

    def annotations(name: str) -> types.ToolAnnotations:
        return types.ToolAnnotations(
            read_only_hint=name not in WRITING_TOOLS,
            destructive_hint=False,  # what a tool writes can be taken back
            idempotent_hint=name != "next_to_read",
            open_world_hint=False,
        )

    offered = [
        types.Tool(
            name=name,
            title=tool.title,
            description=tool.description,
            input_schema=tool.schema,
            annotations=annotations(name),
        )
        for name, tool in tools(writes=writes).items()
    ]
    templates = [
        types.ResourceTemplate(  # an address as RFC 6570 writes it
            uri_template=f"{SCHEME}://{kind}/{{+id}}", name=kind, description=description, mime_type=_MARKDOWN
        )
        for kind, description in RESOURCES.items()
    ]

    async def list_tools(_ctx: object, _params: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=offered)

    async def call_tool(ctx: ServerRequestContext, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            record = await asyncio.to_thread(call, kb, params.name, params.arguments or {}, _root(ctx), writes=writes)
        except ToolError as error:
            return types.CallToolResult(content=[types.TextContent(text=str(error))], is_error=True)
        return types.CallToolResult(content=[types.TextContent(text=as_json(record))], structured_content=record)

    async def list_resources(_ctx: object, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        page, cursor = await _in_thread(lambda: talks(kb, params.cursor if params else None))
        resources = [types.Resource(uri=address, name=title, mime_type=_MARKDOWN) for address, title in page]
        return types.ListResourcesResult(resources=resources, next_cursor=cursor)

    async def list_templates(_ctx: object, _params: object) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=templates)

    async def read(ctx: ServerRequestContext, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        markdown = await _in_thread(lambda: text(kb, params.uri, _root(ctx)))
        contents = types.TextResourceContents(uri=params.uri, text=markdown, mime_type=_MARKDOWN)
        return types.ReadResourceResult(contents=[contents])

    return Server(
        "kb",
        version=version("talk-notes-kb"),
        instructions=instructions(writes=writes),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read,
    )


async def _in_thread(read: Callable[[], T]) -> T:
    """Run a function in a thread, so that other requests continue. Raises MCPError instead of ToolError."""
    try:
        return await asyncio.to_thread(read)
    except ToolError as error:
        raise MCPError(types.INVALID_PARAMS, str(error)) from error


def _root(ctx: ServerRequestContext) -> str | None:
    """Return the address of the page, None over stdio."""
    return str(ctx.request.base_url) if ctx.request is not None else None

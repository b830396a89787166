"""`kb read --by-model`: has a model behind an address read the reports of the library, within a budget of tokens."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from index.urls import web_parts
from kb.cli.group import USAGE_ERROR, state
from kb.cli.output import ProgressBar, echo, echo_lines, error_text, print_json
from kb.cli.syncing import INTERRUPTED, sync_index, try_sync
from kb.storage.walk import shown_name
from kb.translation import _, ngettext, translate

if TYPE_CHECKING:
    from index.messages import Message
    from kb.assistant.by_model import Estimate, Outcome
    from kb.assistant.parts import Part
    from kb.knowledge_base import KnowledgeBase

ADDRESS = "--by-model"


def read_by_model(
    url: str, model: str, paths: Collection[Path], *, at_most: int | None, dry_run: bool, as_json: bool
) -> None:
    """Have a model read the unread lines of the library, or of some of its files and folders.

    Exits with USAGE_ERROR if the model answers nothing, or none of its answers can be used. Raises BadParameter for an
    invalid address, key or path.
    """
    from index.model_server import ModelServerError
    from kb.assistant.by_model import BudgetError, ModelReader, schema
    from kb.assistant.chat import ChatModel
    from kb.knowledge_base import KnowledgeBase
    from kb.library.places import CACHE_FOLDER

    try:
        chat = ChatModel(url, model, os.environ.get("KB_MODEL_KEY"), schema())
    except ModelServerError as error:
        raise click.BadParameter(error_text(error), param_hint=ADDRESS) from error
    _warn_unencrypted(url)
    kb = KnowledgeBase.open(state().library, state().index)
    wanted = _wanted(kb, paths)
    sync_index(kb)
    reader = ModelReader(kb.readings, model, kb.collection.index / CACHE_FOLDER / "answers", wanted, at_most)
    if dry_run:
        left = reader.estimate()
        if as_json:
            print_json([asdict(left)])
        else:
            echo(_left_line(left))
        return
    code, bar = 0, ProgressBar()
    try:
        with bar as progress:
            reader.run(chat.answer, progress, lambda part, why: bar.note(_skipped_line(part, why)))
    except BudgetError:
        echo(_("kb: stopped: the next part could exceed --at-most; run it again to go on"), err=True)
    except ModelServerError as error:
        echo(_("kb: stopped: {why}", why=error_text(error)), err=True)
        code = USAGE_ERROR
    except KeyboardInterrupt:
        echo(_("kb: stopped; what is read is kept, and the next run goes on"), err=True)
        code = INTERRUPTED
    outcome = reader.outcome
    if outcome.parts:
        try_sync(kb)
    left = reader.estimate()
    if as_json:
        print_json([{**asdict(outcome), "left": asdict(left)}])
    else:
        echo_lines(_outcome_lines(outcome, left, model))
    if outcome.skipped and not outcome.parts:
        code = code or USAGE_ERROR
    click.get_current_context().exit(code)


def _warn_unencrypted(url: str) -> None:
    """Print that reports are sent unencrypted, if so: over http, and not to this machine."""
    parts = web_parts(url)
    host = parts.hostname if parts and parts.scheme == "http" else None
    if host and host != "localhost":
        with suppress(ValueError):
            if ip_address(host).is_loopback:
                return
        echo(_("kb: {url} is not encrypted: others on the way can read the reports and the key", url=url), err=True)


def _wanted(kb: "KnowledgeBase", paths: Collection[Path]) -> Callable[[str], bool]:
    """Return whether the source of a report is one of these files of the library, or below one of these folders."""
    if not paths:
        return lambda _source: True
    library, names = kb.collection.library.path.resolve(), set[str]()
    for path in paths:
        if not path.resolve().is_relative_to(library):
            refused = _("{path} is not in the library {library}", path=shown_name(path), library=shown_name(library))
            raise click.BadParameter(refused)
        names.add(shown_name(path.resolve().relative_to(library)))

    def is_wanted(source: str) -> bool:
        return any(name in (".", source) or source.startswith((f"{name}/", f"{name}#", f"{name}!/")) for name in names)

    return is_wanted


def _skipped_line(part: "Part", why: "Message") -> str:
    first, last = (line.line.number for line in (part.lines[0], part.lines[-1]))
    where = _("kb: {source}: lines {first} to {last}", source=part.entry.source, first=first, last=last)
    return _("{where} stay unread: {why}", where=where, why=translate(why))


def _left_line(left: "Estimate") -> str:
    return _(
        "unread: {0.lines:,} lines (reports: {0.reports:,}, parts: {0.parts:,}); about {0.tokens_in:,} tokens to the "
        "model, and {0.tokens_out:,} from it"
    ).format(left)


def _outcome_lines(outcome: "Outcome", left: "Estimate", model: str) -> Iterator[str]:
    if outcome.parts:
        read = _("{model} read {0.lines:,} lines, {0.differ:,} of them differently from kb")
        yield read.format(outcome, model=model)
        yield _("look at these, and take back what is wrong: `kb serve`, To correct, Read by an assistant")
    if outcome.skipped:
        yield ngettext("skipped: {count:,} part", "skipped: {count:,} parts", outcome.skipped)
    if outcome.tokens_in or outcome.tokens_out:
        tokens = (
            _("tokens: about {0.tokens_in:,} to the model, {0.tokens_out:,} from it")
            if outcome.is_estimated
            else _("tokens: {0.tokens_in:,} to the model, {0.tokens_out:,} from it")
        )
        yield tokens.format(outcome)
    yield _left_line(left) if left.parts else _("nothing is unread")

"""What commands do with the index before they answer: sync it, embed its notes, and report the outcome."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from index.messages import Message, message_of
from kb import wording
from kb.cli.group import USAGE_ERROR, state
from kb.cli.output import ProgressBar, echo, echo_lines, error_message, error_text
from kb.translation import _, ngettext, translate

if TYPE_CHECKING:
    from kb.indexing.outcomes import SyncOutcome
    from kb.knowledge_base import KnowledgeBase
    from kb.library.contents import Unused
    from kb.pipeline.reports import Progress
    from kb.report.problems import FileProblem

_MAX_UNUSED = 5  # corrections without effect that a sync names
INTERRUPTED = 128 + 2  # the exit code of a program that SIGINT (2) ended

Embedding: TypeAlias = Literal["later", "in background", "now"]
"""When missing vectors are made: by a later command, by this process while it runs, or next."""


def sync_index(kb: "KnowledgeBase", sync: "Callable[[Progress], SyncOutcome] | None" = None) -> "SyncOutcome":
    """Sync the index with a progress bar, and print the problems of files on stderr, grouped by their cause.

    `sync` replaces that of the indexer.
    """
    from kb.report.problems import grouped

    with ProgressBar() as progress:
        outcome = (sync or kb.indexer.sync)(progress)
    state().is_stale = False
    groups = grouped(outcome.problems)
    for group in groups:
        if len(group.problems) > 1:
            echo(f"kb: {translate(group.cause)} {wording.in_files(group)}", err=True)
        else:
            echo_lines(problem_lines(group.problems), err=True)
    if any(len(group.places) < len(group.problems) for group in groups):
        echo(_("kb: `kb status` lists each by file and line"), err=True)
    echo_lines(unused_lines(outcome.unused, _MAX_UNUSED), err=True)
    return outcome


def try_sync(kb: "KnowledgeBase", sync: "Callable[[Progress], SyncOutcome] | None" = None) -> "SyncOutcome | Message":
    """Sync like `sync_index`. If the index cannot be written but can answer, print and return the reason.

    Raises SearchIndexError or OSError if no index of this library can answer.
    """
    from index.engine import SearchIndexError

    try:
        return sync_index(kb, sync)
    except (SearchIndexError, OSError) as error:
        contents = kb.collection.contents()
        if contents is None or contents.library != kb.collection.library.name:
            raise
        echo(_("kb: {why}; the index answers as it was before", why=error_text(error)), err=True)
        return error_message(error)


def ensure_index(kb: "KnowledgeBase") -> None:
    """Index a library that has no index of this version of kb; print damage, pending changes and an empty library."""
    if kb.collection.needs_index():
        echo(_("kb: indexing the library first"), err=True)
        try_sync(kb)
    elif damage := kb.collection.damage():
        echo(f"kb: {kb.collection.index}: {translate(damage)}", err=True)
        state().is_stale = True
    elif not kb.indexer.status().up_to_date:
        echo(_("kb: the library has changed since it was indexed; run `kb sync`"), err=True)
    contents = kb.collection.contents()
    if not (contents and contents.reports):
        echo(f"kb: {empty_line(kb)}", err=True)


def warn_unindexed(kb: "KnowledgeBase") -> None:
    """Print that nothing is indexed, if so, for commands that answer without an index. Raises SearchIndexError."""
    if kb.collection.needs_index():
        echo(_("kb: nothing is indexed yet by this version of kb; run `kb sync`"), err=True)


def embed_notes(kb: "KnowledgeBase") -> None:
    """Make the missing vectors with a progress bar; exits if that is interrupted or the model fails."""
    from index.embedder import EmbeddingError

    try:
        with ProgressBar() as progress:
            kb.indexer.embed(progress)
    except KeyboardInterrupt:
        coverage = wording.coverage(kb.indexer.coverage())
        stopped = _("kb: stopped; no vector is lost ({coverage}); the rest: {how}", coverage=coverage, how=embedder())
        echo(stopped, err=True)
        click.get_current_context().exit(INTERRUPTED)
    except EmbeddingError as error:
        echo(_no_vectors(error), err=True)
        click.get_current_context().exit(USAGE_ERROR)


def embedder() -> str:
    """Return the commands that make missing vectors."""
    return _("`kb sync --wait`, or `kb serve` while it runs")


def outcome_lines(outcome: "SyncOutcome", kb: "KnowledgeBase", embedding: Embedding = "later") -> Iterator[str]:
    """Yield the summary of a sync, and what follows it."""
    from index.embedder import EmbeddingError

    samples = _("Showing samples") + "  " if kb.collection.is_samples else ""
    yield samples + _(
        "reports: {0.new} new, {0.changed} changed, {0.gone} gone, {0.unchanged} unchanged; "
        "{0.notes} notes searchable by words in {0.seconds:.1f} s"
    ).format(outcome)
    for old, new in outcome.moved.items():
        yield _("moved: {old} is {new} now; its corrections and readings follow", old=old, new=new)
    if not outcome.new + outcome.changed + outcome.unchanged:
        yield f"{empty_line(kb)}."
    if embedding == "now":
        return
    try:
        coverage = kb.indexer.coverage()
    except EmbeddingError as error:  # an endpoint that does not report the length of its vectors
        yield _no_vectors(error)
    else:
        status, how = kb.indexer.status(), embedder() if embedding == "later" else _("made while this runs")
        if status.reader and status.read < status.notes:
            unread = status.notes - status.read
            yield ngettext(
                "{count:,} note is read next, for its kind and for search by meaning: {how}",
                "{count:,} notes are read next, for their kinds and for search by meaning: {how}",
                unread,
                how=how,
            )
        elif coverage and coverage.lacking:
            yield ngettext(
                "the vector of {count:,} note follows, for search by meaning: {how}",
                "vectors of {count:,} notes follow, for search by meaning: {how}",
                coverage.lacking,
                how=how,
            )


def _no_vectors(error: Exception) -> str:
    return _("kb: {why}; notes are found by their words alone", why=translate(message_of(error)))


def empty_line(kb: "KnowledgeBase") -> str:
    """Return why a library has no report, and the remedy."""
    from kb.indexing.outcomes import any_unreadable
    from kb.readers.formats import LABELS, listed

    status, name = kb.indexer.status(), kb.collection.library.name
    if any_unreadable(status.problems):
        return _("no report in {library} could be read; see `kb status`, or `kb add FILE`", library=name)
    if status.left_alone:
        return ngettext(
            "no report in {library}: {count} file is left alone (READMEs, what `ignore` in kb.toml names); "
            "change that, or `kb add FILE`",
            "no report in {library}: {count} files are left alone (READMEs, what `ignore` in kb.toml names); "
            "change that, or `kb add FILE`",
            len(status.left_alone),
            library=name,
        )
    formats = translate(listed(LABELS))
    return _("no report in {library} yet: `kb add FILE` adds one ({formats})", library=name, formats=formats)


def unused_lines(unused: "Sequence[Unused]", most: int | None = None) -> Iterator[str]:
    """Yield the number of corrections in kb.toml that have no effect, and a line for each of the first ones."""
    if not unused:
        return
    yield ngettext(
        "kb: {count:,} correction in kb.toml has no effect:",
        "kb: {count:,} corrections in kb.toml have no effect:",
        len(unused),
    )
    yield from problem_lines(one.problem for one in unused[:most])
    if most and len(unused) > most:
        yield _("kb: `kb status` lists all of them")


def problem_lines(problems: "Iterable[FileProblem]") -> Iterator[str]:
    """Yield a line for each problem."""
    for problem in problems:
        yield f"kb: {translate(problem.sentence)}"

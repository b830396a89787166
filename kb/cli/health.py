"""How what was done with a library, and how it stands, looks in a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from index.messages import message_of
from kb import wording
from kb.storage.walk import shown_name
from kb.translation import _, ngettext, translate

if TYPE_CHECKING:
    from index.engine import Coverage
    from kb.indexing.outcomes import Added, Status, SyncOutcome
    from kb.knowledge_base import KnowledgeBase
    from kb.report.difference import Difference
    from kb.report.problems import FileProblem
    from kb.services import Domain

MOST_NAMED = 5  # files set aside; `kb status --json` names all
_SIGNS = {
    "came": click.style("+", fg="cyan"),
    "went": click.style("-", fg="red"),
    "changed": click.style("~", fg="yellow"),
}

Vectors: TypeAlias = Literal["later", "beside", "now"]
"""When the vectors are made that notes lack: by a command that is yet to be given, while this one runs, or now."""


def makes_vectors() -> str:
    """Return what makes the vectors that notes lack."""
    return _("`kb sync --wait`, or `kb serve` while it runs")


def added_line(added: "Added") -> str:
    """Return where a report or container was put, and what is in it."""
    if added.unchanged:
        done = _("there already: {source} ({what})")
    elif added.replaced:
        done = _("replaced {source} ({what})")
    else:
        done = _("added {source} ({what})")
    what = added.report or ngettext("{count} report", "{count} reports", added.reports)
    return done.format(source=added.source, what=what) + (f"; {kept_line(added.kept)}" if added.kept else "")


def kept_line(kept: "Sequence[str]") -> str:
    """Return where lies what was there before."""
    return _("what was there is kept as {files}").format(files=", ".join(kept))


def outcome_lines(outcome: "SyncOutcome", kb: "KnowledgeBase", vectors: Vectors = "later") -> Iterator[str]:
    """Yield the line that a sync ends with, and what to do next; `vectors` are made when that tells."""
    samples = _("Showing samples") + "  " if kb.collection.is_samples else ""
    yield samples + _(
        "reports: {0.new} new, {0.changed} changed, {0.gone} gone, {0.unchanged} unchanged; "
        "{0.notes} notes searchable by words in {0.seconds:.1f} s"
    ).format(outcome)
    if not outcome.new + outcome.changed + outcome.unchanged:
        yield f"{empty_line(kb)}."

    from index.embedder import EmbeddingError

    try:
        coverage = kb.indexer.coverage() if vectors != "now" else None
    except EmbeddingError as error:  # of an endpoint that does not tell how long its vectors are
        yield without_vectors(error)
    else:
        if coverage and coverage.lacking:
            how = makes_vectors() if vectors == "later" else _("made while this runs")
            sentence = _("vectors of {count:,} notes follow, which find by meaning too: {how}")
            yield sentence.format(count=coverage.lacking, how=how)


def without_vectors(error: Exception) -> str:
    """Return why no vectors can be made, and what that means."""
    return _("kb: {why}; notes are found by their words alone").format(why=translate(message_of(error)))


def empty_line(kb: "KnowledgeBase") -> str:
    """Return why there is no report in a library, and what to do."""
    from kb.indexing.outcomes import any_unreadable
    from kb.readers.formats import LABELS, listed

    state, name = kb.indexer.status(), kb.collection.library.name
    if any_unreadable(state.problems):
        sentence = _("no report in {library} could be read, as `kb status` tells; `kb add FILE` puts another there")
        return sentence.format(library=name)
    if alone := len(state.left_alone):
        return ngettext(
            "no report in {library}: {count} file is left alone (READMEs, what `ignore` in kb.toml names); "
            "change that, or `kb add FILE`",
            "no report in {library}: {count} files are left alone (READMEs, what `ignore` in kb.toml names); "
            "change that, or `kb add FILE`",
            alone,
            library=name,
        )
    sentence = _("no report in {library} yet: `kb add FILE` puts one there ({formats})")
    return sentence.format(library=name, formats=translate(listed(LABELS)))


def status_lines(status: "Status", coverage: "Coverage | None", model: str | None) -> Iterator[str]:
    """Yield where things are and what is in them."""
    samples = "  " + _("Showing samples") if status.showing_samples else ""
    yield _("library  {folder}").format(folder=shown_name(status.library)) + samples
    yield _("index    {folder}").format(folder=shown_name(status.index))
    yield _("content  {0.reports} reports, {0.talks} talks, {0.notes} notes").format(status)
    if status.left_alone:
        sentence = _("aside    {count} files are no reports: READMEs, what kb.toml ignores, what says so")
        yield sentence.format(count=len(status.left_alone))
    if status.kept:
        some = ", ".join(status.kept[:MOST_NAMED]) + (" …" if len(status.kept) > MOST_NAMED else "")
        sentence = _("kept     {count} files that were replaced or removed: {files}")
        yield sentence.format(count=len(status.kept), files=some)
    others = _("; the others: {how}").format(how=makes_vectors()) if coverage and coverage.lacking else ""
    yield _("likeness {coverage}").format(coverage=wording.coverage(coverage)) + others
    if model:
        yield _("model    {model}").format(model=model)
    if status.learned:
        sorts = wording.listed(wording.learned(sort, count) for sort, count in status.learned.items())
        sentence = _("learned  from {count} corrections of kinds: {sorts}")
        yield sentence.format(count=sum(status.learned.values()), sorts=sorts)
    if status.memory:
        sentence = _("memory   searching takes {megabytes:.0f} MB at most, beside the dictionary")
        yield sentence.format(megabytes=status.memory / 1e6)
    yield _("state    up to date") if status.up_to_date else _("state    behind the library: run `kb sync`")
    yield from problem_lines(status.problems)


def problem_lines(problems: "Iterable[FileProblem]") -> Iterator[str]:
    """Yield one plain line for each problem."""
    for problem in problems:
        yield f"kb: {translate(problem.sentence)}"


def gathered_lines(problems: "Iterable[FileProblem]") -> Iterator[str]:
    """Yield a line for each cause of problems, and where to see all of them if some were left out."""
    from kb.report.problems import grouped

    groups = grouped(problems)
    for group in groups:
        several = len(group.problems) > 1
        where = wording.in_files(group)
        sentence = translate(group.cause if several else group.problems[0].sentence)
        yield f"kb: {sentence} {where}" if several else f"kb: {sentence}"
    if any(len(group.places) < len(group.problems) for group in groups):
        yield _("kb: `kb status` tells each by file and line")


def difference_lines(difference: "Difference", domain: "Domain") -> Iterator[str]:
    """Yield what came, went and changed by report, and the sums last."""
    from kb.indexing.news import item_name

    for report in difference.reports:
        fields = wording.listed(_(wording.CHANGED[field]) for field in report.changed)
        title = click.style(report.title, bold=True) + (f"  ({fields})" if fields else "")
        yield f"{_SIGNS[report.fate]} {title}"
        yield click.style(f"  {report.report}", dim=True)
        for item in report.items:
            what = f"{_(wording.COMPARED[item.sort])} {wording.item(item, item_name(item, domain))}".rstrip()
            text = f"{item.before} → {item.after}" if item.sort == "note" and item.before else item.text
            yield f"  {_SIGNS[item.fate]} {what}  {text}"
    if difference.left_out:
        yield wording.left_out(difference.left_out)
    yield (_("The index was made for the first time") + ": " if difference.first else "") + wording.counts(
        difference.counts
    )

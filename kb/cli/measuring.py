"""The command that measures the search: evaluate."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from index.datafiles import quoted
from kb.cli.group import cli
from kb.cli.options import CHECK_FAILED, NamedPath, as_json
from kb.cli.output import lines, print_json
from kb.evaluation import MEASURES, Evaluation, EvaluationError, evaluate
from kb.library.places import EVALUATION
from kb.translation import _

_NOISE = "answered_all_the_same"  # queries without an answer that find something all the same


@cli.command("evaluate")
@click.option("--set", "folder", type=NamedPath(path_type=Path), help="A folder with queries.jsonl and qrels.tsv.")
@click.option(
    "--at-least", type=NamedPath(path_type=Path, exists=True), help="A JSON file of figures; fail below them."
)
@as_json
def evaluate_search(folder: Path | None, *, at_least: Path | None, as_json: bool) -> None:
    """Score the search on judged queries: by default those over the samples.

    With a passages.jsonl in the folder those passages are searched, else the samples.

    \b
    Examples: kb evaluate --json
              kb evaluate --at-least data/evaluation/figures.json
    """
    wanted = _figures(at_least) if at_least else {}
    evaluation = evaluate(folder or EVALUATION)
    if as_json:
        figures = asdict(evaluation)
        print_json([{**figures.pop("measures"), **figures}])
    else:
        lines(_table(evaluation))
    if at_least and (fallen := _fallen(evaluation, wanted)):
        lines((_("kb: {what}; see {file}").format(what=what, file=at_least) for what in fallen), err=True)
        click.get_current_context().exit(CHECK_FAILED)


def _figures(file: Path) -> Mapping[str, float]:
    """Return the figures that a file wants. Raises EvaluationError where it holds none."""
    try:
        wanted = msgspec.json.decode(file.read_bytes(), type=dict[str, float])
    except ValueError as error:
        refused = _("{file}: no figures; write names with numbers, as JSON: {why}")
        raise EvaluationError(refused.format(file=file, why=error)) from error
    known = (*MEASURES, _NOISE)
    if misspelt := next((name for name in wanted if name not in known), None):
        refused = _("{file}: nothing is measured as {name}; write one of {known}")
        raise EvaluationError(refused.format(file=file, name=quoted(misspelt), known=", ".join(known)))
    return wanted


def _fallen(evaluation: Evaluation, wanted: Mapping[str, float]) -> list[str]:
    """Return which figures are worse than wanted; `answered_all_the_same` is a number that shall not be exceeded.

    Where no query has an answer nothing is measured: that is none of what is wanted.
    """
    fallen = [
        _("{figure} fell to {now} from {before}").format(figure=name, now=value, before=wanted[name])
        for name, value in evaluation.measures.items()
        if name in wanted and not value >= wanted[name]
    ]
    noise = len(evaluation.answered_all_the_same)
    if noise > wanted.get(_NOISE, noise):
        fallen.append(_("{count} queries without an answer found something").format(count=noise))
    return fallen


def _table(evaluation: Evaluation) -> Iterator[str]:
    """Yield a table of the measures, over all queries and over those of each type."""
    names = list(evaluation.measures)
    yield f"{'':16}" + "".join(f"{name:>11}" for name in names)
    for label, measures in {"all": evaluation.measures, **evaluation.by_type}.items():
        yield f"{label:16}" + "".join(f"{measures[name]:11.4f}" for name in names)
    yield _("{0.queries} queries in {0.seconds:.1f} s").format(evaluation)
    if evaluation.without_answer:
        wrong = "、".join(evaluation.answered_all_the_same) or _("none")
        noise = _("of {count} queries without an answer found something all the same: {queries}")
        yield noise.format(count=evaluation.without_answer, queries=wrong)

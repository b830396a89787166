"""The command that measures the search: evaluate."""

from dataclasses import asdict
from pathlib import Path

import click

from kb import terminal
from kb.cli.group import as_json, cli
from kb.cli.output import lines, print_json
from kb.evaluation import evaluate
from kb.places import EVALUATION


@cli.command("evaluate")
@click.option("--set", "folder", type=click.Path(path_type=Path), help="A folder with queries.jsonl and qrels.tsv.")
@as_json
def evaluate_search(folder: Path | None, *, as_json: bool) -> None:
    """Score the search on judged queries: by default those over the samples.

    With a passages.jsonl in the folder those passages are searched, else the samples.

    \b
    Example: kb evaluate --json
    """
    evaluation = evaluate(folder or EVALUATION)
    if as_json:
        figures = asdict(evaluation)
        print_json([{**figures.pop("measures"), **figures}])
    else:
        lines(terminal.evaluation_lines(evaluation))

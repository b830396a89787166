"""How a difference looks in a terminal: a line for each thing that came, went or changed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from kb.cli.language import texts
from kb.search.differences import item_name

if TYPE_CHECKING:
    from kb.report.difference import Difference, Item, ReportDifference
    from kb.services import Domain

SIGNS = {"came": "+", "went": "-", "changed": "~"}
_COLOURS = {"came": "cyan", "went": "red", "changed": "yellow"}


def difference_lines(difference: "Difference", domain: "Domain") -> Iterator[str]:
    """Yield what came, went and changed by report, with what did it, and the sums last."""
    for report in difference.reports:
        yield _signed(report.fate, click.style(report.title, bold=True) + _changed(report))
        yield click.style(f"  {texts.listed(map(texts.cause, report.causes))}  {report.report}", dim=True)
        for item in report.items:
            yield _signed(item.fate, _told(item, domain), "  ")
    if difference.left_out:
        yield texts.left_out(difference.left_out)
    yield (f"{texts.FIRST_SYNC}: " if difference.first else "") + texts.counts(difference.counts)


def _changed(report: "ReportDifference") -> str:
    fields = texts.listed(texts.CHANGED[field] for field in report.changed)
    return f"  ({fields})" if fields else ""


def _told(item: "Item", domain: "Domain") -> str:
    """Return what came, went or changed of a note; of an edited one also what it said."""
    told = f"{texts.COMPARED[item.sort]} {texts.item(item, item_name(item, domain))}".rstrip()
    text = f"{item.before} → {item.after}" if item.sort == "note" and item.before else item.text
    return f"{told}  {text}"


def _signed(fate: str, text: str, indent: str = "") -> str:
    return f"{indent}{click.style(SIGNS[fate], fg=_COLOURS[fate])} {text}"

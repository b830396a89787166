"""How a difference looks in a terminal, and as JSON: a line for each thing that came, went or changed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kb.texts import ja

if TYPE_CHECKING:
    from kb.report.difference import Difference, Item, ReportDifference
    from kb.services import Domain

SIGNS = {"came": "+", "went": "-", "changed": "~"}
_COLOURS = {"came": "cyan", "went": "red", "changed": "yellow"}


def difference_lines(difference: "Difference", domain: "Domain") -> Iterator[str]:
    """Yield what came, went and changed by report, with what did it, and the sums last."""
    for report in difference.reports:
        yield _signed(report.fate, click.style(report.title, bold=True) + _changed(report))
        yield click.style(f"  {'、'.join(map(ja.cause, report.causes))}  {report.report}", dim=True)
        for item in report.items:
            yield _signed(item.fate, _told(item, domain), "  ")
    if difference.left_out:
        yield ja.left_out(difference.left_out)
    yield (f"{ja.FIRST_SYNC}: " if difference.first else "") + ja.counts(difference.counts)


def difference_records(difference: "Difference") -> Iterator[dict[str, Any]]:
    """Yield each thing that came, went or changed: a report as a whole, a field of it, a note or something of it."""
    for report in difference.reports:
        where = {
            "report": report.report,
            "source": report.source,
            "causes": [{"what": cause.what, "name": cause.name} for cause in report.causes],
        }
        if report.fate != "changed":
            yield {"sort": "report", "fate": report.fate, "text": report.title, "notes": report.notes, **where}
        for field in report.changed:
            yield {"sort": "report", "fate": "changed", "text": report.title, "value": field, **where}
        for item in report.items:
            told = {"sort": item.sort, "fate": item.fate, "note": item.note, "text": item.text}
            yield {**told, "value": item.value, "before": item.before, "after": item.after, **where}
    if difference.first:
        yield {"first": True, "counts": difference.counts}


def item_name(item: "Item", domain: "Domain") -> str:
    """Return what the service of a tag, or the change of a mark, is called."""
    if item.sort == "tag":
        return domain.catalogue.name(item.value)
    change = domain.change(item.value) if item.sort == "mark" else None
    return change.statement if change else item.value


def _changed(report: "ReportDifference") -> str:
    fields = "、".join(ja.CHANGED[field] for field in report.changed)
    return f"  （{fields}）" if fields else ""


def _told(item: "Item", domain: "Domain") -> str:
    """Return what came, went or changed of a note; of an edited one also what it said."""
    told = f"{ja.COMPARED[item.sort]} {ja.item(item, item_name(item, domain))}".rstrip()
    text = f"{item.before} → {item.after}" if item.sort == "note" and item.before else item.text
    return f"{told}  {text}"


def _signed(fate: str, text: str, indent: str = "") -> str:
    return f"{indent}{click.style(SIGNS[fate], fg=_COLOURS[fate])} {text}"

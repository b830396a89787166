"""A difference as every face shows it: its records, and the names of what came and went."""

from collections.abc import Iterator
from typing import Any

from kb.report.difference import Difference, Item
from kb.services import Domain


def difference_records(difference: Difference) -> Iterator[dict[str, Any]]:
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


def item_name(item: Item, domain: Domain) -> str:
    """Return what the service of a tag, or the change of a mark, is called."""
    if item.sort == "tag":
        return domain.catalogue.name(item.value)
    change = domain.change(item.value) if item.sort == "mark" else None
    return change.statement if change else item.value

"""What the pages say in English that are read rather than searched: lists, events, speakers, years, pairs, places."""

from collections.abc import Iterable, Sequence

from kb.search.facets import UNDATED as NO_YEAR
from kb.texts import en
from kb.texts.en import counted

EVENTS = "Events"
YEARS = "Years"
PLACES = {
    "/?q=": "Notes",
    "/reports": "Reports",
    "/events": "Events",
    "/talks": "Talks",
    "/speakers": "Speakers",
    "/years": "Years",
    "/pairs": "Problems",
    "/add": "Add",
}
LISTS = {"reports": "Reports", "events": "Events", "talks": "Talks", "speakers": "Speakers"}
COLUMN_LABELS = {
    "name": "Name",
    "event": "Event",
    "date": "Date",
    "speakers": "Speakers",
    "time": "Time",
    "reports": "Reports",
    "talks": "Talks",
    "notes": "Notes",
}
SERIES = "Series"
PAIRS = "Problems and remedies"
PATH = "Where you are"
NAMED = "Name"
SERVICE = "Service"
WORDS = "Words"
NARROW = "Filter"
NOTHING_LISTED = "Nothing answers to this."
NO_PAIRS = "No problem or question answers to this."
BY_YEARS = {
    "notes": "Notes by year",
    "reports": "Reports by year",
    "events": "Events by year",
    "talks": "Talks by year",
    "speakers": "Speakers by year",
}
ALL_PROBLEMS = "All problems"
STATE = "State"
FACTS = "Facts and cases"
CONTENTS = "Contents"
AROUND = "Its place in the report"
BEFORE = "Note before"
AFTER = "Note after"
READ_ALL = "Notes on this event"
NOTE = "Note"
BY_SPEAKER = "Notes on talks of this speaker"
BY_YEAR = "By year"


def reports(count: int) -> str:
    """Return a number of reports with its unit."""
    return counted(count, "report")


def events(count: int) -> str:
    """Return a number of events with its unit."""
    return counted(count, "event")


def noted(count: int) -> str:
    """Return a number of notes beside other numbers."""
    return counted(count, "note")


def note_takers(count: int) -> str:
    """Return how many reports tell of a talk, where they are several."""
    return counted(count, "record") if count > 1 else ""


def other(count: int) -> str:
    """Return the text of the link to the rest of a list."""
    return f"{count:,} more"


def names(people: Iterable[str]) -> str:
    """Return names in a row."""
    return ", ".join(people)


def year(value: str) -> str:
    """Return a year as people write it, or that there is none."""
    return en.UNDATED if value == NO_YEAR else value


def span(years: Sequence[str]) -> str:
    """Return from which year to which something goes, given those that are known, in order."""
    return "–".join(dict.fromkeys((years[0], years[-1]))) if years else en.UNDATED


def bar(value: str, count: int, unit: str) -> str:
    """Return what a bar of a drawing says, of notes, reports, events, talks or speakers."""
    return f"{year(value)}: {counted(count, unit.removesuffix('s'))}"


def series(name: str, times: int) -> str:
    """Return a series and how often it was held."""
    return f"{name} ({counted(times, 'time')})"


def number_of(number: int, total: int) -> str:
    """Return which note of its report one is."""
    return f"{number:,} of {total:,}"


def unknown_service_of(name: str) -> str:
    """Return that a list is not narrowed, for nothing is called so."""
    return f"No service is known as “{name}”, so nothing was filtered."

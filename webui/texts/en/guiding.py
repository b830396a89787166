"""What the pages say of guides and time lines."""

from kb.texts.en import UNDATED, counted

GUIDE = "Guide"
WHOLE_GUIDE = "Whole guide, for print"
ADVISED = "Advice"
SAID_TOO = "Notes that say the same"
CHANGED = "What changed"
CHRONICLE = "Time line"
CHRONICLE_HOW = {"talks": "talks", "changes": "changes of the service"}
EVERYTHING = "All notes"
SEARCH_THESE = "Search these notes"
NOTHING_BY_YEAR = "There is nothing whose year is known."


def said(talks: int) -> str:
    """Return how many talks say so."""
    return f"said in {counted(talks, 'talk')}"


def days(since: str | None, until: str | None) -> str:
    """Return from which year to which something was said."""
    return "–".join(dict.fromkeys(day[:4] for day in (since, until) if day)) or UNDATED


def compared(compared: int, notes: int) -> str:
    """Return how many of the notes on a service its guide tells."""
    return f"Of {counted(notes, 'note')}, the {compared:,} that advise, tell problems or state facts, each thing once."


def chronicle_of(name: str) -> str:
    """Return the title of a time line."""
    return f"{name}: time line"


def on_service(count: int) -> str:
    """Return how many notes are on a service, beside how many were found by its name as a word."""
    return f"{counted(count, 'note')} on this service"


def in_year(year: str, talks: int, changes: int) -> str:
    """Return what a year of a time line has."""
    told = ((talks, "talk"), (changes, "change"))
    return f"{year}: " + ", ".join(counted(count, what) for count, what in told if count)

"""What pages to read say in English: lists, events, services, guides, pictures, lines; and what is taken away."""

from collections.abc import Iterable, Sequence
from datetime import date

from kb.search.facets import UNDATED as NO_YEAR
from webui.texts import shared_en as en
from webui.texts.shared_en import UNDATED, counted

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
ADVICE = "Most like advice"
ALL_BY_ADVICE = "All notes, most like advice first"
SOLVED = "Problems and remedies"
UNSOLVED = "Unsolved problems"
OPEN_PROBLEM = "unsolved"
SOLVED_PROBLEM = "with a remedy"
QUESTIONS = "Questions"
TALKS = "Talks"
CHANGES = "Changed since"
CHANGE_SOURCE = "source"
SERVICE_NOTES = "Search the notes on this service"
NOTHING_NOTED = "There are no notes on this service yet."
BLOCKS = {
    "heading": "heading",
    "bullet": "bullet",
    "numbered": "numbered",
    "paragraph": "paragraph",
    "code": "code",
    "table": "table",
    "quote": "quotation",
    "link": "link",
    "rule": "rule",
    "front-matter": "front matter",
    "blank": "blank",
    "unparsed": "not understood",
}
LINES = "Line by line"
LINES_HOW = "What each line of the file was taken for."
LINE = "Line"
TAKEN_FOR = "Taken for"
TEXT = "Text"
BECAME_TALK = "Talk"
TO_REPORT = "Back to the report"
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
HEAT_MAP = "Services by year"
SHAPE = "Shape of the report"
SHAPE_HOW = "From its beginning on the left to its end. The higher a bar the more notes; it leads there."
TOGETHER = "Named together with"
TOGETHER_HOW = "Named by the same notes. Each leads to the notes that name both."
TIMETABLE = "Timetable"
NO_TRACK = "No track"
_LONGEST = 60  # characters of a note that a mark tells
EXPORT_NAME = "session-notes"
EXPORT_CSV = "CSV"
EXPORT_MARKDOWN = "Markdown"
EXPORT = "Save this result"
COLUMNS = (
    "Note",
    "Kind",
    "Services",
    "Trail",
    "Talk or report",
    "Speakers",
    "Event",
    "Date",
    "File",
    "Line",
    "Address",
)
CITATION = "Quotation"
CITE = "Quote"
CITE_LABEL = "Copy as a quotation"
COPIED = "Copied"
SHEET = "Quotation sheet"
SHEET_CHOSEN = "Chosen notes"
SHEET_ONLY = "Keep the chosen notes only"
SHEET_HOW = "In print there are the quotations with their sources, and nothing else. Choose notes to keep only those."
SHEET_SEARCH = "Open this search"
SHEET_NONE = "There is no note to quote."
CHOOSE = "Choose this note"
PRINT = "Print"
SITE_SEARCH = "Search the notes"
SITE_SEARCH_HOW = (
    "Notes that have every word, the newest first. "
    "Quotes keep words in a row; a minus leaves out the notes that have a word."
)
SITE_SEARCH_AWAY = "This search needs JavaScript and a web server. The lists lead to every note, too."
SITE_SEARCH_MORE = "Show more"
SITE_SEARCH_NARROW = "Narrow down"
SITE_SEARCH_NONE = "Nothing was found. Take away a word or a condition."


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


def mark(kind: str, count: int, first: str) -> str:
    """Return what a mark along a report says: how many notes of a kind, and how the first begins."""
    return f"{kind} {count:,}: {first[:_LONGEST]}"


def timetable(day: str | None) -> str:
    """Return the heading of a timetable, with its day where there are several."""
    return f"{TIMETABLE} {en.day(day)}" if day else TIMETABLE


def sheet_bound(shown: int, total: int) -> str:
    """Return that a sheet shows the first notes of many."""
    return f"These are the first {shown:,} of {total:,} notes. Markdown and CSV have all."


def made_on(day: date) -> str:
    """Return when a site was made, from which ages are counted."""
    return f"These pages were made on {en.day(day.isoformat())}"

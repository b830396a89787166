"""What the pages say of guides, points and time lines."""

from kb.texts.en import UNDATED, counted

GUIDE = "Guide"
WHOLE_GUIDE = "Whole guide, for print"
ADVISED = "Advice"
SAID_TOO = "Notes that say the same"
CONFIRMED = "confirmed by a person"
SAME = "The same"
APART = "Something else"
CONFIRM = "They do say the same"
SPLIT = "Says something else: split"
CONTRADICTIONS = "What seems to contradict each other"
CONTRADICTIONS_HOW = "Which is right is not told: the conditions or the times may differ."
DIFFERS = {"figures": "the figures differ", "denied": "one denies the other", "judged": "they judge otherwise"}
CANDIDATES = "What may say the same"
CANDIDATES_HOW = "Notes of like words or meaning. Those that say the same can be joined to one point."
CORRECT_POINT = "Put a point right"
JOIN_FIELD = "A note that says the same (address or id)"
JOIN = "Join"
ALONE = "No other note says the same."
NO_NOTE_GIVEN = "No note was given. Give the address or id of one."
JOIN_ITSELF = "That is the note itself. Give the address of another one."
CHANGED = "What changed"
CHRONICLE = "Time line"
CHRONICLE_HOW = {"talks": "talks", "points": "points first told", "changes": "changes of the service"}
EVERYTHING = "All notes"
SEARCH_THESE = "Search these notes"
NEW_POINTS = "First told this year"
NOTHING_BY_YEAR = "There is nothing whose year is known."


def said(talks: int) -> str:
    """Return how many independent talks say a point."""
    return f"said in {counted(talks, 'talk')}"


def days(since: str | None, until: str | None) -> str:
    """Return from which year to which a point was said."""
    return "–".join(dict.fromkeys(day[:4] for day in (since, until) if day)) or UNDATED


def compared(compared: int, notes: int) -> str:
    """Return how many of the notes on a service its guide tells."""
    return f"Of {counted(notes, 'note')}, the {compared:,} that advise, tell problems or state facts, as points."


def points(count: int) -> str:
    """Return a number of points with its unit."""
    return counted(count, "point")


def point_in(service: str, notes: int) -> str:
    """Return that a note stands with others as one point in the guide of a service."""
    return f"A point of the guide of {service}, {counted(notes, 'note')}"


def joined(text: str) -> str:
    """Return that a note was told to say the same as others."""
    return f"“{text[:60]}” is joined."


def parted(text: str) -> str:
    """Return that a note was told to say something else."""
    return f"“{text[:60]}” is a point of its own now."


def unknown_note(name: str) -> str:
    """Return that no note has the id or address that was given."""
    return f"There is no note “{name[:60]}”. Paste the address of a note's page."


def chronicle_of(name: str) -> str:
    """Return the title of a time line."""
    return f"{name}: time line"


def in_year(year: str, talks: int, points: int, changes: int) -> str:
    """Return what a year of a time line has."""
    told = ((talks, "talk"), (points, "new point"), (changes, "change"))
    return f"{year}: " + ", ".join(counted(count, what) for count, what in told if count)

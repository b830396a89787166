"""What the page says in English where it is a site of files: of its search, and when it was made."""

from datetime import date

from kb.texts import en

SITE_SEARCH = "Search the notes"
SITE_SEARCH_HOW = (
    "Notes that have every word, the newest first. "
    "Quotes keep words in a row; a minus leaves out the notes that have a word."
)
SITE_SEARCH_AWAY = "This search needs JavaScript and a web server. The lists lead to every note, too."
SITE_SEARCH_MORE = "Show more"
SITE_SEARCH_NARROW = "Narrow down"
SITE_SEARCH_NONE = "Nothing was found. Take away a word or a condition."


def made_on(day: date) -> str:
    """Return when a site was made, from which ages are counted."""
    return f"These pages were made on {en.day(day.isoformat())}"

"""What the page says in English of what is new: what syncs changed, feeds, saved searches."""

from datetime import datetime

from kb.texts.en import counted

UPDATES = "Updates"
UPDATES_HOW = (
    "What was added, went and changed in the last twenty updates of the index. It is kept with the index, "
    "and begins anew where that is made anew."
)
UPDATES_LINK = "Latest updates"
NO_UPDATES = "No update is known yet."
WHAT_DID_IT = "Changed by"
SEE_UPDATE = "What changed"
FEED = "Feed"
FEED_HOW = (
    "New notes, problems that found a remedy, and what has changed since. It tells only what is found to the letter."
)
SAVED = "Saved searches"
SAVED_HOW = (
    "Searches are kept in kb.toml and stand on the start page. New is what came since this browser last opened them."
)
NO_SAVED = "No search is saved. “Save this search” below the results adds one."
SAVE_SEARCH = "Save this search"
SEARCH_NAME = "Name"
SEARCH_ADDRESS = "Address of the search"
SAVE_IT = "Save"
IS_SAVED = "This search is saved"
FORGET = "Remove"
NO_SEARCH = "There is nothing to search for. Save a search with words or filters."
WRONG_NAME = "A name has 1 to {most} characters."
LONG_SEARCH = "This search has too many filters to be saved. Take some off."
TOO_MANY_SEARCHES = "At most {most} searches can be saved. Remove one first."


def moment(at: datetime) -> str:
    """Return when something was, by the clock of the server."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def new(count: int) -> str:
    """Return how much is new in a saved search."""
    return f"{count:,} new"


def name_taken(name: str) -> str:
    """Return why a search cannot be saved."""
    return f"A search is saved as “{name}” already. Choose another name."


def search_saved(name: str) -> str:
    """Return what is said after a search was saved."""
    return f"Saved the search “{name}”."


def search_forgotten(name: str) -> str:
    """Return what is said after a saved search was taken out."""
    return f"Removed the search “{name}”."


def forget(name: str) -> str:
    """Return what the button that takes a saved search out is called."""
    return f"Remove the search “{name}”"


def remedied(problem: str) -> str:
    """Return the title of the entry that tells of a problem's remedy."""
    return f"Remedy: {problem}"


def outdated(statement: str, notes: int) -> str:
    """Return the title of the entry that tells of a change that has overtaken notes."""
    return f"Changed since {statement} ({counted(notes, 'note')})"

"""What the page says in English of what is added, corrected, taken back, updated and saved, and of what is new."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from kb.indexing.outcomes import Added, SyncOutcome
from webui.texts.en.browsing import BLOCKS
from webui.texts.en.labels import MANY_SUMMED, STEPS
from webui.texts.shared_en import KINDS, counted

_MINUTES = 90  # seconds from which on something is told in minutes
UPDATES = "Updates"
UPDATES_HOW = (
    "What was added, went and changed in the last twenty updates of the index. It is kept with the index, "
    "and begins anew where that is made anew."
)
UPDATES_LINK = "Latest updates"
NO_UPDATES = "No update is known yet."
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


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{max(count / 1000, 1):,.0f} kB"


def lines(taken: Mapping[str, int]) -> str:
    """Return how many lines a report has, and for what they were taken."""
    told = ", ".join(f"{BLOCKS[block]} {taken[block]:,}" for block in BLOCKS if taken.get(block))
    return f"{counted(sum(taken.values()), 'line')} ({told})"


def line_range(first: int, last: int) -> str:
    """Return which lines a block takes."""
    return f"{first}" if first == last else f"{first}–{last}"


def tags(count: int) -> str:
    """Return a number of service tags with its unit."""
    return counted(count, "tag")


def replaces(source: str) -> str:
    """Return the notice that a report is there already."""
    return f"This report is there already. Keeping this one replaces {source}, which is kept under another name."


def still_kept(kept: Sequence[str]) -> str:
    """Return under which names what was there before is kept; nothing where nothing was."""
    return f"What was there is kept as {', '.join(kept)}." if kept else ""


def replaces_another(source: str | None) -> str:
    """Return what is said where a report would take the place of another file than was shown, or no more of any."""
    now = f"Keeping this one now replaces {source}." if source else "Keeping this one now adds a new file."
    return f"The library has changed while you looked. {now}"


def changed_since(source: str | None, kept: str | None) -> str:
    """Return why something cannot be changed or taken back; `kept` is where lies what it was to be again."""
    where = f" What it was to be again lies in {kept}." if kept else ""
    return f"{source or 'What was corrected'} has changed since, and stays as it is.{where} Look at it and try again."


def gone_since(source: str, kept: str) -> str:
    """Return why a file cannot be what it was again."""
    return f"{source} cannot be what it was again: {kept} is gone, or holds something else."


def became(added: Added, source: str) -> str:
    """Return what became of a file that was sent; `source` is where it stands in the library."""
    if added.unchanged:
        return f"The same is there already ({source})."
    taken = f"Replaced {source}." if added.replaced else f"Added as {source}."
    return taken if added.report else f"{taken} {counted(added.reports, 'report')}."


def many_taken(taken: int, files: int) -> str:
    """Return how many of many files were taken in."""
    return MANY_SUMMED.format(files=f"{files:,}", taken=f"{taken:,}")


def reports_inside(count: int) -> str:
    """Return how many reports an export or archive holds, nothing of it being kept yet."""
    return f"Nothing is kept yet. There {'is' if count == 1 else 'are'} {counted(count, 'report')} in this file."


def not_shown(count: int) -> str:
    """Return how many more there are of what is listed."""
    return f"{count:,} more, which are not shown here."


def step(name: str, done: int, total: int) -> str:
    """Return how far an update is."""
    return f"{STEPS.get(name, name)} ({done:,}/{total:,})" if total else STEPS.get(name, name)


def time_left(seconds: float) -> str:
    """Return how long something takes yet."""
    return f"About {seconds / 60:.0f} minutes left." if seconds >= _MINUTES else f"About {seconds:.0f} seconds left."


def by_cause(problems: int, causes: int) -> str:
    """Return how much is wrong, and for how many causes."""
    return f"{problems:,}, of {counted(causes, 'cause')}"


def outcome(outcome: SyncOutcome) -> str:
    """Return what an update did."""
    return (
        f"Reports: {outcome.new:,} new, {outcome.changed:,} changed, {outcome.gone:,} gone, "
        f"{outcome.unchanged:,} unchanged. "
        f"{counted(outcome.notes, 'note')} searchable by words in {outcome.seconds:.1f} s."
    )


def wrong_tag(name: str) -> str:
    """Return the text of the button that takes a tag off."""
    return f"Remove {name}"


def tagged(name: str, *, taken_off: bool) -> str:
    """Return what is said after a tag was added or taken off."""
    return f"Removed {name}." if taken_off else f"Added {name}."


def kind_told(kind: str | None) -> str:
    """Return what is said after the kind of a note was changed."""
    return f"Its kind is {KINDS[kind]} now." if kind else "Its kind is automatic again."


def kind_denied(claim: str) -> str:
    """Return what is said after it was told that a note is not of a kind."""
    return f"It is not taken for “{KINDS[claim].lower()}” any more."


def answered(count: int, *, holds: bool) -> str:
    """Return what is said after so many claims were answered at once."""
    return f"{count:,} answered: {'yes' if holds else 'no'}."


def choose(text: str) -> str:
    """Return what the box is called that chooses a claim."""
    return f"Choose: {text}"


def no_answer_to(query: str) -> str:
    """Return what is said after it was told that a note does not answer a search."""
    return f"It is not quoted for “{query}” any more."


def talk_told(title: str, *, is_talk: bool) -> str:
    """Return what is said after it was told whether something is a talk."""
    return f"“{title}” is a talk." if is_talk else f"“{title}” is no talk."


def no_speaker(name: str) -> str:
    """Return what is said after it was told that somebody does not speak in a talk."""
    return f"“{name}” is no speaker of the talk."


def is_no_speaker(name: str) -> str:
    """Return what the button that tells so is called where it is read out."""
    return f"{name} is not a speaker"


def learned(count: int) -> str:
    """Return from how many corrections the kinds of other notes are told."""
    return f"The kinds of other notes are learned from {count:,} corrections, too."


def likely(share: float) -> str:
    """Return how likely a claim is, from 0 to 1."""
    return f"likely by {share:.0%}"


def put_right(title: str) -> str:
    """Return what is said after a report or a talk was put right."""
    return f"Corrected “{title}”."


def removed(title: str) -> str:
    """Return what is said after a report was taken out."""
    return f"Removed “{title}” from the library."


def undone(text: str) -> str:
    """Return what is said after something was taken back; `text` is what was said of it."""
    return f"Undone: {text}"


def unknown_kind(name: str) -> str:
    """Return what is said of a kind that there is not."""
    return f"There is no kind “{name}”."


def unknown_service(name: str) -> str:
    """Return why a tag cannot be added."""
    return f"No service is known as “{name}”."


def left_alone(count: int) -> str:
    """Return that files are taken for no reports."""
    return f"{counted(count, 'file')} there {'is' if count == 1 else 'are'} left alone: READMEs, what kb.toml ignores."


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

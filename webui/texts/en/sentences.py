"""The sentences of the page in English, made of what was found."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from index.engine import Reason
from index.messages import Message
from index.text import folded
from index.urls import url_parts
from kb.pipeline.alignment import Row
from kb.report.model import Why
from webui.texts.en.labels import (
    FILTERS,
    GROUPS,
    IS_ADVICE,
    IS_LABEL,
    NOTICES,
    SPEAKS,
    STANDS_IN,
    STEPS_TAKEN,
    VALUES,
    WHY,
)
from webui.texts.shared_en import category, counted, day, in_words

ERRORS = {
    400: "The request could not be understood.",
    401: "Writing needs a key.",
    403: "What comes from outside of this page is not accepted.",
    404: "There is no such page.",
    405: "This cannot be done at this address.",
    411: "The length of the data (Content-Length) is needed.",
    413: "What was sent is too large.",
    415: "Data of this kind is not accepted.",
    422: "What was sent cannot be used.",
    429: "This cannot be answered right now. Wait a little, then try again.",
    500: "Something went wrong inside. If it does so again, see what kb serve says.",
    503: "The index cannot be read right now. See kb status.",
}
UNKNOWN_NOTE = "The report has no such note any more: it was rewritten or removed. This is the report."
UNKNOWN_ID = "There is nothing called “{id}”."
SEVERAL_REPORTS = "Several reports answer to this address. Choose one of them."


def notes(count: int) -> str:
    """Return a number of notes with its unit."""
    return counted(count, "note")


def tally(count: int) -> str:
    """Return a number of notes where a list of them stands."""
    return f"{count:,}"


def hits(total: int, conditions: list[str]) -> str:
    """Return the one line that tells how many notes were found, and for what."""
    return notes(total) + (f" ({', '.join(conditions)})" if conditions else "")


def unread(parts: Sequence[tuple[str | None, str]]) -> str:
    """Return the notice that parts of an address mean nothing here; one of no key is how many were left out."""
    unknown = ", ".join(f"{GROUPS.get(key, key)} “{value}”" for key, value in parts if key is not None)
    told = [f"Nothing answers to these conditions: {unknown}."] if unknown else []
    told += [f"Too many conditions: the last {int(value):,} were not used." for key, value in parts if key is None]
    return " ".join(told)


def window(first: int, last: int, total: int) -> str:
    """Return which part of the found notes a page shows."""
    return f"{first:,}–{last:,} of {total:,}"


def more(count: int) -> str:
    """Return the text that unfolds the rest of a list."""
    return f"{count:,} more"


def left_out(count: int) -> str:
    """Return what tells that a list of filters has more values than the page lists."""
    return f"{count:,} more are left out; words or other filters bring them up."


def below(count: int) -> str:
    """Return the text that unfolds what stands under a note."""
    return f"{notes(count)} below"


def value(group: str, value: str, label: str) -> str:
    """Return what a value of a group is called."""
    if group == "category":
        return category(value, label)
    return VALUES.get((group, value), label)


def find_value(group: str) -> str:
    """Return the name of the box that looks for a value of a group."""
    return f"Find: {group.lower()}"


def show_results(count: int) -> str:
    """Return the text of the button that closes the filters on a phone."""
    return f"Show {notes(count)}"


def sessions(count: int) -> str:
    """Return a number of talks with its unit."""
    return counted(count, "talk")


def track(name: str) -> str:
    """Return a track in the brackets that people write around it."""
    return f"[{name}]"


def note_taker(number: int) -> str:
    """Return what tells two reports of one talk apart."""
    return f"Record {number}"


def aligned(rows: Sequence[Row]) -> str:
    """Return how many things several takers of a talk noted, and how many each of them alone."""
    told = [[number for number, note in enumerate(row.notes, start=1) if note] for row in rows]
    alone = Counter(numbers[0] for numbers in told if len(numbers) == 1)
    together = f"In common: {notes(len(told) - alone.total())}"
    return "; ".join(
        [together, *(f"{note_taker(number)} alone: {notes(count)}" for number, count in sorted(alone.items()))]
    )


def all_of(label: str, count: int) -> str:
    """Return the text of the link to a whole list, of which the first are shown."""
    return f"{label}: see all {count:,}"


def sure(likely: float) -> str:
    """Return how sure it is that a note is of its kind."""
    return f"{likely:.0%} sure"


def step_taken(name: str, text: str, instead: str) -> str:
    """Return what was done to find more."""
    return STEPS_TAKEN[name].format(text=text, instead=instead)


def notice(name: str, text: Message | str) -> str:
    """Return what of a query could not be taken as typed."""
    return NOTICES[name].format(text=in_words(text))


def why_found(reasons: Sequence[Reason], kind: str) -> Iterator[str]:
    """Yield in words why a note of a kind was found: which words stand where, then what else speaks for it."""
    by_place: dict[tuple[str, ...], list[str]] = {}
    for one in reasons:
        if one.signal == "words" and one.fields:
            as_term = "" if folded(one.term) == folded(one.word) else f" ({one.term})"
            by_place.setdefault(one.fields, []).append(f"“{one.word}”{as_term}")
    for places, words in by_place.items():
        yield f"{', '.join(words)} in {' and '.join(STANDS_IN[place] for place in places)}"
    for one in reasons:
        if one.signal in SPEAKS:
            yield SPEAKS[one.signal]
        elif one.signal == "boost" and (one.points < 0 or kind == "advice"):
            yield IS_LABEL if one.points < 0 else IS_ADVICE


def freed(group: str, count: int) -> str:
    """Return which condition leaves nothing, and what its removal finds."""
    return f"Without the filter “{GROUPS[group]}”: {notes(count)}"


def filters(count: int) -> str:
    """Return the text of the button that opens the filters, with how many are set."""
    return f"{FILTERS} ({count})" if count else FILTERS


def contents(reports: int, talks: int, notes: int) -> str:
    """Return what is in here, in one line."""
    return f"{counted(reports, 'report')}, {counted(talks, 'talk')}, {counted(notes, 'note')}"


def without(count: int) -> str:
    """Return what a chip says of its removal."""
    return f"{count:,} without"


def leave_out(condition: str, count: int) -> str:
    """Return what is found without a condition."""
    return f"Without “{condition}”: {notes(count)}"


def titled(count: int) -> str:
    """Return what stands above the talks that are found by their titles."""
    return f"{counted(count, 'talk')} with the words in the title"


def said_in(found: int, count: int) -> str:
    """Return how many notes of a talk that is found by its title have the words too."""
    return f"{notes(count)}, {found:,} with the words"


def page(number: int) -> str:
    """Return what the link to a page of a list is called."""
    return f"Page {number:,}"


def page_of_service(name: str) -> str:
    """Return the text of the link to the page of a service."""
    return f"Page of {name}"


def more_of_talk(count: int) -> str:
    """Return the text of the link to the other found notes of a talk."""
    return f"{count:,} more of this talk"


def source_line(source: str, line: int) -> str:
    """Return where a note stands in its file."""
    return f"{source}, line {line}"


def why(told: Why) -> str:
    """Return why a note carries a tag."""
    return WHY[told.where].format(words=told.words, line=told.line)


def age(held_on: str | None, today: date) -> str:
    """Return how long ago a date was, no more precisely than it is known; empty if undated."""
    if not held_on:
        return ""
    year, month, day_of_month = (int(part) for part in (held_on + "-00-00").split("-")[:3])
    if not month:
        return f"{counted(today.year - year, 'year')} ago" if year < today.year else "this year"
    months = (today.year - year) * 12 + (today.month - month) - (today.day < day_of_month)
    if months >= 12:  # noqa: PLR2004
        return f"{counted(months // 12, 'year')} ago"
    return f"{counted(months, 'month')} ago" if months > 0 else "this month"


def day_and_age(held_on: str | None, today: date) -> str:
    """Return a date and its age as one text: 2018, 8 years ago."""
    return ", ".join(filter(None, (day(held_on), age(held_on, today))))


def time_of_day(start: str | None, end: str | None) -> str:
    """Return when a talk was given: 11:10–12:00."""
    return "–".join(filter(None, (start, end)))


def host(url: str) -> str:
    """Return an address as short as a reader wants it: its host."""
    parts = url_parts(url)
    return ((parts and parts.hostname) or url).removeprefix("www.")

"""Phrases of the page alone, of numbers, dates and found notes: `wording` in a template. `shared` is `kb.wording`."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from index.engine import Reason
from index.text import folded
from index.urls import url_parts
from kb.pipeline.alignment import Row
from kb.readers.formats import LABELS
from kb.report.dates import HasDays, day_of
from kb.report.model import Why
from kb.search.facets import BY_KEY, UNDATED, keys
from kb.search.results import Relevance
from kb.search.search_box import WORD
from kb.translation import _, marked, ngettext, npgettext, pgettext
from kb.wording import LIKELY, category, event_day, listed, useful

PLACES = {
    "/?q=": marked("Notes"),
    "/reports": marked("Reports"),
    "/events": marked("Events"),
    "/talks": marked("Talks"),
    "/speakers": marked("Speakers"),
    "/years": marked("Years"),
    "/pairs": marked("Problems"),
    "/add": marked("Add"),
}
COLUMNS = {
    "name": marked("Name"),
    "event": marked("Event"),
    "date": marked("Date"),
    "speakers": marked("Speakers"),
    "time": marked("Time"),
    "reports": marked("Reports"),
    "talks": marked("Talks"),
    "notes": marked("Notes"),
}
WHICH_YEAR = marked("The year of the event, else of the post.")
BY_YEARS = {
    "notes": marked("Notes by year"),
    "reports": marked("Reports by year"),
    "events": marked("Events by year"),
    "talks": marked("Talks by year"),
    "speakers": marked("Speakers by year"),
}
BLOCKS = {
    "heading": marked("heading"),
    "bullet": marked("bullet"),
    "numbered": marked("numbered"),
    "paragraph": marked("paragraph"),
    "code": marked("code"),
    "table": marked("table"),
    "quote": marked("quotation"),
    "link": marked("link"),
    "rule": marked("rule"),
    "front-matter": marked("front matter"),
    "blank": marked("blank"),
    "unparsed": marked("not understood"),
}
CHRONICLE = {"talks": marked("talks"), "changes": marked("changes of the service")}
KEYS = {
    marked("/, Ctrl+K, ⌘K"): marked("Go to the search box (if empty, with your recent searches)"),
    marked("j, ↓"): marked("Next note (↓ from the search box too, or once a note has the focus)"),
    marked("k, ↑"): marked("Previous note (↑ once a note has the focus)"),
    marked("Enter"): marked("Open the page of the note"),
    marked("y, n, u"): marked("In To correct: answer yes, answer no, undo the last answer"),
    marked("Esc"): marked("Close suggestions, menus and filters"),
    marked("?"): marked("Show these keys"),
}
MATCHES = {"any": marked("any"), "all": marked("all")}
OF_KIND = {"advice": marked("It is advice"), "problem": marked("It is a problem")}
NOT_OF_KIND = {"advice": marked("Not advice"), "problem": marked("Not a problem")}
WHY_HERE = (
    marked("Unlike grep, it finds other words for the same: short names, kana, slips, similar meanings."),
    marked("Unlike the search of a wiki, it knows which service a note is about, and what has changed since."),
    marked("Unlike a notebook, it shows who said it, when, and in which talk."),
)
WHY_TAGGED = {
    "here": marked("from “{words}” in this note"),
    "above": marked("from the text above: “{words}”, line {line}"),
    "talk": marked("from “{words}” in the title of the talk"),
    "hand": marked("added by hand"),
    "assistant": marked("added by the assistant {words}"),
}
PLACES_OF_WORDS = {
    "text": marked("the note"),
    "trail": marked("the headings above"),
    "talk": marked("the heading of the talk"),
    "services": marked("the name of a service"),
    "attached": marked("the attachment"),
    "below": marked("the notes below"),
}
SIGNALS = {
    "nearness": marked("the words are side by side"),
    "exact": marked("the note has just the words of the search"),
    "likeness": marked("its meaning is near"),
    "around": marked("other notes on the same subject are near in meaning too"),
}


def notes(count: int, likely: int = 0) -> str:
    """Return a number of notes; `likely` of them are only likely of their kind: 14 + 23 notes."""
    if likely:
        return ngettext(
            "{sure:,} + {likely:,} likely note",
            "{sure:,} + {likely:,} likely notes",
            count,
            sure=count - likely,
            likely=likely,
        )
    return ngettext("{count:,} note", "{count:,} notes", count)


def noted(count: int) -> str:
    """Return a number of notes next to numbers of other things."""
    return npgettext("next to other numbers", "{count:,} note", "{count:,} notes", count)


def tally(count: int, likely: int = 0) -> str:
    """Return a number of notes next to their name; `likely` of them are only likely of their kind: 14 + 23."""
    if likely:
        return pgettext("notes", "{sure:,} + {likely:,} likely", sure=count - likely, likely=likely)
    return pgettext("notes", "{count:,}", count=count)


def reports(count: int) -> str:
    """Return a number of reports."""
    return ngettext("{count:,} report", "{count:,} reports", count)


def events(count: int) -> str:
    """Return a number of events."""
    return ngettext("{count:,} event", "{count:,} events", count)


def talks(count: int) -> str:
    """Return a number of talks."""
    return ngettext("{count:,} talk", "{count:,} talks", count)


def speakers(count: int) -> str:
    """Return a number of speakers."""
    return ngettext("{count:,} speaker", "{count:,} speakers", count)


def records(count: int) -> str:
    """Return the number of reports on a talk if there are several."""
    return ngettext("{count:,} record", "{count:,} records", count) if count > 1 else ""


def contents(report_count: int, talk_count: int, note_count: int) -> str:
    """Return what a library holds: reports, talks and notes."""
    in_library = npgettext("of a library", "{count:,} note", "{count:,} notes", note_count)
    return pgettext("between numbers", ", ").join((reports(report_count), talks(talk_count), in_library))


def other(count: int) -> str:
    """Return the text of a link to the rest of a list."""
    return pgettext("link to the rest of a list", "{count:,} more", count=count)


def more(count: int) -> str:
    """Return the text that unfolds the rest of a list."""
    return pgettext("unfolds the rest of a list", "{count:,} more", count=count)


def without(count: int) -> str:
    """Return the number of notes without a condition."""
    return _("{count:,} without", count=count)


def formats() -> str:
    """Return the formats of reports."""
    return listed(_("plain text") if label == "text" else label for label in LABELS)


def unread(parts: Sequence[tuple[str | None, str]]) -> str:
    """Return a sentence with the ignored parts of an address; one without a key counts conditions over the limit."""
    page_facets = keys("page")
    conditions = listed(
        pgettext("condition", "{group} “{value}”", group=facet_label(key) if key in page_facets else key, value=value)
        for key, value in parts
        if key is not None
    )
    sentences = [_("No note fits these conditions: {conditions}.", conditions=conditions)] if conditions else []
    sentences += [
        ngettext(
            "Too many conditions: the last one was not used.",
            "Too many conditions: the last {count:,} were not used.",
            int(value),
        )
        for key, value in parts
        if key is None
    ]
    return pgettext("between sentences", " ").join(sentences)


def with_conditions(numbers: str, conditions: Sequence[str]) -> str:
    """Return the numbers of results and the conditions of the search."""
    return _("{notes} ({conditions})", notes=numbers, conditions=listed(conditions)) if conditions else numbers


def facet_label(key: str) -> str:
    """Return the label of a facet, or of the group of suggested words."""
    return _("Word") if key == WORD else _(BY_KEY[key].label)


def value_name(facet: str, value: str, label: str) -> str:
    """Return the name of a facet's value; `label` is its name in the notes' language."""
    if facet == "category":
        return category(value, label)
    if facet == "year":
        return year(value) if value == UNDATED or value.isdigit() else label
    likely = {marker: LIKELY[kind] for kind, marker in BY_KEY[facet].likely.items()}
    text = BY_KEY[facet].value_labels.get(value) or likely.get(value)
    return label if text is None else _(text)


def year(value: str) -> str:
    """Return a value of the facet of years: a year, or that it is unknown."""
    return _("undated") if value == UNDATED else pgettext("date", "{year}", year=value)


def bar(value: str, count: int, unit: str) -> str:
    """Return the number of notes, reports, events, talks or speakers of a year."""
    units = {"notes": noted, "reports": reports, "events": events, "talks": talks, "speakers": speakers}
    return _("{year}: {number}", year=year(value), number=units[unit](count))


def in_year(value: str, unit: str, count: int) -> str:
    """Return the number of talks or changes of a year on a time line."""
    if unit == "talks":
        return ngettext("{year}: {count:,} talk", "{year}: {count:,} talks", count, year=value)
    return ngettext("{year}: {count:,} change", "{year}: {count:,} changes", count, year=value)


def span(first: str | None, last: str | None) -> str:
    """Return the range of two numbers or times, or the one that is known."""
    return pgettext("range", "{first}–{last}", first=first, last=last) if first and last else first or last or ""


def moment(at: datetime) -> str:
    """Return a moment by the clock of the server."""
    return _("{at:%Y-%m-%d %H:%M}", at=at.astimezone())


def age(held_on: str | None, today: date) -> str:
    """Return the age of a date, no more precise than the date; empty if undated, or in a later month or year."""
    if not held_on or held_on[: len("2018-03")] > today.isoformat():
        return ""
    year, month, day_of_month = (int(part) for part in (held_on + "-00-00").split("-")[:3])
    months = (today.year - year) * 12 + (today.month - month) - (today.day < day_of_month)
    full_years = months // 12 if month else today.year - year
    if full_years > 0:
        return ngettext("{count:,} year ago", "{count:,} years ago", full_years)
    if not month:
        return _("this year")
    if months > 0:
        return ngettext("{count:,} month ago", "{count:,} months ago", months)
    return _("this month") if month == today.month else _("last month")


def day_and_age(one: HasDays, today: date) -> str:
    """Return the day of the event, else of the post, and its age: 2018, 8 years ago."""
    return pgettext("between a date and its age", ", ").join(filter(None, (event_day(one), age(day_of(one), today))))


def track(name: str) -> str:
    """Return a track in the brackets that people write around it."""
    return pgettext("track", "[{name}]", name=name)


def record(number: int) -> str:
    """Return the name of one of several reports on a talk."""
    return _("Record {number}", number=number)


def aligned(rows: Sequence[Row]) -> str:
    """Return the number of notes that several reports on a talk share, and the number that only one has."""
    holders = [[number for number, note in enumerate(row.notes, start=1) if note] for row in rows]
    alone = Counter(numbers[0] for numbers in holders if len(numbers) == 1)
    shares = [
        _("In common: {notes}", notes=notes(len(holders) - alone.total())),
        *(
            _("{record} alone: {notes}", record=record(number), notes=notes(count))
            for number, count in sorted(alone.items())
        ),
    ]
    return pgettext("between shares", "; ").join(shares)


def line_counts(taken: Mapping[str, int]) -> str:
    """Return the number of lines of a report, in all and of each kind of block."""
    blocks = listed(f"{_(label)} {taken[block]:,}" for block, label in BLOCKS.items() if taken.get(block))
    return ngettext("{count:,} line ({blocks})", "{count:,} lines ({blocks})", sum(taken.values()), blocks=blocks)


def notes_read(count: int) -> str:
    """Return that the sentence model has read notes after they were shown."""
    return ngettext("The sentence model has read {count:,} note", "The sentence model has read {count:,} notes", count)


def by_cause(problems: int, causes: int) -> str:
    """Return the number of problems and of their causes."""
    return ngettext("{problems:,}, of {count:,} cause", "{problems:,}, of {count:,} causes", causes, problems=problems)


def why_tagged(why: Why) -> str:
    """Return why a note has a service tag."""
    return _(WHY_TAGGED[why.where], words=why.words, line=why.line)


def why_found(reasons: Sequence[Reason], kind: str, relevance: Relevance | None = None) -> Iterator[str]:
    """Yield why a note of a kind was found: how likely it is useful, which words are where, then its other signals."""
    if relevance:
        yield useful(relevance.useful)
    by_place: dict[tuple[str, ...], list[Reason]] = {}
    for reason in reasons:
        if reason.signal == "words" and reason.fields:
            by_place.setdefault(reason.fields, []).append(reason)
    for fields, found in by_place.items():
        places = pgettext("between places of words", " and ").join(_(PLACES_OF_WORDS[field]) for field in fields)
        yield _("{words} in {places}", words=_words(found), places=places)
    for reason in reasons:
        if reason.signal in SIGNALS:
            yield _(SIGNALS[reason.signal])
        elif reason.signal == "boost" and reason.points < 0:
            yield _("it is only a heading, which comes last")
        elif reason.signal == "boost" and kind == "advice":
            yield _("it is advice, which comes first")


def why_near(reasons: Sequence[Reason]) -> str:
    """Return why notes without all words of a search are shown: the words that they have, else their meaning."""
    words = {reason.word: reason for reason in reversed(reasons) if reason.signal == "words"}
    return _("Words: {words}", words=_words([*words.values()][::-1])) if words else _("Near in meaning")


def _words(reasons: Sequence[Reason]) -> str:
    """Return the words of a search, each with the term that was found for it."""
    words = ""
    for reason in reasons:
        if folded(reason.term) == folded(reason.word):
            word = pgettext("word of a search", "“{word}”", word=reason.word)
        else:
            word = pgettext("word of a search", "“{word}” ({term})", word=reason.word, term=reason.term)
        words = pgettext("words of a search", "{words}, {word}", words=words, word=word) if words else word
    return words


def host(url: str) -> str:
    """Return the host of an address, the shortest name that a reader knows it by."""
    parts = url_parts(url)
    return ((parts and parts.hostname) or url).removeprefix("www.")

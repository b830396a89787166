"""The English words for what notes, tags and searches are, as the page says them; names as in `kb.texts.ja`."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from kb.report.dates import is_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.engine import Coverage, Reason
    from index.messages import Message
    from kb.report.difference import Fate, Item, Sort
    from kb.report.model import Why
    from kb.report.problems import ProblemGroup
    from kb.services import Change, Service

KINDS = {
    "advice": "Advice",
    "problem": "Problem",
    "question": "Question",
    "statement": "Fact or case",
    "impression": "Impression",
    "label": "Heading",
}
VIAS = {"explicit": "explicit", "inherited": "inherited"}
WHY = {
    "here": "{words}",
    "above": "“{words}”, line {line}",
    "talk": "“{words}”, title of the talk",
    "hand": "added by hand",
}
STATES = {"unsolved": "Unsolved", "solved": "With a remedy", "unanswered": "Unanswered", "answered": "Answered"}
STEPS = {
    "keyboard": "searched “{text}” as “{instead}”",
    "sound": "searched “{text}” as “{instead}”",
    "spelling": "searched “{text}” as “{instead}”",
    "function": "searched without “{text}”",
    "parts": "searched parts of “{text}” too",
    "related": "searched words of like meaning to “{text}” too",
}
NOTICES = {
    "cut": "too long: nothing from “{text}” on was used",
    "too many words": "too many words: nothing from “{text}” on was used",
    "too deep": "brackets too deep: some were ignored",
    "unclosed": "“{text}” has no other half and was ignored",
    "as words": "searched “{text}” as plain words",
    "no likeness": "could not search by meaning: {text}",
    "literally": "searched “{text}” as it stands",
}
SIMILAR = "like in meaning"
ANSWERS = "Answers"
NO_ANSWER = "No note was found that surely answers this."
NEAR = "Notes near in meaning"
NO_NOTE_SAYS_IT = "No note has these words."
NOTHING_SIMILAR = "No other report has a note like it"
FIELDS = {"text": "text", "trail": "trail", "talk": "title of the talk", "services": "service", "below": "notes below"}
SIGNALS = {
    "nearness": "words side by side",
    "coverage": "how many of the words",
    "exact": "the whole text",
    "likeness": SIMILAR,
    "around": "notes around are like it",
    "length": "the length of the note",
    "boost": "kind",
}
GUIDE_PARTS = {
    "advice": "Advice",
    "solved": "Problems with a remedy",
    "unsolved": "Open problems",
    "cases": "Facts and cases",
}
GUIDE_CHANGES = "What has changed"
REMEDY = "Remedy"
TALK = "Talk"
NO_EVENT = "event unknown"
UNDATED = "undated"
SAMPLES_SHOWN = "Showing samples"
_BECAME = {
    "announced": "announced",
    "no_new_customers": "closed to new customers",
    "reopened": "open to new customers again",
    "closed": "ended",
}
COMPARED = {
    "report": "reports",
    "note": "notes",
    "tag": "tags",
    "kind": "kinds",
    "pair": "problems and remedies",
    "mark": "changes since",
}
FATES = {"came": "added", "went": "gone", "changed": "changed"}
CHANGED = {
    "id": "address",
    "title": "title",
    "event": "event",
    "held_on": "date",
    "published": "day of the post",
    "url": "original post",
    "source": "file",
    "talks": "talks",
    "text": "text",
    "trail": "trail",
    "talk": "talk",
    "attached": "tables and code",
}
PAIRS = {"remedy_of": "Remedy", "answers": "Answer"}
NOTHING_DIFFERS = "Nothing differs"
FIRST_SYNC = "The index was made for the first time"
_CATEGORIES = {
    "ai": "AI and machine learning",
    "business": "Business applications",
    "cost": "Cost management",
    "customer": "Support and training",
    "end-user": "End-user computing",
    "frontend": "Frontend and mobile",
    "frontier": "Quantum, satellites, robots",
    "games": "Games and 3D",
    "integration": "Application integration",
    "iot": "IoT",
    "management": "Management and governance",
    "migration": "Migration and transfer",
    "networking": "Networking and content delivery",
    "security": "Security and identity",
}
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


def counted(count: int, noun: str) -> str:
    """Return a number of things: 1 note, 2 notes."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def day(held_on: str | None) -> str:
    """Return a date of any precision as people write it: 2018, March 2018, 10 March 2018."""
    if not held_on:
        return UNDATED
    if not is_date(held_on):  # an index may hold what is none
        return held_on
    year, *rest = held_on.split("-")
    month = [_MONTHS[int(rest[0]) - 1]] if rest else []
    return " ".join([*(str(int(part)) for part in rest[1:]), *month, year])


def on(name: str, held_on: str | None) -> str:
    """Return what something is called and its day."""
    return f"{name} ({day(held_on)})" if name else day(held_on)


def listed(names: Iterable[str | None]) -> str:
    """Return those names in a row that are known."""
    return ", ".join(filter(None, names))


def since(change: "Change") -> str:
    """Return what holds since a change: October 2018: up to 15 minutes; in Japanese where no English is known."""
    return f"{day(change.changed_on[:7])}: {change.english}" if change.english else change.statement


def changed(statement: str) -> str:
    """Return what has changed since a note."""
    return f"Changed since {statement}"


def category(slug: str, label: str) -> str:  # noqa: ARG001 (which is Japanese)
    """Return what a category is called, by its slug: a catalogue labels it in Japanese."""
    return _CATEGORIES.get(slug, slug.replace("-", " ").capitalize())


def learned(sort: str, count: int) -> str:
    """Return of how many corrections of a sort is learned: 12 advice, 12 no problem."""
    *no, kind = sort.split(" ", 1)
    return f"{count} {' '.join([*no, ' nor '.join(KINDS[one].lower() for one in kind.split())])}"


def history(service: "Service", name: Callable[[str], str]) -> str:
    """Return what became of a service: its former names, what it came from, its stages, its heir."""
    past = [f"formerly {former.name} (until {day(former.until)})" for former in service.former]
    if service.split_from:
        past.append(f"was a part of {name(service.split_from)}")
    past += [f"{_BECAME[stage.what]} {day(stage.on)}" for stage in service.stages]
    if service.superseded_by:
        past.append(f"followed by {name(service.superseded_by)}")
    return ", ".join(past)


def in_words(sentence: "Message | str") -> str:
    """Return what an error says, or what is wrong with a file; a text stays as it is."""
    return str(sentence)


def in_files(group: "ProblemGroup") -> str:
    """Return how often and where something is wrong: ×52 in 14 files: a.rst:3, b.rst:7, c.rst:1 and 11 more."""
    left = group.files - len(group.places)
    listed = ", ".join(group.places) + (f" and {left:,} more" if left else "")
    return f"×{len(group.problems):,} in {counted(group.files, 'file')}: {listed}"


def coverage(coverage: "Coverage | None") -> str:
    """Return how many notes can be found by likeness."""
    if coverage is None:
        return "Search by meaning: none (words alone)"
    return f"Search by meaning: {coverage.embedded:,} of {counted(coverage.documents, 'note')}"


def why(why: "Why") -> str:
    """Return why a note bears a service: the words that name it, and where they stand if not in the note."""
    return WHY[why.where].format(words=why.words, line=why.line)


def reason(reason: "Reason") -> str:
    """Return which word of a query was found where, or what else helped, and how much it counted."""
    as_term = f" → “{reason.term}”" if reason.term != reason.word else ""
    places = ", ".join(FIELDS.get(field, field) for field in reason.fields)
    if reason.signal == "words":
        found = f"Word: {reason.word}{as_term} ({places})"
    elif reason.cosine is not None:
        found = f"{SIGNALS[reason.signal]}: {reason.cosine:.2f}"
    else:
        found = SIGNALS[reason.signal]
    return f"{found} {reason.points:.2f}"


def said(talks: int, since: str | None, until: str | None, speakers: Iterable[str]) -> str:
    """Return how many talks say so, from when to when, and who: said in 3 talks · 2018–2024.

    That only one does is not said of each.
    """
    days = "–".join(dict.fromkeys(day[:4] for day in (since, until) if day))
    many = f"said in {talks} talks" if talks > 1 else ""
    return " · ".join(filter(None, (many, days or UNDATED, ", ".join(speakers))))


def compared(compared: int, notes: int) -> str:
    """Return how many of the notes on a service its guide tells."""
    return f"of {notes:,} notes, the {compared:,} that advise, tell problems or state facts; the same is told once"


def same(words: float | None, cosine: float | None) -> str:
    """Return how alike notes are that say the same."""
    shares = [("words", words), ("meaning", cosine)]
    return " · ".join(f"{name} {share:.2f}" for name, share in shares if share is not None)


def meant(instead: str, count: int) -> str:
    """Return what may be meant instead of a word of the query."""
    return f"Did you mean “{instead}”? ({counted(count, 'note')})"


def alone(word: str, count: int) -> str:
    """Return how many notes a word of the query finds by itself: those that have it, or are about what it names."""
    return f"“{word}” alone: {counted(count, 'note')}"


def without(condition: str, count: int) -> str:
    """Return how many notes there would be without a condition of the query."""
    return f"Without “{condition}”: {counted(count, 'note')}"


def similar(cosine: float, services: Iterable[str]) -> str:
    """Return in what a note is like another."""
    return " · ".join([*(f"same service: {name}" for name in services), f"{SIMILAR}: {cosine:.2f}"])


def counts(counts: "Mapping[Sort, Mapping[Fate, int]]") -> str:
    """Return how much came, went and changed: reports 1 changed · tags 2 added, 1 changed."""
    by_fate = (", ".join(f"{count:,} {FATES[fate]}" for fate, count in every.items()) for every in counts.values())
    return " · ".join(f"{COMPARED[sort]} {one}" for sort, one in zip(counts, by_fate, strict=True))


def item(item: "Item", name: str) -> str:
    """Return what came, went or changed of a note, beside its text; `name` is what the service or change is called."""
    match item.sort:
        case "tag":
            vias = " → ".join(VIAS[via] for via in (item.before, item.after) if via)
            return f"{name} ({vias})"
        case "kind":
            return f"{KINDS[item.before]} → {KINDS[item.after]}"
        case "pair":
            return PAIRS[item.value]
        case "mark":
            return name
        case _:
            return CHANGED.get(item.value, "")


def left_out(count: int) -> str:
    """Return how much more there is than is listed."""
    return f"{count:,} more"

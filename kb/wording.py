"""Labels and phrases that page, terminal and programs share: kinds, dates, reasons, differences between two syncs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.report.dates import HasDays, is_date
from kb.translation import NOTES, _, language, marked, ngettext, npgettext, pgettext, translate

if TYPE_CHECKING:
    from index.engine import Coverage, Reason
    from index.query import Step
    from index.query_ast import Notice
    from kb.report.difference import Fate, Item, ItemSort
    from kb.report.model import Note, Why
    from kb.report.problems import ProblemGroup
    from kb.services import Change, Service

# The tables hold English texts, which are translated where they are shown.
KINDS: Mapping[str, str] = {
    "advice": marked("Advice"),
    "problem": marked("Problem"),
    "question": marked("Question"),
    "statement": marked("Fact or case"),
    "impression": marked("Impression"),
    "label": marked("Heading"),
}
LIKELY: Mapping[str, str] = {"advice": marked("Likely advice"), "problem": marked("Likely a problem")}
VIAS = {"explicit": marked("explicit"), "inherited": marked("inherited")}
STATES = {
    "unsolved": marked("No remedy noted"),
    "solved": marked("With a remedy"),
    "unanswered": marked("Unanswered"),
    "answered": marked("Answered"),
}
COMPARED = {
    "report": marked("reports"),
    "note": marked("notes"),
    "tag": marked("tags"),
    "kind": marked("kinds"),
    "pair": marked("problems and remedies"),
    "mark": marked("changes since"),
}
FATES = {"came": marked("added"), "went": marked("gone"), "changed": marked("changed")}
CHANGED = {
    "id": marked("address"),
    "title": marked("title"),
    "event": marked("event"),
    "held_on": marked("date"),
    "published": marked("day of the post"),
    "url": marked("original post"),
    "source": marked("source file"),
    "talks": marked("talks"),
    "text": marked("text"),
    "trail": marked("trail"),
    "talk": marked("talk"),
    "attached": marked("tables and code"),
}
GUIDE_PARTS = {
    "advice": marked("Advice"),
    "solved": marked("Problems with a remedy"),
    "unsolved": marked("Problems without a noted remedy"),
    "cases": marked("Facts and cases"),
}
STEPS = {
    "keyboard": marked("searched “{text}” as “{instead}”"),
    "sound": marked("searched “{text}” as “{instead}”"),
    "spelling": marked("searched “{text}” as “{instead}”"),
    "function": marked("searched without “{text}”"),
    "parts": marked("searched parts of “{text}” too"),
    "related": marked("searched words similar in meaning to “{text}” too"),
}
NOTICES = {
    "cut": marked("too long: nothing from “{text}” on was used"),
    "too many words": marked("too many words: nothing from “{text}” on was used"),
    "too deep": marked("brackets too deep: some were ignored"),
    "unclosed": marked("“{text}” is unmatched and was ignored"),
    "as words": marked("searched “{text}” as plain words"),
    "no likeness": marked("could not search by meaning: {text}"),
    "literally": marked("searched “{text}” literally"),
}
PAIRS = {"remedy_of": marked("Remedy"), "answers": marked("Answer")}
STAGES = {
    "announced": marked("announced {day}"),
    "no_new_customers": marked("closed to new customers {day}"),
    "reopened": marked("open to new customers again {day}"),
    "closed": marked("ended {day}"),
}
FIELDS = {
    "text": marked("text"),
    "trail": marked("trail"),
    "talk": marked("heading of the talk"),
    "services": marked("service"),
    "attached": marked("tables and code"),
    "below": marked("notes below"),
}
SIGNALS = {
    "nearness": marked("words side by side"),
    "coverage": marked("how many of the words"),
    "exact": marked("the whole text"),
    "likeness": marked("similar in meaning"),
    "around": marked("notes around are similar"),
    "length": marked("the length of the note"),
    "boost": marked("kind"),
}
CATEGORIES = {
    "ai": marked("AI and machine learning"),
    "analytics": marked("Analytics"),
    "blockchain": marked("Blockchain"),
    "business": marked("Business applications"),
    "compute": marked("Compute"),
    "containers": marked("Containers"),
    "cost": marked("Cost management"),
    "customer": marked("Support and training"),
    "database": marked("Database"),
    "developer-tools": marked("Developer tools"),
    "end-user": marked("End-user computing"),
    "frontend": marked("Frontend and mobile"),
    "frontier": marked("Quantum, satellites, robots"),
    "games": marked("Games and 3D"),
    "integration": marked("Application integration"),
    "iot": marked("IoT"),
    "management": marked("Management and governance"),
    "media": marked("Media"),
    "migration": marked("Migration and transfer"),
    "networking": marked("Networking and content delivery"),
    "security": marked("Security and identity"),
    "storage": marked("Storage"),
}
# Of 250 pairs of notes of the samples, those above .7 say the same, and those below .4 mostly differ.
SIMILAR = 0.4
_DEGREES = ((0.7, marked("the same")), (SIMILAR, marked("similar")), (-1, marked("hardly similar")))
_MONTHS = (
    *(marked("January"), marked("February"), marked("March"), marked("April"), marked("May"), marked("June")),
    *(marked("July"), marked("August"), marked("September"), marked("October"), marked("November")),
    marked("December"),
)


@dataclass(frozen=True, slots=True)
class _Day:
    """A date as an argument of a message: people's form of it, or `{day.iso}`."""

    iso: str

    def __str__(self) -> str:
        return day(self.iso)


def strengths(count: int, likely: int) -> str:
    """Return a number of notes, some of which are only likely of their kind: 14 + 23."""
    return _("{sure:,} + {likely:,}", sure=count - likely, likely=likely) if likely else f"{count:,}"


def note_count(count: int, likely: int = 0) -> str:
    """Return a number of notes, some of which are only likely of their kind: 14 + 23 notes."""
    return ngettext("{strengths} note", "{strengths} notes", count, strengths=strengths(count, likely))


def found(total: int, near: int, talks: int, likely: int = 0) -> str:
    """Return the numbers of notes with the words of a search and of near notes, or that no note was found.

    Without a note with the words, the talks with the words in their titles are counted, too.
    """
    talks = 0 if total else talks
    if not (total or near or talks):
        return _("No note on this was found")
    if not (near or talks):
        return note_count(total, likely)
    number = strengths(total, likely)
    parts = [ngettext("{number} note with the words", "{number} notes with the words", total, number=number)]
    parts += [_("{count:,} near in meaning", count=near)] if near else []
    parts += [npgettext("next to other numbers", "{count:,} talk", "{count:,} talks", talks)] if talks else []
    return pgettext("between numbers", ", ").join(parts)


def kind(note: "Note") -> str:
    """Return the kind of a note, and what it likely is besides."""
    return listed((_(KINDS[note.kind]), _(LIKELY[note.likely]) if note.likely else None))


def day(date: str | None) -> str:
    """Return a date of any precision in people's form: 2018, March 2018, 10 March 2018."""
    if not date:
        return _("undated")
    if not is_date(date):  # an index may hold an invalid one
        return date
    year, month, day_of_month = (int(part) for part in f"{date}-0-0".split("-")[:3])
    if not month:
        return pgettext("date", "{year}", year=year)
    name = _(_MONTHS[month - 1])
    if not day_of_month:
        return pgettext("date", "{month} {year}", year=year, month=name)
    return pgettext("date", "{day} {month} {year}", year=year, month=name, day=day_of_month)


def event_day(one: HasDays) -> str:
    """Return the day of the event in people's form; if it is unknown, the month of the post, marked as such."""
    if one.published and not one.held_on:
        return _("published {month}", month=day(one.published[:7]))
    return day(one.held_on)


def iso_day(one: HasDays) -> str:
    """Return the day of the event in the stored form; if it is unknown, the month of the post, marked as such."""
    if one.published and not one.held_on:
        return _("published {month}", month=one.published[:7])
    return one.held_on or _("undated")


def dated(name: str, one: HasDays) -> str:
    """Return a name and the day of the event, else of the post."""
    return _("{name} ({day})", name=name, day=event_day(one)) if name else event_day(one)


def listed(names: Iterable[str | None]) -> str:
    """Return names in a row, those that are known."""
    return pgettext("between names", ", ").join(filter(None, names))


def years(since: str | None, until: str | None, published: str | None) -> str:
    """Return the range of years between two days of events, or the year of a post, marked, if these are unknown."""
    if published and not since:
        return _("published {month}", month=published[:4])
    return "–".join(dict.fromkeys(date[:4] for date in (since, until) if date)) or _("undated")


def since(change: "Change") -> str:
    """Return the month and text of a dated change; without an English text, in the notes' language."""
    if language() == NOTES or not change.english:
        return change.statement
    return f"{day(change.changed_on[:7])}: {change.english}"


def changed_since(statement: str) -> str:
    """Return that something has changed since a note was taken."""
    return _("Changed since {statement}", statement=statement)


def category(slug: str, label: str) -> str:
    """Return the name of a category: its label in the notes' language, else by its slug."""
    return label if language() == NOTES else _(CATEGORIES.get(slug, slug.replace("-", " ").capitalize()))


def history(service: "Service", name: Callable[[str], str]) -> str:
    """Return a service's former names, origin, stages and successor; `name` names a service by its slug."""
    past = [_("formerly {name} (until {day})", name=former.name, day=_Day(former.until)) for former in service.former]
    if service.split_from:
        past.append(_("was a part of {name}", name=name(service.split_from)))
    past += [_(STAGES[stage.what], day=_Day(stage.on)) for stage in service.stages]
    if service.superseded_by:
        past.append(_("followed by {name}", name=name(service.superseded_by)))
    return listed(past)


def learned(sort: str, count: int) -> str:
    """Return how many notes of one type the lesson learned from: 12 advice, 12 no problem, 90 read by assistants."""
    if sort == "read":
        return _("{count} read by assistants", count=count)
    *no, kinds = sort.split(" ", 1)
    names = pgettext("between kinds", " nor ").join(_(KINDS[kind]).lower() for kind in kinds.split())
    return _(marked("{count} no {kinds}") if no else marked("{count} {kinds}"), count=count, kinds=names)


def in_files(group: "ProblemGroup") -> str:
    """Return how often a problem occurs, and where: ×52 in 14 files: a.rst:3, b.rst:7, c.rst:1 and 11 more."""
    places, left = listed(group.places), group.files - len(group.places)
    if left:
        places = _("{places} and {count:,} more", places=places, count=left)
    return ngettext(
        "×{problems:,} in {count:,} file: {places}",
        "×{problems:,} in {count:,} files: {places}",
        group.files,
        problems=len(group.problems),
        places=places,
    )


def coverage(coverage: "Coverage | None") -> str:
    """Return the number of notes that a search by meaning can find."""
    if coverage is None:
        return _("Search by meaning: none (words alone)")
    return ngettext(
        "Search by meaning: {embedded:,} of {count:,} note",
        "Search by meaning: {embedded:,} of {count:,} notes",
        coverage.documents,
        embedded=coverage.embedded,
    )


def why(why: "Why") -> str:
    """Return the reason for a service tag: the words that name the service, and their place outside of the note."""
    match why.where:
        case "here":
            return why.words
        case "above":
            return _("“{words}”, line {line}", words=why.words, line=why.line)
        case "talk":
            return _("“{words}”, title of the talk", words=why.words)
        case "hand":
            return _("added by hand")
        case "assistant":
            return _("added by the assistant {words}", words=why.words)


def step(step: "Step") -> str:
    """Return a relaxation step that a search took."""
    return _(STEPS[step.name], text=step.text, instead=step.instead)


def notice(notice: "Notice") -> str:
    """Return a notice about a part of the query that was changed or ignored."""
    return _(NOTICES[notice.name], text=translate(notice.text))


def reason(reason: "Reason") -> str:
    """Return a word of a query and where it was found, or another signal, with the points that it adds."""
    fields = pgettext("between fields", ", ").join(_(FIELDS[field]) for field in reason.fields)
    if reason.signal != "words":
        found = _(SIGNALS[reason.signal])
        if reason.cosine is not None:
            found = f"{found}: {reason.cosine:.2f}"
    elif reason.term == reason.word:
        found = _("Word: {word} ({fields})", word=reason.word, fields=fields)
    else:
        found = _("Word: {word} → “{term}” ({fields})", word=reason.word, term=reason.term, fields=fields)
    return pgettext("points", "{reason} {points:.2f}", reason=found, points=reason.points)


def useful(chance: float) -> str:
    """Return how likely a note is useful, which decides the order of the first notes."""
    return _("Likely useful: {share:.0%}", share=chance)


def said(talks: int, years: str, speakers: Iterable[str]) -> str:
    """Return the number of talks with a statement (if several), their years and their speakers."""
    facts = (said_in(talks) if talks > 1 else "", years, listed(speakers))
    return pgettext("between facts", " · ").join(filter(None, facts))


def said_in(talks: int) -> str:
    """Return the number of talks that say so."""
    return ngettext("said in {count:,} talk", "said in {count:,} talks", talks)


def compared(compared: int, notes: int) -> str:
    """Return the number of notes on a service, and of those that its guide compares."""
    return ngettext(
        "Of {count:,} note, the {compared:,} with advice, problems or facts; each is listed once.",
        "Of {count:,} notes, the {compared:,} with advice, problems or facts; each is listed once.",
        notes,
        compared=compared,
    )


def same(words: float | None, cosine: float | None) -> str:
    """Return the similarity of aligned notes, by words and by meaning."""
    shares = (marked("words: {degree}"), words), (marked("meaning: {degree}"), cosine)
    facts = (_(text, degree=_degree(share)) for text, share in shares if share is not None)
    return pgettext("between facts", " · ").join(facts)


def meant(instead: str, count: int) -> str:
    """Return a correction of a word of the query, and the number of notes that it finds."""
    return ngettext(
        "Did you mean “{instead}”? ({count:,} note)",
        "Did you mean “{instead}”? ({count:,} notes)",
        count,
        instead=instead,
    )


def alone(word: str, count: int) -> str:
    """Return the number of notes that a word of the query finds by itself."""
    return ngettext("“{word}” alone: {count:,} note", "“{word}” alone: {count:,} notes", count, word=word)


def without(condition: str, count: int) -> str:
    """Return the number of notes that a query finds without one of its conditions."""
    return ngettext(
        "Without “{condition}”: {count:,} note", "Without “{condition}”: {count:,} notes", count, condition=condition
    )


def similar(cosine: float, services: Iterable[str]) -> str:
    """Return the services that two notes share, and how similar their meanings are."""
    shared = (_("same service: {name}", name=name) for name in services)
    meaning = [_("meaning: {degree}", degree=_degree(cosine))] if cosine >= SIMILAR else []
    return pgettext("between facts", " · ").join([*shared, *meaning])


def _degree(similarity: float) -> str:
    """Return a similarity of two notes (up to 1) in words."""
    return next(_(text) for least, text in _DEGREES if similarity >= least)


def counts(counts: "Mapping[ItemSort, Mapping[Fate, int]]") -> str:
    """Return how much came, went and changed: reports 1 changed · tags 2 added, 1 changed."""
    parts = []
    for sort, by_fate in counts.items():
        fates = (pgettext("fate", "{count:,} {fate}", count=n, fate=_(FATES[fate])) for fate, n in by_fate.items())
        parts.append(f"{_(COMPARED[sort])} {listed(fates)}")
    return " · ".join(parts)


def classified_by(reader: str, read: int, notes: int) -> str:
    """Return how many notes the sentence model `reader` has read, or that there is none and words alone decide."""
    if not reader:
        return _("Kinds by words alone")
    return _("Kinds by the sentence model: {read:,} of {notes:,} notes", read=read, notes=notes)


def item(item: "Item", name: str) -> str:
    """Return the changed property of a note; `name` is the name of a tag's service or of a dated change."""
    match item.sort:
        case "tag":
            vias = _change(*(_(VIAS[via]) for via in (item.before, item.after) if via))
            return _("{name} ({vias})", name=name, vias=vias)
        case "kind":
            return _change(_(KINDS[item.before]), _(KINDS[item.after]))
        case "pair":
            return _(PAIRS[item.value])
        case "mark":
            return name
        case _:
            return _(CHANGED[item.value]) if item.value in CHANGED else ""


def _change(before: str, after: str | None = None) -> str:
    return pgettext("change", "{before} → {after}", before=before, after=after) if after else before


def left_out(count: int) -> str:
    """Return the number of items that a list leaves out."""
    return pgettext("at the end of a list", "{count:,} more", count=count)

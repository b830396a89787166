"""How answers look in a terminal: plain lines that also read well in a pipe."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from kb.cli.language import _, ngettext, spoken, texts

if TYPE_CHECKING:
    from kb.kinds.pairs import Pair
    from kb.library.contents import ReportEntry
    from kb.pipeline.aligning import Row
    from kb.report.model import Note, Talk
    from kb.search.answers import Answer, Found, ServiceCount, SimilarNotes
    from kb.search.searching import Searcher
    from kb.search.ways_out import Unknown, WayOut
    from kb.services import Catalogue, Change, Domain

MOST_TALKS = 5  # that are listed of those found by their titles
MOST_LISTED = 30  # values that an error lists
LONGEST = 200  # characters of a note that are shown of a hit; `kb show` shows it whole


def notes_counted(count: int) -> str:
    """Return a number of notes."""
    return ngettext("{count} note", "{count} notes", count).format(count=count)


def talk_line(talk: "Talk") -> str:
    """Return a talk's track, times and title on one line."""
    track = f"【{talk.track}】" if talk.track else ""
    times = "~".join(time for time in (talk.start, talk.end) if time)
    return f"{track}{times}{' ' if times else ''}{talk.title}"


def event_line(event: str | None, held_on: str | None) -> str:
    """Return an event and its date as far as they are known."""
    return f"{event or texts.NO_EVENT} ({held_on or texts.UNDATED})"


def marked(text: str, marks: tuple[tuple[int, int], ...]) -> str:
    """Return a text with ranges in bold (plain where the output is no terminal)."""
    parts, end = [], 0
    for begin, stop in marks:
        parts += [text[end:begin], click.style(text[begin:stop], bold=True)]
        end = stop
    return "".join([*parts, text[end:]])


def passage(text: str, marks: tuple[tuple[int, int], ...]) -> str:
    """Return a text with ranges in bold; of a long one the passage around the first of them."""
    from index.highlight import snippet

    begin, end = snippet(text, marks, LONGEST)
    inside = tuple((b - begin, e - begin) for b, e in marks if begin <= b and e <= end)
    before, after = "…" if begin else "", "…" if end < len(text) else ""
    return before + marked(text[begin:end], inside) + after


def place_line(note: "Note") -> str:
    """Return the event and the talk, or else the report, that a note stands in."""
    return click.style(f"{event_line(note.event, note.held_on)} {place_name(note)}", dim=True)


def place_name(note: "Note") -> str:
    """Return on one line the talk of a note, with its track and times, or the title of its report outside of talks."""
    return talk_line(note.talk) if note.talk else note.report_title


def change_told(change: "Change") -> str:
    """Return what has changed, and where that can be read."""
    told = texts.since(change)
    return f"{told} ({change.source})" if change.source else told


def hit_lines(found: "Found", domain: "Domain", *, explain: bool) -> Iterator[str]:
    """Yield the lines of one hit: what it stands under, the note, what it is about, its id."""
    note = found.note
    if note.trail:
        yield click.style("  " + " > ".join(crumb.text for crumb in note.trail), dim=True)
    yield f"  • {passage(note.text, found.marks)}"
    tags = [texts.KINDS[note.kind]]
    tags += [
        domain.catalogue.name(m.service) + (f" ← {texts.why(m.why)}" if m.via == "inherited" else "")
        for m in note.services
    ]
    yield click.style(f"    {' · '.join(tags)}", fg="cyan")
    yield from overtaken_lines(found, domain)
    for reason in found.told_reasons if explain else ():
        yield click.style(f"    {texts.reason(reason)}", dim=True)
    yield click.style(f"    {note.id}  {note.source}:{note.line}", dim=True)


def overtaken_lines(found: "Found", domain: "Domain") -> Iterator[str]:
    """Yield what has changed since a note was taken."""
    for change in filter(None, map(domain.change, found.overtaken)):
        yield click.style(f"    {texts.changed(change_told(change))}", fg="yellow")


def similar_lines(alike: "SimilarNotes", catalogue: "Catalogue") -> Iterator[str]:
    """Yield the lines of a note that is like another: where it stands, the note, what is alike."""
    note = alike.note
    yield place_line(note)
    yield f"  • {passage(note.text, ())}"
    yield click.style(f"    {texts.similar(alike.cosine, map(catalogue.name, alike.services))}", fg="cyan")
    yield click.style(f"    {note.id}  {note.source}:{note.line}", dim=True)


def found_lines(every: "Iterable[Found]", domain: "Domain", *, explain: bool) -> Iterator[str]:
    """Yield the hits under what they stand in, that of the best one first."""
    from kb.search.facets import place

    by_place: dict[str, list[Found]] = {}
    for found in every:
        by_place.setdefault(place(found.note), []).append(found)
    for hits in by_place.values():
        yield place_line(hits[0].note)
        for found in hits:
            yield from hit_lines(found, domain, explain=explain)
        yield ""


def row_lines(row: "Row") -> Iterator[str]:
    """Yield what takers of a talk noted of one thing, each behind the number of its report; how alike where several."""
    numbered = [(number, note) for number, note in enumerate(row.notes, start=1) if note]
    for number, note in numbered:
        yield f"{number}  • {note.text}"
    if len(numbered) > 1:
        yield click.style(f"     = {texts.same(row.words, row.similarity)}", fg="cyan")


def quote_lines(answer: "Answer", quoted: "Sequence[Found]", text: str, domain: "Domain") -> Iterator[str]:
    """Yield what surely answers a search, each with where and when it was said; of a question, that nothing does."""
    from kb.search.answering import is_question

    if quoted:
        yield click.style(texts.ANSWERS, bold=True)
    elif answer.near and is_question(text):
        yield click.style(texts.NO_ANSWER, fg="yellow")
    for found in quoted:
        note = found.note
        speakers = texts.listed(note.talk.speakers) if note.talk else ""
        yield f"  「{passage(note.text, found.marks)}」"
        yield f"    {place_line(note)} {speakers}".rstrip()
        yield from overtaken_lines(found, domain)
    if quoted:
        yield ""


def answer_lines(
    answer: "Answer",
    quoted: "Sequence[Found]",
    domain: "Domain",
    text: str,
    *,
    explain: bool,
    ends: "Iterable[str]" = (),
) -> Iterator[str]:
    """Yield what a search for a text found, why where that is asked for, what it did for that; `ends`, and the sum."""
    for step in answer.steps:
        told = texts.STEPS[step.name].format(text=step.text, instead=step.instead)
        yield click.style(told + _(" (--exact refuses it)"), fg="yellow")
    for notice in answer.notices:
        yield click.style(texts.NOTICES[notice.name].format(text=notice.text), fg="yellow")
    for other in answer.meant:
        yield click.style(texts.meant(other.meant, other.count), fg="yellow")
    yield from quote_lines(answer, quoted, text, domain)
    yield from found_lines(answer.found, domain, explain=explain)
    if answer.near:
        told = texts.NEAR if answer.total else f"{texts.NO_NOTE_SAYS_IT} {texts.NEAR}"
        yield click.style(f"── {told} ──", fg="yellow")
        yield from found_lines(answer.near, domain, explain=explain)
    for one in answer.talks[:MOST_TALKS]:
        yield f"{texts.TALK}: {talk_line(one.talk)}  {event_line(one.event, one.held_on)}  {notes_counted(one.notes)}"
        yield click.style(f"    {one.talk.id}", dim=True)
    if answer.titled > MOST_TALKS:
        yield f"{texts.TALK}: {texts.left_out(answer.titled - MOST_TALKS)}"
    yield from ends
    shown = len(answer.found)
    more = _(" (the first {shown} are shown; --limit shows more)").format(shown=shown) if shown < answer.total else ""
    yield notes_counted(answer.total) + more


def part_lines(answer: "Answer", *, narrowed: bool) -> Iterator[str]:
    """Yield, where little is found, what each part of a search has to do with that; `narrowed` by values of facets."""
    counts = [*(word.count for word in answer.words), *(condition.count for condition in answer.conditions)]
    if not answer.total or (len(counts) > 1 and any(counts)):
        none = _("None of these notes has “{word}”") if narrowed else _("No note has “{word}”")
        for word in answer.words:
            yield texts.alone(word.word, word.count) if word.count else none.format(word=word.word)
        yield from (texts.without(condition.condition, condition.count) for condition in answer.conditions)


def way_out_lines(searcher: "Searcher", unknown: "Iterable[Unknown]", ways_out: "Iterable[WayOut]") -> Iterator[str]:
    """Yield, where nothing is found, which condition no note meets, and what finds something."""
    for one in unknown:
        told = _("No note has the {facet} “{name}”")
        name = value_name(searcher, one.facet, one.value)
        yield told.format(facet=facet_name(one.facet), name=name) + do_you_mean(near.label for near in one.near)
    for way in ways_out:
        text = value_name(searcher, way.facet, way.text) if way.facet else way.text
        yield texts.meant(text, way.count) if way.what == "meant" else texts.without(text, way.count)


def value_name(searcher: "Searcher", facet: str, value: str) -> str:
    """Return what the value of a facet is called."""
    from kb.search.facets import BY_KEY

    return BY_KEY[facet].called.get(spoken(), searcher.labels(facet, None)).get(value, value)


def facet_name(key: str) -> str:
    """Return what a facet is called within a sentence."""
    from kb.search.facets import BY_KEY

    return BY_KEY[key].label[spoken()].lower()


def no_value(facet: str, name: str, near: "Collection[str]", known: "Collection[str]") -> str:
    """Return that a facet has no such value, and which may be meant: those that are near, else all of a few."""
    none = _("no {facet} is called {name!r}").format(facet=facet_name(facet), name=name)
    if near:
        return none + do_you_mean(near)
    if len(known) > MOST_LISTED:
        return _("{none}; `kb services` lists them").format(none=none)
    return _("{name!r} is none of {names}").format(name=name, names=", ".join(known))


def do_you_mean(names: "Iterable[str]") -> str:
    """Return what may be meant instead, nothing where that is nothing."""
    near = ", ".join(names)
    return _("; do you mean {names}?").format(names=near) if near else ""


def facet_lines(answer: "Answer") -> Iterator[str]:
    """Yield the facet groups of a search with their counts."""
    from kb.search.facets import BY_KEY

    for group, values in answer.facets.items():
        called = BY_KEY[group].called.get(spoken(), {})
        yield click.style(group, bold=True)
        for value in values:
            label = called.get(value.value, value.label)
            yield f"  {'*' if value.selected else ' '} {value.count:5d}  {label}  ({value.value})"


def pair_lines(pair: "Pair", catalogue: "Catalogue") -> Iterator[str]:
    """Yield a problem with its remedies, or a question with its answers; that it is open where there are none."""
    note = pair.note
    yield place_line(note)
    about = ", ".join(catalogue.name(mention.service) for mention in note.services)
    yield f"  • {note.text}" + (click.style(f"  [{about}]", fg="cyan") if about else "")
    for reply in pair.replies:
        yield f"    → {reply.text.lstrip('→⇒=-> ')}"
    if pair.is_open:
        yield click.style(f"    → {texts.STATES['unsolved']}", fg="red")
    yield click.style(f"    {note.id}", dim=True)


def tree_lines(
    notes: "Iterable[Note]",
    catalogue: "Catalogue",
    reasons: Mapping[str, Iterable[tuple[str, float]]] = MappingProxyType({}),
) -> Iterator[str]:
    """Yield notes as the tree they stand in, talk by talk, each with its line, kind and services.

    Of those among `reasons` also what speaks for the kind, with its weight, and how likely it is.
    """
    talk: Talk | None = None
    headings: list[str] = []
    for number, note in enumerate(notes):
        if note.talk != talk or not number:
            talk, headings = note.talk, []
            yield ""
            yield click.style(place_name(note), bold=True)
        under = [crumb.text for crumb in note.trail if crumb.note is None]
        if under != headings:
            headings = under
            yield click.style(f"  {' > '.join(headings)}", underline=True)
        names = [catalogue.name(m.service) + ("" if m.via == "explicit" else "*") for m in note.services]
        about = click.style(f"  [{', '.join([texts.KINDS[note.kind], *names])}]", fg="cyan")
        yield f"{note.line:5d} {'  ' * note.depth}• {note.text}{about}"
        if note.id in reasons:
            told = " · ".join(f"{name} {weight:+.1f}" for name, weight in reasons[note.id])
            yield click.style(f"{'':5} {'  ' * note.depth}  {note.sure:.0%}: {told}", dim=True)


def service_line(count: "ServiceCount", catalogue: "Catalogue") -> str:
    """Return how many notes are on a service, its slug, its name and what became of it."""
    notes, service = "-" if count.notes is None else count.notes, count.service
    past = texts.history(service, catalogue.name)
    return f"{notes:>5}  {service.slug:24}  {service.name}{f'  ({past})' if past else ''}"


def report_lines(entry: "ReportEntry") -> Iterator[str]:
    """Yield what is known of a report."""
    yield click.style(entry.title, bold=True)
    counts = _("talks {talks} · notes {notes}").format(talks=len(entry.talks), notes=entry.notes)
    yield f"{event_line(entry.event, entry.held_on)} · {counts} · {entry.source}"
    if entry.url:
        yield entry.url

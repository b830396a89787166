"""How answers look in a terminal: plain lines that also read well in a pipe."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from kb import wording
from kb.translation import _, ngettext

if TYPE_CHECKING:
    from index.query import Query
    from kb.knowledge_base import KnowledgeBase
    from kb.report.model import Note, Talk
    from kb.search.facets import Facet
    from kb.search.results import FoundNote, SearchResults
    from kb.search.searcher import Searcher
    from kb.services import Catalogue, Change, Domain

_MOST_TALKS = 5  # that are listed of those found by their titles
_MOST_LISTED = 30  # values that an error lists
_LONGEST = 200  # characters of a note that are shown of a hit; `kb show` shows it whole


def answer_lines(
    kb: "KnowledgeBase", query: "Query", answer: "SearchResults", quoted: "Sequence[FoundNote]", *, explain: bool
) -> Iterator[str]:
    """Yield what a search found, what it did for that, what else could be asked, and the sum; of each hit why if asked.

    `quoted` are those of what is found or near that surely answer.
    """
    domain = kb.collection.domain
    for step in answer.steps:
        done = wording.step(step)
        yield click.style(done + _(" (--exact refuses it)"), fg="yellow")
    for notice in answer.notices:
        yield click.style(wording.notice(notice), fg="yellow")
    for other in answer.meant:
        yield click.style(wording.meant(other.meant, other.count), fg="yellow")
    yield from _quote_lines(answer, quoted, query.text, domain)
    yield from _found_lines(answer.hits, domain, explain=explain)
    if answer.near:
        heading = _("Notes near in meaning")
        heading = heading if answer.total else " ".join((_("No note has these words."), heading))
        yield click.style(f"── {heading} ──", fg="yellow")
        yield from _found_lines(answer.near, domain, explain=explain)
    label = _("Talk")
    for one in answer.talks[:_MOST_TALKS]:
        yield f"{label}: {_talk_line(one.talk)}  {event_line(one.event, one.held_on)}  {_notes_counted(one.notes)}"
        yield click.style(f"    {one.talk.id}", dim=True)
    if len(answer.titled) > _MOST_TALKS:
        yield f"{label}: {wording.left_out(len(answer.titled) - _MOST_TALKS)}"
    yield from _end_lines(kb.searcher, query, answer)
    shown = len(answer.hits)
    more = _(" (the first {shown} are shown; --limit shows more)").format(shown=shown) if shown < answer.total else ""
    yield _notes_counted(answer.total) + more


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
            yield click.style(_place_name(note), bold=True)
        under = [crumb.text for crumb in note.trail if crumb.note is None]
        if under != headings:
            headings = under
            yield click.style(f"  {' > '.join(headings)}", underline=True)
        names = [catalogue.name(m.service) + ("" if m.via == "explicit" else "*") for m in note.services]
        about = click.style(f"  [{', '.join([_(wording.KINDS[note.kind]), *names])}]", fg="cyan")
        yield f"{note.line:5d} {'  ' * note.depth}• {note.text}{about}"
        if note.id in reasons:
            features = " · ".join(f"{name} {weight:+.1f}" for name, weight in reasons[note.id])
            yield click.style(f"{'':5} {'  ' * note.depth}  {note.sure:.0%}: {features}", dim=True)


def place_line(note: "Note") -> str:
    """Return the event and the talk, or else the report, that a note stands in."""
    return click.style(f"{event_line(note.event, note.held_on)} {_place_name(note)}", dim=True)


def event_line(event: str | None, held_on: str | None) -> str:
    """Return an event and its date as far as they are known."""
    return f"{event or _('event unknown')} ({held_on or _('undated')})"


def passage(text: str, marks: tuple[tuple[int, int], ...]) -> str:
    """Return a text with ranges in bold (plain where the output is no terminal).

    Of one longer than _LONGEST the passage around the first range; dots tell what is left out.
    """
    from index.analysis import snippet

    begin, end = snippet(text, marks, _LONGEST)
    parts, last = ["…" if begin else ""], begin
    for start, stop in marks:
        if begin <= start and stop <= end:
            parts += [text[last:start], click.style(text[start:stop], bold=True)]
            last = stop
    return "".join([*parts, text[last:end], "…" if end < len(text) else ""])


def change_line(change: "Change") -> str:
    """Return what has changed, and where that can be read."""
    since = wording.since(change)
    return f"{since} ({change.source})" if change.source else since


def no_value(facet: str, name: str, near: "Collection[str]", known: "Collection[str]") -> str:
    """Return that a facet has no such value, and which may be meant: those that are near, else all of a few."""
    none = _("no {facet} is called {name!r}").format(facet=_facet_name(facet), name=name)
    if near:
        return none + do_you_mean(near)
    if len(known) > _MOST_LISTED:
        return _("{none}; `kb services` lists them").format(none=none)
    return _("{name!r} is none of {names}").format(name=name, names=", ".join(known))


def do_you_mean(names: "Iterable[str]") -> str:
    """Return what may be meant instead, nothing where that is nothing."""
    near = ", ".join(names)
    return _("; do you mean {names}?").format(names=near) if near else ""


def _quote_lines(answer: "SearchResults", quoted: "Sequence[FoundNote]", text: str, domain: "Domain") -> Iterator[str]:
    """Yield what surely answers a search, each with where and when it was said; of a question, that nothing does."""
    from kb.search.quotes import is_question

    if quoted:
        yield click.style(_("Answers"), bold=True)
    elif answer.near and is_question(text):
        yield click.style(_("No note was found that surely answers this."), fg="yellow")
    for found in quoted:
        note = found.note
        speakers = wording.listed(note.talk.speakers) if note.talk else ""
        yield f"  「{passage(note.text, found.marks)}」"
        yield f"    {place_line(note)} {speakers}".rstrip()
        yield from _overtaken_lines(found, domain)
    if quoted:
        yield ""


def _found_lines(every: "Iterable[FoundNote]", domain: "Domain", *, explain: bool) -> Iterator[str]:
    """Yield the hits under what they stand in, that of the best one first."""
    from kb.search.facets import by_place

    for hits in by_place(every, lambda found: found.note).values():
        yield place_line(hits[0].note)
        for found in hits:
            yield from _hit_lines(found, domain, explain=explain)
        yield ""


def _hit_lines(found: "FoundNote", domain: "Domain", *, explain: bool) -> Iterator[str]:
    """Yield the lines of one hit: what it stands under, the note, what it is about, its id."""
    note = found.note
    if note.trail:
        yield click.style("  " + " > ".join(crumb.text for crumb in note.trail), dim=True)
    yield f"  • {passage(note.text, found.marks)}"
    tags = [_(wording.KINDS[note.kind])]
    tags += [
        domain.catalogue.name(m.service) + (f" ← {wording.why(m.why)}" if m.via == "inherited" else "")
        for m in note.services
    ]
    yield click.style(f"    {' · '.join(tags)}", fg="cyan")
    yield from _overtaken_lines(found, domain)
    for reason in found.shown_reasons if explain else ():
        yield click.style(f"    {wording.reason(reason)}", dim=True)
    yield click.style(f"    {note.id}  {note.source}:{note.line}", dim=True)


def _overtaken_lines(found: "FoundNote", domain: "Domain") -> Iterator[str]:
    """Yield what has changed since a note was taken."""
    for change in filter(None, map(domain.change, found.overtaken)):
        yield click.style(f"    {wording.changed_since(change_line(change))}", fg="yellow")


def _end_lines(searcher: "Searcher", query: "Query", answer: "SearchResults") -> Iterator[str]:
    """Yield, where little is found, which part of a query is why; where nothing is, what finds some."""
    counts = [*(word.count for word in answer.words), *(condition.count for condition in answer.conditions)]
    if not answer.total or (len(counts) > 1 and any(counts)):
        none = _("None of these notes has “{word}”") if query.selections else _("No note has “{word}”")
        for word in answer.words:
            yield wording.alone(word.word, word.count) if word.count else none.format(word=word.word)
        yield from (wording.without(condition.condition, condition.count) for condition in answer.conditions)
    if answer.total:
        return

    from kb.search.searcher import unknown_values, ways_out

    for one in unknown_values(answer, searcher):
        name = _value_name(searcher, one.facet, one.value)
        none = _("No note has the {facet} “{name}”").format(facet=_facet_name(one.facet), name=name)
        yield none + do_you_mean(near.label for near in one.near)
    for way in ways_out(query, answer, searcher):
        text = _value_name(searcher, way.facet, way.text) if way.facet else way.text
        yield wording.meant(text, way.count) if way.what == "meant" else wording.without(text, way.count)


def value_name(facet: "Facet", value: str, label: str) -> str:
    """Return what the value of a facet is called in the language that is spoken; its `label` where that tells none."""
    if facet.key == "category":
        return wording.category(value, label)
    return _(facet.value_labels[value]) if value in facet.value_labels else label


def _value_name(searcher: "Searcher", facet: str, value: str) -> str:
    """Return what the value of a facet is called, whether any note has it or not."""
    from kb.search.facets import BY_KEY

    return value_name(BY_KEY[facet], value, searcher.labels(facet, None).get(value, value))


def _facet_name(key: str) -> str:
    """Return what a facet is called within a sentence."""
    from kb.search.facets import BY_KEY

    return _(BY_KEY[key].label).lower()


def _place_name(note: "Note") -> str:
    """Return on one line the talk of a note, with its track and times, or the title of its report outside of talks."""
    return _talk_line(note.talk) if note.talk else note.report_title


def _talk_line(talk: "Talk") -> str:
    """Return a talk's track, times and title on one line."""
    track = f"【{talk.track}】" if talk.track else ""
    times = "~".join(time for time in (talk.start, talk.end) if time)
    return f"{track}{times}{' ' if times else ''}{talk.title}"


def _notes_counted(count: int) -> str:
    """Return a number of notes."""
    return ngettext("{count} note", "{count} notes", count)

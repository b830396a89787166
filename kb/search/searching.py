"""Searching a collection: a query to found notes, counts with their names, and what is done to find them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Literal, get_args

from msgspec import Struct

from index.analysis import marks
from index.engine import FacetCount, Hit, Results
from index.query import Query, Sort, StepName
from index.text import folded_name
from kb.library.contents import Contents
from kb.report.model import Note
from kb.search.answers import Answer, FacetValue, Found, FoundTalk, UnknownValueError
from kb.search.collection import Collection, GenerationCache, Snapshot
from kb.search.documents import load_overtaken, load_relations
from kb.search.facets import BY_KEY, UNDATED, Facet, keys
from kb.search.search_box import Suggestion, Suggestions

if TYPE_CHECKING:
    from kb.kinds import Pair

SORTS: Mapping[str, Sort] = {"relevance": "relevance", "new": "new", "old": "old", "advice": "boost"}
"""The orders that a reader may choose, by the engine's name: a document's boost is how like advice it is."""

_MOST_TALKS = 10  # that are found by their titles: a common word stands in those of thousands, which /talks lists
_MOST_BEGUN = 3  # names that a word may begin
_MOST_PIECES = 8  # of a query that finds nothing: each costs a search
_MARKS = re.compile(r'["()|:＂“”（）｜：]|(?:^|\s)(?:[-−‐–－]|OR\s)')  # of conditions, which are counted by themselves

LITERALLY: tuple[StepName, ...] = get_args(StepName)
"""What a query is to go without so that no step of relaxation is taken."""


class WayOut(Struct, frozen=True):
    """What may be meant instead of what was typed, or what to leave out, and how many notes that finds.

    Where that is the value of a facet, `facet` is its key and `text` the value.
    """

    what: Literal["meant", "without"]
    text: str
    count: int
    facet: str | None = None


class Unknown(Struct, frozen=True):
    """A selected value of a facet that no note has: whether it is a known name; where not, which are nearly so."""

    facet: str
    value: str
    is_known: bool
    near: tuple[FacetValue, ...]


class Searcher:
    """Answers queries over a collection."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._labels = GenerationCache[Mapping[str, str]]()
        self._suggestions = GenerationCache[Suggestions]()

    def search(self, query: Query) -> Answer:
        """Answer a query from one generation of the index.

        A selected `via` narrows `service` to the mentions of that sort: `explicit` to notes that name it themselves.
        Raises SearchIndexError where the index cannot be read.
        """
        return next(self.each(query))

    def each(self, *queries: Query) -> Iterator[Answer]:
        """Yield the answers to several queries, all from one generation of the index."""
        snapshot = self._collection.snapshot()
        for query in queries:
            yield self._answer(query, snapshot)

    def quoted(self, query: Query, answer: Answer) -> tuple[Found, ...]:
        """Return the notes that surely answer a query, the surest first, of an answer that has reasons.

        There are none but on the first page of the best, and none of which somebody told that they do not answer it.
        """
        from kb.search.answering import quoted

        if not query.text or query.offset or query.sort != "relevance":
            return ()
        corrections = self._collection.tools.configuration.corrections
        refused = {note for note, one in corrections.items() if query.text in one.no_answer_to}
        return quoted([one for one in (*answer.found, *answer.near) if one.note.id not in refused])

    def _answer(self, query: Query, snapshot: Snapshot | None) -> Answer:
        if snapshot is None:
            return Answer(0, (), dict.fromkeys(query.facets, ()), loosened=False)
        asked, narrow = for_index(query)
        results, contents = snapshot.reader.search(asked), snapshot.contents
        around = _around(results, snapshot)
        known = {note.id: note for notes in around.values() for note in notes}
        group_of = {narrowed: group for group, narrowed in narrow.items()}
        near_terms = results.terms | results.near_terms
        found, near = (
            tuple(self._found(hit, terms, known, snapshot) for hit in hits)
            for hits, terms in ((results.hits, results.terms), (results.near, near_terms))
        )
        talks = []
        for one in results.titled[:_MOST_TALKS]:
            entry = contents.report_of_talk[one.value]
            talks.append(FoundTalk(contents.talks[one.value], entry.event, entry.held_on, one.count, one.found))
        counts = {group: results.facets[narrow.get(group, group)] for group in query.facets}
        if "via" in counts and query.selected("service"):  # of the services that are asked for alone
            counts["via"] = tuple(_of_services(counts["via"], query, snapshot))
        without = {(group_of.get(group, group), value): count for (group, value), count in results.without.items()}
        if narrow and without and ("via" in counts or not results.total):  # then the services are asked for in any way
            without["via", query.selected("via")[0]] = _total(query.select("via"), snapshot)
        return Answer(
            total=results.total,
            found=found,
            facets={group: self._facet_values(group, counts[group], contents) for group in query.facets},
            loosened=results.loosened,
            near=near,
            steps=results.steps,
            notices=results.notices,
            freed={group_of.get(group, group): count for group, count in results.without_group.items()},
            without=without,
            unknown=tuple(
                (group_of.get(group, group), value)
                for group, value in results.unknown
                # A service that nothing names so may be known all the same.
                if group not in group_of or not _total(Query().select(group_of[group], value), snapshot)
            ),
            unlisted=results.unlisted,
            words=results.words,
            meant=results.meant,
            conditions=results.conditions,
            around=around,
            found_in=results.found_in,
            talks=tuple(talks),
            titled=len(results.titled),
            marks=self._marks_above((*found, *near), talks, near_terms) if query.explain else {},
        )

    def _marks_above(
        self, found: Iterable[Found], talks: Iterable[FoundTalk], terms: frozenset[str]
    ) -> dict[str, tuple[tuple[int, int], ...]]:
        """Return where the titles and crumbs above some notes, and the titles of talks, have what was looked for."""
        notes = [one.note for one in found]
        above = {crumb.text for note in notes for crumb in note.trail}
        above |= {talk.title for talk in (*(note.talk for note in notes), *(one.talk for one in talks)) if talk}
        return {text: marks(text, terms, self._collection.tools.analyzer) for text in above}

    def _found(self, hit: Hit, terms: frozenset[str], known: Mapping[str, Note], snapshot: Snapshot) -> Found:
        note = known.get(hit.id) or snapshot.note(hit.stored)
        marked = marks(note.text, terms, self._collection.tools.analyzer)
        return Found(note, hit.score, marked, hit.reasons, load_overtaken(hit.stored))

    def _facet_values(self, key: str, counts: tuple[FacetCount, ...], contents: Contents) -> tuple[FacetValue, ...]:
        labels = self.labels(key, contents)
        values = tuple(
            FacetValue(value, labels.get(value, value), count, selected) for value, count, selected in counts
        )
        match BY_KEY[key].order:
            case "commonest":
                return values
            case "newest":
                return tuple(sorted(values, key=lambda value: (value.value != UNDATED, value.value), reverse=True))
            case "labels":
                places = {value: place for place, value in enumerate(labels)}
                return tuple(sorted(values, key=lambda value: places.get(value.value, len(places))))

    def labels(self, key: str, contents: Contents | None) -> Mapping[str, str]:
        """Return what the values of a facet are called, where that is not the value itself; made once a generation."""
        return self._labels.get(contents, lambda: BY_KEY[key].labels(self._collection.catalogue, contents), key)

    def values(self, facet: Facet, name: str) -> tuple[str, ...]:
        """Return the values of a facet that a name means: that of the name, else those that contain it."""
        if facet.find:
            value = facet.find(self._collection.catalogue, name)
            return (value,) if value else ()
        if not facet.words:
            return (name,)
        return tuple(one.value for one in self.noted(facet) if folded_name(name) in folded_name(one.value))

    def noted(self, facet: Facet) -> tuple[FacetValue, ...]:
        """Return the values of a facet that notes have."""
        return self.search(Query(limit=0, facets=(facet.key,))).facets[facet.key]

    def near(self, facet: Facet, name: str) -> tuple[FacetValue, ...]:
        """Return the values, at most three, that are called nearly so: of those that notes have, else of all known."""
        from kb.services import called_nearly  # who only asks does not wait for it

        called = {folded_name(text): one for one in self.noted(facet) for text in (one.label, one.value)}
        close = called_nearly(folded_name(name), called, partly=not facet.find)
        if close or not facet.names:
            return close
        labels, names = self.labels(facet.key, None), facet.names(self._collection.catalogue)
        # What is called so exactly is meant, be there a note of it or not.
        known = () if folded_name(name) in names else called_nearly(folded_name(name), names)
        return tuple(FacetValue(one, labels.get(one, one), 0, selected=False) for one in known)

    def narrowed(self, query: Query, names: Mapping[str, Iterable[str]]) -> Query:
        """Return a query that also wants values of facets, by what those may be called.

        Raises UnknownValueError for a name that a facet of known values does not know.
        """
        for key, some in names.items():
            facet, chosen = BY_KEY[key], list[str]()
            for name in some:
                values = self.values(facet, name)
                if not values and facet.find:
                    known = facet.labels(self._collection.catalogue, None)
                    near = tuple(one.value for one in self.near(facet, name))
                    raise UnknownValueError(facet.key, name, tuple(known), near)
                chosen += values or (name,)  # a name that means none finds nothing
            query = query.select(key, *chosen)
        return query

    def pairs(self, query: Query, kind: Literal["problem", "question"] = "problem") -> "tuple[Pair, ...]":
        """Return the problems (or questions) that a query finds, each with its remedies (or answers) in its report."""
        from kb.kinds import problems, questions

        answer = self.search(replace(query, sort="position", offset=0, limit=None, facets=(), context="report"))
        chosen = {one.note.id for one in answer.found}
        paired = problems if kind == "problem" else questions
        reports = dict.fromkeys(one.note.report for one in answer.found)
        return tuple(pair for report in reports for pair in paired(answer.around[report]) if pair.note.id in chosen)

    def suggest(self, typed: str) -> tuple[Suggestion, ...]:
        """Return what may be meant by the beginning of a name: what notes are about, who spoke, the field's words."""
        analyzer = self._collection.tools.analyzer

        def reading(text: str) -> str:
            return "".join(morpheme.reading or morpheme.surface for morpheme in analyzer.morphemes(text))

        def make() -> Suggestions:
            everything = self.search(Query(limit=0, facets=keys("suggestion"))).facets
            return Suggestions.of(self._collection.catalogue, everything, self._words(), reading)

        return self._suggestions.get(self._collection.contents(), make).for_typed(typed)

    def _words(self) -> Iterator[tuple[FacetValue, tuple[str, ...]]]:
        """Yield the field's words that notes have, with their other spellings."""
        for word, others in self._collection.domain.vocabulary.typed.items():
            count = self.search(Query(word, limit=0, without=LITERALLY)).total
            if count:
                yield FacetValue(word, word, count, selected=False), others


def for_index(query: Query) -> tuple[Query, dict[str, str]]:
    """Return the query as the index is to answer it, and which group there stands for which here."""
    via = query.selected("via")
    narrow = f"service_{via[0]}" if len(via) == 1 else ""
    if narrow not in BY_KEY:
        return query, {}

    def narrowed(groups: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(narrow if group == "service" else group for group in groups)

    asked = query.select("service").select(narrow, *query.selected("service"))
    facets, every = narrowed(query.facets), narrowed(query.match_all)
    return replace(asked, offset=query.offset, facets=facets, match_all=every), {"service": narrow}


def _of_services(counts: Iterable[FacetCount], query: Query, snapshot: Snapshot) -> Iterator[FacetCount]:
    """Yield the counts of `via` as the query finds notes with each: a note has others of other services."""
    for one in counts:
        total = _total(query.select("via", one.value), snapshot)
        if total or one.selected:
            yield one._replace(count=total)


def _total(query: Query, snapshot: Snapshot) -> int:
    asked, _ = for_index(replace(query, offset=0, limit=0, facets=(), context=None, explain=False))
    return snapshot.reader.search(asked).total


def _around(results: Results, snapshot: Snapshot) -> dict[str, tuple[Note, ...]]:
    """Return the found notes and those that belong to them, by place; most of a place is not worth decoding."""
    found = [load_relations(hit.stored) for hit in (*results.hits, *results.near)] if results.context else []
    wanted = {note for one in found for note in (one.id, one.remedy_of, one.answers) if note}
    return {
        place: tuple(snapshot.note(stored) for stored in every if load_relations(stored).touch(wanted))
        for place, every in results.context.items()
    }


def unknown(answer: Answer, searcher: Searcher) -> Iterator[Unknown]:
    """Yield the selected values that no note has."""
    for facet, value in answer.unknown:
        is_known = value in searcher.labels(facet, None)
        yield Unknown(facet, value, is_known, () if is_known else searcher.near(BY_KEY[facet], value))


def ways_out(query: Query, answer: Answer, searcher: Searcher) -> Iterator[WayOut]:
    """Yield what finds something where a query does not: what its word begins, then without one value, or one word."""
    pieces = query.text.split()
    if len(pieces) == 1 and not query.selections:
        begun = islice(searcher.suggest(query.text), _MOST_BEGUN)
        yield from (WayOut("meant", one.label, one.notes) for one in begun)
    for (facet, value), count in answer.without.items():
        if count:
            yield WayOut("without", value, count, facet)
    for facet, count in answer.freed.items():
        if count and len(query.selected(facet)) > 1:
            yield WayOut("without", f"--{facet}", count)
    yield from (WayOut("without", word, count) for word, _, count in without_a_word(query, searcher))


def without_a_word(query: Query, searcher: Searcher) -> Iterator[tuple[str, Query, int]]:
    """Yield each single word of several, the search without it, and how many notes that finds, if any."""
    pieces = query.text.split()
    if not 1 < len(pieces) <= _MOST_PIECES or _MARKS.search(query.text):
        return
    less = [replace(query, text=" ".join(pieces[:n] + pieces[n + 1 :]), offset=0) for n in range(len(pieces))]
    found = searcher.each(*(replace(one, limit=0) for one in less))
    for word, smaller, answer in zip(pieces, less, found, strict=True):
        if answer.total:
            yield word, smaller, answer.total

"""Answers queries: the results of the index with their notes, talks, facet labels and ways to find more."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

from msgspec import Struct
from msgspec.structs import asdict
from msgspec.structs import replace as replace_fields

from index.analysis import Analyzer, marks
from index.engine import FacetCount, Hit, Results, TitledCount
from index.query import Query, Sort, StepName
from index.query_parser import OPERATOR
from index.text import folded_name, letters
from kb.library.contents import Contents
from kb.pipeline.reports import tools_of
from kb.report.model import Note
from kb.search import relevance
from kb.search.collection import Cached, Collection, GenerationCache, Snapshot
from kb.search.directory import day, first_published
from kb.search.documents import load_overtaken, load_relations
from kb.search.facets import BY_KEY, UNDATED, Facet, keys
from kb.search.named import Events, Names
from kb.search.results import FoundEvent, FoundNote, FoundTalk, SearchResults, Tier, UnknownValueError
from kb.search.search_box import Suggestion, Suggestions

if TYPE_CHECKING:
    from kb.kinds import Pair

SORTS: Mapping[str, Sort] = {"relevance": "relevance", "new": "new", "old": "old", "advice": "boost"}
"""The engine's sort of each order on the page; a document's boost is the probability that it is advice."""

_MAX_TALKS = 10  # found by title; a common word is in thousands of titles, which /talks lists
_MAX_WORDS_LEFT_OUT = 8  # one search each, when a query finds nothing
# Marks of conditions, which have their own counts.
_MARKS = re.compile(rf'["()|:＂“”（）｜：]|(?:^|\s)(?:[-−‐–－]|{OPERATOR.pattern}(?:\s|$))')

LITERALLY: tuple[StepName, ...] = get_args(StepName)
"""All relaxation steps: a query without them finds only what it says."""


class UnknownValue(Struct, frozen=True):
    """A selected facet value without notes: whether the catalogue knows it, else the values of a similar name."""

    facet: str
    value: str
    is_known: bool
    near: tuple[FacetCount, ...]


class Searcher:
    """Answers queries over the newest generation of a collection."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._labels = GenerationCache[Mapping[str, str]]()
        self._suggestions = Cached(collection, self._make_suggestions)
        self._events = GenerationCache[Events]()
        self._unnoted = GenerationCache[Names[str]]()
        self._compared = GenerationCache[dict[str, relevance.Compared]]()

    def search(self, query: Query) -> SearchResults:
        """Answer a query from one generation of the index.

        A selected `via` limits the facet `service` to mentions of that sort. Raises SearchIndexError.
        """
        return next(self.each(query))

    def each(self, *queries: Query) -> Iterator[SearchResults]:
        """Yield the results of several queries, all from one generation of the index."""
        snapshot = self._collection.snapshot()
        for query in queries:
            yield self._results(query, snapshot)

    def quoted(self, query: Query, answer: SearchResults) -> tuple[FoundNote, ...]:
        """Return the notes that almost certainly answer a query, most certain first, whatever its limit.

        Only the first page in order of relevance has any. Notes that kb.toml rejects as an answer to this query are
        left out.
        """
        from kb.search.quotes import quoted

        if not query.text or query.offset or query.sort != "relevance" or query.limit == 0:
            return ()
        if query.limit is not None and query.limit < relevance.FIRST:
            answer = self.search(replace(query, limit=relevance.FIRST, facets=(), context=None))
        corrections = self._collection.tools.configuration.corrections
        rejected = {note for note, correction in corrections.items() if query.text in correction.no_answer_to}
        return quoted([found for found in (*answer.hits, *answer.near) if found.note.id not in rejected])

    def _results(self, query: Query, snapshot: Snapshot) -> SearchResults:
        if snapshot.is_missing:
            return SearchResults(total=0, hits=(), facets=dict.fromkeys(query.facets, ()))
        query = current(query, snapshot.contents)
        index_query, service_group = for_index(query)
        group, last = index_query.last or ("", ())
        if group and group not in index_query.facets:
            index_query = replace(index_query, facets=(*index_query.facets, group))
        reader = self._collection.passage_reader() if relevance.decides(query) else None
        found = snapshot.reader.search(relevance.widened(index_query) if reader else index_query)
        contents, near_terms = snapshot.contents, found.terms | found.near_terms
        likely = sum(value.count for value in found.facets.get(group, ()) if value.value in last)
        results = _with_own_groups(query, found, service_group, snapshot)
        hits = tuple(_found_note(hit, found.terms, snapshot, "found") for hit in found.hits)
        near = tuple(_found_note(hit, near_terms, snapshot, "near") for hit in found.near)
        far: tuple[FoundNote, ...] = ()
        if reader and not found.total and relevance.are_far(near) and self._collection.has_all_vectors(contents):
            near, far = (), near[: query.limit]
        if reader:
            known = self._compared.get(contents, dict, found.text)
            hits, near = relevance.ordered(query, found, hits, near, relevance.comparison(reader, found.text, known))
        shown = (*hits, *near, *far)
        context_notes = _context_notes(found, shown, snapshot)
        events, besides, unnoted = self._named(query, found.text, snapshot)
        titled, talks = (*found.titled, *unnoted), []
        for talk, notes, found_notes in titled[:_MAX_TALKS]:
            reports = contents.reports_of_talk[talk]
            event, days = reports[0].event, (day(reports), first_published(reports))
            talks.append(FoundTalk(contents.talks[talk], event, *days, notes, found_notes))
        facets = {group: self._labelled(group, results.facets[group], contents) for group in query.facets}
        return SearchResults(
            **(asdict(results) | {"facets": facets, "hits": hits, "near": near, "far": far, "titled": titled}),
            likely=likely,
            context_notes=context_notes,
            events=events,
            besides=besides,
            talks=tuple(talks),
            marks=_marks_above(shown, talks, near_terms, snapshot.tools.analyzer) if query.explain else {},
        )

    def _named(
        self, query: Query, text: str, snapshot: Snapshot
    ) -> tuple[tuple[FoundEvent, ...], str, tuple[TitledCount, ...]]:
        """Return the events that a text names, the rest of the text, and the talks without notes that it names.

        Only the first page without filters has these talks, and no count: they have no note to select.
        """
        if not text or query.offset or query.limit == 0:
            return (), "", ()
        contents = snapshot.contents

        def unnoted() -> Names[str]:
            noted = {value.value for value in snapshot.reader.search(Query(limit=0, facets=("talk",))).facets["talk"]}
            return Names((talk.title, key) for key, talk in contents.talks.items() if key not in noted)

        events = self._events.get(contents, lambda: Events(contents))
        talks = () if query.selections else self._unnoted.get(contents, unnoted).having(text)
        return *events.named(text, snapshot.tools.analyzer.morphemes), tuple(
            TitledCount(talk, 0, 0) for talk in dict.fromkeys(talks)
        )

    def _labelled(self, key: str, counts: tuple[FacetCount, ...], contents: Contents) -> tuple[FacetCount, ...]:
        """Return counts of a facet with the names of its values, in the order of the facet."""
        labels, facet = self.labels(key, contents), BY_KEY[key]
        likely = {one.value: one.count for one in counts if one.value in facet.likely.values()}
        values = tuple(
            FacetCount(value, count, selected, labels.get(value, value), likely.get(facet.likely.get(value, ""), 0))
            for value, count, selected, *_ in counts
            if value not in likely
        )
        match facet.order:
            case "commonest":
                return values
            case "newest":
                return tuple(sorted(values, key=lambda value: (value.value != UNDATED, value.value), reverse=True))
            case "labels":
                places = {value: place for place, value in enumerate(labels)}
                return tuple(sorted(values, key=lambda value: places.get(value.value, len(places))))

    def labels(self, key: str, contents: Contents | None) -> Mapping[str, str]:
        """Return the names of a facet's values that differ from the values; made once a generation."""
        tools = tools_of(contents.configuration_text) if contents else self._collection.tools
        return self._labels.get(contents, lambda: BY_KEY[key].labels(tools.catalogue, contents), key)

    def values(self, facet: Facet, name: str) -> tuple[str, ...]:
        """Return the facet values with a name: the exact one, else all that contain it."""
        if facet.find:
            value = facet.find(self._collection.catalogue, name)
            return (value,) if value else ()
        if not facet.words:
            return (name,)
        if merged := facet.merged(self._collection.tools.configuration).get(folded_name(name)):
            return (merged,)
        return tuple(count.value for count in self.noted(facet) if (letters(name) or name) in letters(count.value))

    def noted(self, facet: Facet) -> tuple[FacetCount, ...]:
        """Return the values of a facet that any note has."""
        return self.search(Query(limit=0, facets=(facet.key,))).facets[facet.key]

    def near(self, facet: Facet, name: str) -> tuple[FacetCount, ...]:
        """Return at most three values with similar names: values in use, else any known values."""
        from kb.services import similarly_named

        by_name = {folded_name(text): count for count in self.noted(facet) for text in (count.label, count.value)}
        close = similarly_named(folded_name(name), by_name, partly=not facet.find)
        if close or not facet.names:
            return close
        labels, names = self.labels(facet.key, None), facet.names(self._collection.catalogue)
        # A name that is known exactly needs no suggestion, even without notes.
        known = () if folded_name(name) in names else similarly_named(folded_name(name), names)
        return tuple(FacetCount(value, 0, selected=False, label=labels.get(value, value)) for value in known)

    def narrowed(self, query: Query, names: Mapping[str, Iterable[str]]) -> Query:
        """Return a query that also selects facet values, given by facet and name.

        Raises UnknownValueError for a name that a facet with a fixed set of values does not have.
        """
        for key, requested in names.items():
            facet, selected = BY_KEY[key], list[str]()
            for name in requested:
                values = self.values(facet, name)
                if not values and facet.find:
                    known = facet.labels(self._collection.catalogue, None)
                    near = tuple(count.value for count in self.near(facet, name))
                    raise UnknownValueError(facet.key, name, tuple(known), near)
                selected += values or (name,)  # an unknown name finds nothing
            query = query.select(key, *selected)
        return query

    def pairs(self, query: Query, kind: Literal["problem", "question"] = "problem") -> "tuple[Pair, ...]":
        """Return the problems (or questions) that a query finds, each with its remedies (or answers)."""
        from kb.kinds import problems, questions

        answer = self.search(replace(query, sort="position", offset=0, limit=None, facets=(), context="report"))
        found = {hit.note.id for hit in answer.hits}
        paired = problems if kind == "problem" else questions
        reports = dict.fromkeys(hit.note.report for hit in answer.hits)
        return tuple(
            pair for report in reports for pair in paired(answer.context_notes[report]) if pair.note.id in found
        )

    def suggest(self, typed: str) -> tuple[Suggestion, ...]:
        """Return the services, events, talks, speakers and vocabulary words that begin with a text."""
        return self._suggestions().for_typed(typed)

    def _make_suggestions(self) -> Suggestions:
        collection, words = self._collection, []
        facets = self.search(Query(limit=0, facets=keys("suggestion"))).facets
        for word, spellings in collection.domain.vocabulary.typed.items():
            if count := self.search(Query(word, limit=0, without=LITERALLY)).total:
                words.append((FacetCount(word, count, selected=False, label=word), spellings))

        def reading(text: str) -> str:
            morphemes = collection.tools.analyzer.morphemes(text)
            return "".join(morpheme.reading or morpheme.surface for morpheme in morphemes)

        return Suggestions.of(collection.catalogue, facets, words, reading)


def current(query: Query, contents: Contents | None) -> Query:
    """Return a query with the current values of events, speakers and talks that have become one with others."""
    if contents is None:
        return query
    for facet, values in query.selections:
        now = tuple(contents.current_value(facet, value) for value in values)
        if now != values:
            query = replace(query.select(facet, *now), offset=query.offset)
    return query


def for_index(query: Query) -> tuple[Query, str]:
    """Return the query for the index, and the group of services there.

    With one selected `via`, the index has a group of its own for services mentioned in that way. Notes that only likely
    are of a selected kind come last.
    """
    likely = BY_KEY["kind"].likely
    if last := tuple(likely[kind] for kind in query.selected("kind") if kind in likely):
        query = replace(query, last=("kind", last))
    via = query.selected("via")
    index_group = f"service_{via[0]}" if len(via) == 1 else ""
    if index_group not in BY_KEY:
        return query, "service"

    def renamed(groups: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(index_group if group == "service" else group for group in groups)

    index_query = query.select("service").select(index_group, *query.selected("service"))
    facets, match_all = renamed(query.facets), renamed(query.match_all)
    return replace(index_query, offset=query.offset, facets=facets, match_all=match_all), index_group


def _with_own_groups(query: Query, results: Results, service_group: str, snapshot: Snapshot) -> Results:
    """Return results that name each group as the query does, not as the index does."""
    own_groups = {service_group: "service"}
    facets = {group: results.facets[service_group if group == "service" else group] for group in query.facets}
    if "via" in facets and query.selected("service"):
        # Count `via` for the selected services alone: a note may mention other services in another way.
        totals = ((count, _total(query.select("via", count.value), snapshot)) for count in facets["via"])
        facets["via"] = tuple(count._replace(count=total) for count, total in totals if total or count.selected)
    without = {(own_groups.get(group, group), value): count for (group, value), count in results.without.items()}
    if service_group != "service" and without and ("via" in facets or not results.total):
        without["via", query.selected("via")[0]] = _total(query.select("via"), snapshot)
    return replace_fields(
        results,
        facets=facets,
        without=without,
        without_group={own_groups.get(group, group): count for group, count in results.without_group.items()},
        unknown=tuple(
            (own_groups.get(group, group), value)
            for group, value in results.unknown
            # A service without explicit mentions may have inherited ones.
            if group != service_group or group == "service" or not _total(Query().select("service", value), snapshot)
        ),
    )


def _total(query: Query, snapshot: Snapshot) -> int:
    index_query, _ = for_index(replace(query, offset=0, limit=0, facets=(), context=None, explain=False))
    return snapshot.reader.search(index_query).total


def _marks_above(
    found: Iterable[FoundNote], talks: Iterable[FoundTalk], terms: frozenset[str], analyzer: Analyzer
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return the marked ranges of the crumbs and talk titles above notes, and of the titles of talks."""
    notes = [hit.note for hit in found]
    texts = {crumb.text for note in notes for crumb in note.trail}
    texts |= {talk.title for talk in (*(note.talk for note in notes), *(one.talk for one in talks)) if talk}
    return {text: marks(text, terms, analyzer) for text in texts}


def _found_note(hit: Hit, terms: frozenset[str], snapshot: Snapshot, tier: Tier) -> FoundNote:
    note = snapshot.note(hit.stored)
    ranges = marks(note.text, terms, snapshot.tools.analyzer)
    return FoundNote(**asdict(hit), note=note, marks=ranges, overtaken=load_overtaken(hit.stored), tier=tier)


def _context_notes(results: Results, shown: Sequence[FoundNote], snapshot: Snapshot) -> dict[str, tuple[Note, ...]]:
    """Return the shown hits and their related notes by place; only these are decoded, as a place may hold thousands."""
    decoded = {hit.id: hit.note for hit in shown}
    ids = {note for hit in shown for note in (hit.id, hit.note.remedy_of, hit.note.answers) if note}

    def related(documents: Iterable[str]) -> Iterator[Note]:
        for stored in documents:
            relations = load_relations(stored)
            if relations.is_related_to(ids):
                yield decoded.get(relations.id) or snapshot.note(stored)

    notes = ((place, tuple(related(documents))) for place, documents in results.context.items())
    return {place: own for place, own in notes if own}


def unknown_values(answer: SearchResults, searcher: Searcher) -> Iterator[UnknownValue]:
    """Yield the selected values that no note has."""
    for facet, value in answer.unknown:
        is_known = value in searcher.labels(facet, None)
        yield UnknownValue(facet, value, is_known, () if is_known else searcher.near(BY_KEY[facet], value))


def without_a_word(query: Query, searcher: Searcher) -> Iterator[tuple[str, Query, int]]:
    """Yield each word whose removal finds notes, with the query without it and the number of notes."""
    words = query.text.split()
    if not 1 < len(words) <= _MAX_WORDS_LEFT_OUT or _MARKS.search(query.text):
        return
    queries = [replace(query, text=" ".join(words[:n] + words[n + 1 :]), offset=0) for n in range(len(words))]
    results = searcher.each(*(replace(without, limit=0) for without in queries))
    for word, without, result in zip(words, queries, results, strict=True):
        if result.total:
            yield word, without, result.total

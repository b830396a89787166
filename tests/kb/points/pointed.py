"""Notes as tests of points write them, and the points among them."""

from collections.abc import Iterable
from functools import cache

from kb.points import Gist, HandTold, Points, gist, points_of
from kb.report.model import Mention, Note, Talk, Why
from kb.understanding import Tools

TOOLS = Tools()
NAMES = frozenset(service.short_name.casefold() for service in TOOLS.catalogue.services)
DEAD_LETTERS = (
    "デッドレターキューを必ず設定すること",
    "Lambda には必ずデッドレターキューを付ける",
    "Lambda は失敗に備えて DLQ を設定しておくべき",
)


@cache
def gist_of(text: str) -> Gist:
    return gist(text, TOOLS.analyzer.morphemes(text), NAMES)


def note(text: str, talk: str = "a", year: int = 2018, service: str = "lambda", report: str = "") -> Note:
    """Return a note on a service, which its text names where it does."""
    report = report or f"r-{talk}"
    named = TOOLS.catalogue.by_slug[service].short_name.casefold() in text.casefold()
    return Note(
        id=f"{report}/{text}",
        report=report,
        source=f"{report}.md",
        line=1,
        type="bullet",
        depth=0,
        text=text,
        event=f"見本 {year}",
        held_on=str(year),
        talk=Talk(talk, talk, 1, speakers=(f"{talk}さん",)),
        services=(Mention(service, "explicit" if named else "inherited", Why("here", service)),),
    )


def made(notes: Iterable[Note], told: HandTold = HandTold(), like: float | None = None) -> Points:  # noqa: B008
    return points_of(notes, lambda one: gist_of(one.text), lambda _one, _other: like, told)


def said(points: Points) -> list[tuple[str, ...]]:
    return [tuple(one.text for one in point.notes) for point in points.points]


def contradicting(points: Points) -> list[tuple[str, set[str]]]:
    return [(one.differs, {note.text for note in one.notes}) for one in points.contradictions]

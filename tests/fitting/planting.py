"""Planted reports: libraries in which it is known which notes say the same, contradict each other, or do neither.

`planted/libraries`, and `planted/kept` for those that nothing is learned from, hold folders of `reports/` and
`cases.json`, in which notes, by file and text, say the same (`same`, `takers`), contradict each other
(`contradiction`), or neither (`two services`, `related`). `planted/tables` holds a piece of advice a line: four
wordings of it, its contrary, two notes that are only related, and often nearly the same words about another service;
reports are made of them here. Authors who saw neither this program nor each other wrote them all.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.points.comparing import Outcome
from kb.report.model import Note

PLANTED = Path(__file__).parent / "planted"
SAME = ("same", "takers")
_EVENTS = (
    ("AWS Summit Tokyo 2017", "2017-06-01"),
    ("JAWS DAYS 2018", "2018-03-10"),
    ("AWS re:Invent 2019", "2019-12-04"),
    ("JAWS-UG 勉強会 2021", "2021-07-15"),
    ("ServerlessDays Tokyo 2022", "2022-09-25"),
    ("AWS Summit Tokyo 2023", "2023-04-21"),
    ("AWS re:Invent 2024", "2024-12-03"),
    ("JAWS DAYS 2025", "2025-03-01"),
)
_TITLES = (
    "運用してわかったこと",
    "現場の話",
    "入門から実践まで",
    "3年間の振り返り",
    "失敗とその後",
    "設計の勘どころ",
    "本番で使うために",
)
_OF_A_SESSION = 2  # services

Cases = Mapping[str, Sequence[Sequence[str]]]
"""The ids of notes that are a case together, by what they are."""


def opened(library: Path, index: Path) -> KnowledgeBase:
    """Return a library that is indexed, with vectors."""
    knowledge_base = KnowledgeBase.open(library, index)
    knowledge_base.keeper.sync()
    knowledge_base.keeper.embed()
    return knowledge_base


def every_note(knowledge_base: KnowledgeBase) -> Sequence[Note]:
    """Return the notes of a library."""
    snapshot = knowledge_base.collection.snapshot()
    assert snapshot is not None
    return [snapshot.note(hit.stored) for hit in snapshot.reader.search(Query(limit=100_000)).hits]


def opened_cases(folder: Path, index: Path) -> tuple[KnowledgeBase, Cases]:
    """Return a planted library and its cases."""
    knowledge_base = opened(folder / "reports", index)
    ids = {(Path(note.source).name, note.text): note.id for note in every_note(knowledge_base)}
    cases = json.loads((folder / "cases.json").read_text("utf-8"))
    return knowledge_base, {
        kind: [[ids[note["report"], note["text"]] for note in case] for case in some] for kind, some in cases.items()
    }


def outcomes(cases: Cases) -> dict[frozenset[str], Outcome]:
    """Return of each pair of notes that says the same or contradicts each other which of both."""
    return {
        frozenset(pair): "contradicts" if kind == "contradiction" else "same"
        for kind in (*SAME, "contradiction")
        for case in cases[kind]
        for pair in combinations(case, 2)
    }


def write_library(table: Path, folder: Path) -> None:
    """Write the reports and cases of a table: no two notes of a line stand in one report."""
    rows = [json.loads(line) for line in table.read_text("utf-8").splitlines()]
    dealt = random.Random(table.stem)  # noqa: S311  # the same reports whenever they are made
    told: list[defaultdict[str, list[str]]] = [defaultdict(list) for _ in _EVENTS]
    cases: dict[str, list[list[dict[str, str]]]] = {
        kind: [] for kind in (*SAME, "contradiction", "two services", "related")
    }
    for row in rows:
        reports = iter(dealt.sample(range(len(_EVENTS)), len(_EVENTS)))

        def noted(text: str, service: str, reports: Iterator[int] = reports) -> dict[str, str]:
            report = next(reports)
            told[report][service].append(text)
            return {"report": f"{report}.md", "text": text}

        same = [noted(text, row["service"]) for text in row["same"]]
        contrary = noted(row["contrary"], row["service"])
        related = [noted(text, row["service"]) for text in row["related"]]
        cases["same"].append(same)
        cases["contradiction"] += [[contrary, note] for note in same]
        cases["related"] += [[note, same[0]] for note in related]
        if row["elsewhere"]:
            cases["two services"].append([noted(row["elsewhere"]["text"], row["elsewhere"]["service"]), same[0]])
    (folder / "reports").mkdir(parents=True)
    (folder / "cases.json").write_text(json.dumps(cases), "utf-8")
    for number, services in enumerate(told):
        (folder / f"reports/{number}.md").write_text("\n".join(_lines(number, dict(services), dealt)), "utf-8")


def _lines(number: int, services: Mapping[str, list[str]], dealt: random.Random) -> Iterator[str]:
    event, day = _EVENTS[number]
    yield from (f"# {event} 参加レポート", f"開催日: {day}", "")
    names = dealt.sample(list(services), len(services))
    for at in range(0, len(names), _OF_A_SESSION):
        yield from (
            f"## {_TITLES[at // _OF_A_SESSION % len(_TITLES)]} {at // _OF_A_SESSION + 1}",
            f"登壇者: 話者{number}-{at}",
            "",
        )
        for name in names[at : at + _OF_A_SESSION]:
            yield from (f"- {name}", *(f"  - {text}" for text in dealt.sample(services[name], len(services[name]))))
        yield ""

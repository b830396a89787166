"""What the corrections of a library teach: the kinds of its other notes are told by them, too."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import cached_property

import msgspec
from msgspec import Struct

from kb.kinds.classify import KINDS
from kb.kinds.features import Analysis, features
from kb.learning import Example, LinearModel, load, step_towards
from kb.report.model import Correction, Kind, Report

DOZEN = 12  # corrections: fewer teach nothing, and all notes are told anew once so many have come
_MOST = 240  # of which the last are learned from


class Lesson(Struct, frozen=True, dict=True):
    """Notes of which a person told the kind, or one that they are not of."""

    told: tuple[Example, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from others; nothing where nothing is taught."""
        return hashlib.sha256(msgspec.json.encode(self.told)).hexdigest() if self.told else ""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many notes were told to be of each kind, and under `no …` how many not to be."""
        return Counter(_named(one.labels) for one in self.told)

    @cached_property
    def step(self) -> LinearModel | None:
        """What it changes of the weights that tell kinds."""
        return step_towards(load("kinds"), self.told) if self.told else None


def taught_by(corrections: Mapping[str, Correction]) -> Mapping[str, tuple[Kind, ...]]:
    """Return the notes that are learned from, by the dozen, the last of them: of which kinds each may be, by its id."""
    told = {note: _may_be(one) for note, one in corrections.items() if one.kind or one.denied}
    chosen = [*told][: len(told) // DOZEN * DOZEN][-_MOST:]
    return {note: told[note] for note in chosen}


def told_features(
    report: Report, analysis: Analysis, corrections: Mapping[str, Correction]
) -> Mapping[str, tuple[str, ...]]:
    """Return what is true of each note whose kind is corrected, by its own part of its id."""
    told = {note for note, one in corrections.items() if one.kind or one.denied}
    if not told:
        return {}
    every = zip(report.notes, features(report, analysis), strict=True)
    return {note.id.rpartition("/")[2]: tuple(own) for note, own in every if note.id in told}


def _may_be(correction: Correction) -> tuple[Kind, ...]:
    return (correction.kind,) if correction.kind else tuple(kind for kind in KINDS if kind not in correction.denied)


def _named(kinds: tuple[str, ...]) -> str:
    return kinds[0] if len(kinds) == 1 else " ".join(["no", *(kind for kind in KINDS if kind not in kinds)])

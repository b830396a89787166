"""What each line of a report is: a talk, a part of one, what stands over talks, the writer's own, or the event.

It is learned in two steps: of each line by itself (`lines.npz`), then of each among those around it, by what these are
likely to be (`lines_together.npz`).
"""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from kb.learning import load
from kb.report.outline import Outline
from kb.talks.features import features_of, is_section_name, marks_of
from kb.talks.heading import read_heading
from kb.talks.lines import Line, ends_of, parents_of, peer_keys, peers_of

Role = Literal["none", "talk", "part", "group", "own", "event"]
ROLES: tuple[Role, ...] = get_args(Role)
_TALK = ROLES.index("talk")
_BINS = (0.01, 0.03, 0.08, 0.15, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95)  # of probabilities, as features
_EXPLICIT = 0.9  # 49 of the 52 headings of readers that say so are talks
_EVEN = 0.5  # what is rather a talk
_NEAR = 2  # lines between such as stand near
_FURTHER = 60  # lines below a heading that are asked


@dataclass(frozen=True, slots=True)
class Roles:
    """What the lines of a report are, by their index: the likeliest role of each, and the probability of a talk.

    A line that is missing is no more than text.
    """

    role: Mapping[int, Role]
    talk: Mapping[int, float]


def roles_of(outline: Outline, lines: Sequence[Line], event: str | None) -> Roles:
    """Return what each line of an outline is, which is about an event."""
    chosen, alone = features_of(outline, lines, event)
    together = features_together(lines, chosen, load("lines").probabilities(alone))
    role, talk = _by_line(chosen, load("lines_together").probabilities(together))
    explicit = (i for i in chosen if lines[i].level and read_heading(lines[i].text).is_explicit)
    return Roles(role, talk | {i: max(talk[i], _EXPLICIT) for i in explicit})


def reasons_of(outline: Outline, lines: Sequence[Line], event: str | None, number: int) -> list[tuple[str, float]]:
    """Return what speaks most for a line being a talk, and against it where negative; nothing if it cannot be one."""
    chosen, alone = features_of(outline, lines, event)
    at = next((at for at, i in enumerate(chosen) if lines[i].number == number), None)
    if at is None:
        return []
    first, second = load("lines"), load("lines_together")
    together = features_together(lines, chosen, first.probabilities(alone))
    reasons = dict([*first.reasons(alone[at], "talk"), *second.reasons(together[at], "talk")])
    return sorted(reasons.items(), key=lambda reason: -abs(reason[1]))


def _by_line(chosen: Sequence[int], probabilities: NDArray[np.float64]) -> tuple[dict[int, Role], dict[int, float]]:
    """Return the likeliest role of each line, and the probability that it is a talk."""
    roles = (ROLES[at] for at in probabilities.argmax(axis=1))
    return dict(zip(chosen, roles, strict=True)), dict(zip(chosen, probabilities[:, _TALK].tolist(), strict=True))


def features_together(
    lines: Sequence[Line], chosen: Sequence[int], probabilities: NDArray[np.float64]
) -> list[list[str]]:
    """Return features of the chosen lines out of what they and those around them are likely to be.

    `probabilities`, (lines, roles), are told of each by itself.
    """
    role, talk = _by_line(chosen, probabilities)
    parents, ends = parents_of(lines), ends_of(lines)
    peers = {
        key: _Peers([talk[i] for i in own], Counter(role[i] for i in own))
        for key, own in peers_of(lines, parents, chosen).items()
    }
    headings = defaultdict[int, float](float)  # how many headings below each are talks, by their probabilities
    for i in chosen:
        if lines[i].level:
            headings[parents[i]] += talk[i]
    total, of_headings = sum(talk.values()), sum(headings.values())
    features, last = list[list[str]](), "none"
    for n, i in enumerate(chosen):
        line, parent = lines[i], parents[i]
        sort = "h" if line.level else line.type
        place = "h" if line.level else f"{line.type}{line.depth}"
        above = role.get(parent, "nothing")
        own = [
            *marks_of(line.text),
            *(f"p {name} {_bin(value)}" for name, value in zip(ROLES, probabilities[n].tolist(), strict=True)),
            f"p talk {_bin(talk[i])} {sort}",
            f"above is {above}",
            f"{place} above is {above}",
            f"{place} above is {above} headings {min(int(headings.get(parent, 0) + 0.5), 2)}",
            f"{place} headings {min(int(of_headings + 0.5), 6) // 2}",
            f"{place} apart {line.after_gap} nth {min(line.nth, 2)}",
            f"{place} word {is_section_name(line.text)}",
            f"last {last}",
            f"one of several {line.shares_line}",
            f"talks {min(int(total), 20) // 2}",
            f"headings' share {_bin(of_headings / max(total, 0.1))} {sort}",
        ]
        for key in peer_keys(line, parent):
            own += peers[key].features(key[0], talk[i], role[i], sort)
            if key[0] == "beside":
                own.append(f"share {_bin(peers[key].sum / max(total, 0.1))}")
        while parent >= 0 and parents[parent] >= 0:
            parent = parents[parent]
        own.append(f"outermost is {role.get(parent, 'nothing')}")
        if line.level:
            below = [j for j in chosen[n + 1 : n + _FURTHER] if j < ends[i]]
            own += [
                f"below say {_bin(max((talk[j] for j in below), default=0))}",
                f"headings below say {_bin(max((talk[j] for j in below if lines[j].level), default=0))}",
                f"sum below {min(int(sum(talk[j] for j in below) + 0.5), 4)}",
            ]
        own += _neighbour_features(lines, chosen, n, role, talk)
        features.append(own)
        last = role[i] if role[i] != "none" else last
    return features


def _neighbour_features(
    lines: Sequence[Line], chosen: Sequence[int], n: int, role: Mapping[int, Role], talk: Mapping[int, float]
) -> Iterator[str]:
    """Yield what the chosen lines before and behind the n-th are."""
    for step in (-2, -1, 1, 2):
        if not 0 <= n + step < len(chosen):
            yield f"{step} none"
            continue
        j = chosen[n + step]
        yield f"{step} is {role[j]}"
        yield f"{step} says {_bin(talk[j])}"
        if abs(lines[j].number - lines[chosen[n]].number) <= _NEAR:
            yield f"{step} near says {_bin(talk[j])}"


class _Peers:
    """Lines of one kind: their probabilities of being talks, and what they are else."""

    def __init__(self, talk: Sequence[float], roles: Counter[Role]) -> None:
        self._others, self._roles = len(talk) - 1, roles
        self.sum, self._over = sum(talk), sum(value > _EVEN for value in talk)

    def features(self, name: str, talk: float, role: Role, sort: str) -> Iterator[str]:
        """Yield what the others say of one of them, which is a talk by that probability."""
        if not self._others:
            yield f"{name} alone"
            return
        mean = _bin((self.sum - talk) / self._others)
        share = f"{5 * (self._over - (talk > _EVEN)) // self._others} of {self._others > 1}"
        yield f"{name} say {mean}"
        yield f"{name} say {mean} own {_bin(talk) // 2}"
        yield f"{name} share {share}"
        yield f"{name} share {share} own {_bin(talk) // 2} {sort}"
        yield f"{name} mostly {(self._roles - Counter([role])).most_common(1)[0][0]}"


def _bin(probability: float) -> int:
    return bisect(_BINS, probability)


def likeliest(lines: Sequence[Line], talk: Mapping[int, float], overrides: Mapping[int, bool]) -> list[int]:
    """Return the lines that are talks, none of them below another that nobody told: each, or the likeliest below it.

    Probabilities add up as those of independent lines do, by the logarithm of the odds. A report is consistent: where
    half of those beside a line are talks, less makes it one; a row of a table, which may tell of anything, needs more
    by itself. What a person told of lines, the `overrides` by their index, holds: below a line that was told to be a
    talk those remain that are talks by themselves, for nothing was said of them.
    """
    thresholds = {name: _log_odds(value) for name, value in load("lines_together").thresholds.items()}
    sure, beside, row = (thresholds[name] for name in ("talk", "talk beside talks", "row"))
    rows = {i for i in talk if lines[i].type == "table"}
    points = {i: _log_odds(value) - (row if i in rows else sure) for i, value in talk.items()}
    by_themselves = {i for i, gain in points.items() if gain > 0}
    for (name, *_), peers in peers_of(lines, parents_of(lines), talk).items():
        if name == "beside" and 2 * sum(points[i] > 0 for i in peers) > len(peers) - 1:
            others = (i for i in peers if i not in rows and not is_section_name(lines[i].text))
            points.update({i: points[i] + sure - beside for i in others if points[i] + sure > beside})
    points.update({i: inf if is_talk else -inf for i, is_talk in overrides.items()})
    ends = ends_of(lines)
    best: list[tuple[int, float, list[int]]] = []  # the last lines first, those below a heading as one
    for i in sorted(talk, reverse=True):
        below, talks = 0.0, list[int]()
        while lines[i].level and best and best[-1][0] < ends[i]:
            _, gain, inside = best.pop()
            below, talks = below + gain, [*talks, *inside]
        if points[i] > max(below, 0.0):
            remaining = [one for one in talks if one in by_themselves] if i in overrides else []
            below, talks = points[i], [i, *remaining]
        if talks:
            best.append((i, below, talks))
    return sorted(i for _, _, talks in best for i in talks)


def _log_odds(probability: float) -> float:
    probability = min(max(probability, 1e-6), 1 - 1e-6)
    return log(probability / (1 - probability))

"""The role of each line of a report: a talk, a part of one, a group of talks, the author's own words, or the event.

Input: the lines that may be talks, with their features (`features.py`).
Model: two logistic regressions. The first (`lines.npz`) judges each line alone. The second (`lines_together.npz`) takes
the first one's probabilities for the line, its peers, its headings and its neighbours as features. The mean of both
counts: on authors whom neither has seen, the second alone is too sure.
Output: the likeliest role of each line, and its probability of being a talk; then a consistent choice of talks.
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
from kb.talks.lines import Line, ends_of, holders_of, parents_of, peer_keys, peers_of
from kb.talks.talk_patterns import read_heading

Role = Literal["none", "talk", "part", "group", "own", "event"]
ROLES: tuple[Role, ...] = get_args(Role)
_TALK = ROLES.index("talk")
_BINS = (0.01, 0.03, 0.08, 0.15, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95)  # bounds of probabilities as features
_EXPLICIT = 0.94  # probability of an explicit heading: 49 of 52 in the labelled reports are talks
_EVEN = 0.5  # probability from which a line is rather a talk
_MAX_NEAR = 2  # lines of the file between near lines
_MAX_BELOW = 60  # lines below a heading that are features
_SUREST = 0.85  # the least probability of the surest talk of a report that has at least _MANY lines (docs/relevance.md)
_MANY = 10

LineFeatures = dict[int, list[str]]  # by the index of the line


@dataclass(frozen=True, slots=True)
class Roles:
    """The lines of a report, by their index, that may be talks. All other lines are text."""

    role: Mapping[int, Role]  # the likeliest
    talk: Mapping[int, float]  # the probability that the line is a talk
    features: tuple[LineFeatures, LineFeatures]  # for the first and the second model

    def reasons(self, i: int) -> list[tuple[str, float]]:
        """Return the features that say most for a line being a talk or, if negative, against it."""
        reasons = dict[str, float]()
        for model, features in zip(("lines", "lines_together"), self.features, strict=True):
            reasons |= load(model).reasons(features[i], "talk")
        return sorted(reasons.items(), key=lambda reason: -abs(reason[1]))


def roles_of(outline: Outline, lines: Sequence[Line], event: str | None) -> Roles:
    """Return the roles of an outline's lines."""
    chosen, alone = features_of(outline, lines, event)
    judged_alone = load("lines").probabilities(alone)
    together = features_together(lines, chosen, judged_alone)
    judged_together = load("lines_together").probabilities(together)
    # The geometric mean, as of a product of experts; only its ranking and its share of all roles matter.
    means = np.sqrt(judged_alone * judged_together)
    role, talk = _by_line(chosen, means / means.sum(axis=1, keepdims=True))
    for i in chosen:
        if lines[i].level and read_heading(lines[i].text).is_explicit:
            talk[i] = max(talk[i], _EXPLICIT)
    return Roles(role, talk, (dict(zip(chosen, alone, strict=True)), dict(zip(chosen, together, strict=True))))


def _by_line(chosen: Sequence[int], probabilities: NDArray[np.float64]) -> tuple[dict[int, Role], dict[int, float]]:
    """Return the likeliest role of each line, and its probability of being a talk."""
    roles = (ROLES[at] for at in probabilities.argmax(axis=1))
    return dict(zip(chosen, roles, strict=True)), dict(zip(chosen, probabilities[:, _TALK].tolist(), strict=True))


def choose_talks(lines: Sequence[Line], talk: Mapping[int, float], overrides: Mapping[int, bool]) -> list[int]:
    """Choose the talks: either a heading or lines below it, whichever scores higher. Return their indices.

    A report whose surest line is not sure has none: it is on one talk or on no event, and the lines are its sections.
    The score of a line is its log-odds less those of a threshold; scores of lines below a heading add up, as if they
    were independent. The threshold is lower for a line if half of its peers are talks, and higher for rows of tables,
    which may list anything. `overrides` win. Lines below one that is overridden to be a talk are judged alone, since
    the override says nothing about them.
    """
    thresholds = {name: _log_odds(value) for name, value in load("lines_together").thresholds.items()}
    usual, beside_talks, for_rows = (thresholds[name] for name in ("talk", "talk beside talks", "row"))
    rows = {i for i in talk if lines[i].type == "table"}
    scores = {i: _log_odds(value) - (for_rows if i in rows else usual) for i, value in talk.items()}
    if len(talk) >= _MANY and max(talk.values(), default=0.0) < _SUREST:
        scores = dict.fromkeys(scores, -inf)
    talks_alone = {i for i, score in scores.items() if score > 0}
    for (name, *_), peers in peers_of(lines, parents_of(lines), talk).items():
        if name == "beside" and 2 * sum(scores[i] > 0 for i in peers) > len(peers) - 1:
            for i in peers:
                own, beside = (for_rows, usual) if i in rows else (usual, beside_talks)
                if scores[i] + own > beside and not is_section_name(lines[i].text):
                    scores[i] += own - beside
    scores.update({i: inf if is_talk else -inf for i, is_talk in overrides.items()})
    ends = ends_of(lines)
    best: list[tuple[int, float, list[int]]] = []  # line, score and talks of each section so far, the last first
    for i in sorted(talk, reverse=True):
        score, talks = 0.0, list[int]()
        while lines[i].level and best and best[-1][0] < ends[i]:
            _, score_below, talks_below = best.pop()
            score, talks = score + score_below, [*talks, *talks_below]
        if scores[i] > max(score, 0.0):
            remaining = [j for j in talks if j in talks_alone] if i in overrides else []
            score, talks = scores[i], [i, *remaining]
        if talks:
            best.append((i, score, talks))
    return sorted(i for _, _, talks in best for i in talks)


def _log_odds(probability: float) -> float:
    probability = min(max(probability, 1e-6), 1 - 1e-6)
    return log(probability / (1 - probability))


def features_together(
    lines: Sequence[Line], chosen: Sequence[int], probabilities: NDArray[np.float64]
) -> list[list[str]]:
    """Return the second model's features of the chosen lines.

    `probabilities`, (lines, roles), are those of the first model.
    """
    role, talk = _by_line(chosen, probabilities)
    parents, ends, holders = parents_of(lines), ends_of(lines), holders_of(lines)
    held = defaultdict[int, list[int]](list)
    for i in chosen:
        held[holders[i]].append(i)
    peers = {
        key: _Peers([talk[i] for i in group], Counter(role[i] for i in group))
        for key, group in peers_of(lines, parents, chosen).items()
    }
    headings = defaultdict[int, float](float)  # the expected number of talks among the headings below each
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
            below = [j for j in chosen[n + 1 : n + _MAX_BELOW] if j < ends[i]]
            own += [
                f"below say {_bin(max((talk[j] for j in below), default=0))}",
                f"headings below say {_bin(max((talk[j] for j in below if lines[j].level), default=0))}",
                f"sum below {min(int(sum(talk[j] for j in below) + 0.5), 4)}",
            ]
        else:
            own += _item_features(role, talk, holders[i], held[i])
        own += _neighbour_features(lines, chosen, n, role, talk)
        features.append(own)
        last = role[i] if role[i] != "none" else last
    return features


def _item_features(
    role: Mapping[int, Role], talk: Mapping[int, float], holder: int, items: Sequence[int]
) -> Iterator[str]:
    """Yield the role and probability of the item that a line is nested in, and the probabilities of the items in it."""
    if holder >= 0:
        yield f"in is {role.get(holder, 'nothing')}"
        yield f"in says {_bin(talk.get(holder, 0))}"
    else:
        yield "in nothing"
    if items:
        yield f"items say {_bin(max(talk[j] for j in items))}"
        yield f"sum of items {min(int(sum(talk[j] for j in items) + 0.5), 4)}"


def _neighbour_features(
    lines: Sequence[Line], chosen: Sequence[int], n: int, role: Mapping[int, Role], talk: Mapping[int, float]
) -> Iterator[str]:
    """Yield the roles and probabilities of the chosen lines around the n-th."""
    for step in (-2, -1, 1, 2):
        if not 0 <= n + step < len(chosen):
            yield f"{step} none"
            continue
        j = chosen[n + step]
        yield f"{step} is {role[j]}"
        yield f"{step} says {_bin(talk[j])}"
        if abs(lines[j].number - lines[chosen[n]].number) <= _MAX_NEAR:
            yield f"{step} near says {_bin(talk[j])}"


class _Peers:
    """A group of peers: their probabilities of being talks, and their roles."""

    def __init__(self, talk: Sequence[float], roles: Counter[Role]) -> None:
        self._others, self._roles = len(talk) - 1, roles
        self.sum, self._over = sum(talk), sum(value > _EVEN for value in talk)

    def features(self, name: str, talk: float, role: Role, sort: str) -> Iterator[str]:
        """Yield the features of one peer, with its probability and role, from all others."""
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

"""What each line of a report is: a talk, a part of one, what stands over talks, the writer's own, or the event."""

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
from kb.talks.features import Key, ends_of, features_of, is_section_name, keys_of, marks_of, parents_of
from kb.talks.heading import read_heading
from kb.talks.lines import Line

Role = Literal["none", "talk", "part", "group", "own", "event"]
ROLES: tuple[Role, ...] = get_args(Role)
_TALK = ROLES.index("talk")
_BINS = (0.01, 0.03, 0.08, 0.15, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95)
_PLAIN = 0.9  # 49 of the 52 headings of readers that say so are talks
_EVEN, _NEAR = 0.5, 2  # what is rather a talk; lines that stand near
_FURTHER = 60  # lines below a heading that are asked


@dataclass(frozen=True, slots=True)
class Roles:
    """What the lines of a report are: the likeliest role of each that may be anything, and how likely it is a talk."""

    role: Mapping[int, Role]
    talk: Mapping[int, float]


def roles_of(outline: Outline, lines: Sequence[Line], event: str | None) -> Roles:
    """Return what each line is, by its index; what is missing is no more than text."""
    chosen, told = features_of(outline, lines, event)
    first = load("lines").probabilities(told)
    likely = load("lines_together").probabilities(told_together(lines, chosen, first))
    roles = [ROLES[at] for at in likely.argmax(axis=1)] if chosen else []
    talk = dict(zip(chosen, map(float, likely[:, _TALK]), strict=True))
    plain = (i for i in chosen if lines[i].level and read_heading(lines[i].text).plain)
    talk.update({i: max(talk[i], _PLAIN) for i in plain})
    return Roles(dict(zip(chosen, roles, strict=True)), talk)


def reasons_of(outline: Outline, lines: Sequence[Line], event: str | None, number: int) -> list[tuple[str, float]]:
    """Return what speaks most for a line being a talk, and against it where negative; nothing if it cannot be one."""
    chosen, told = features_of(outline, lines, event)
    at = next((at for at, i in enumerate(chosen) if lines[i].number == number), None)
    if at is None:
        return []
    alone, together = load("lines"), load("lines_together")
    among = told_together(lines, chosen, alone.probabilities(told))[at]
    both = [*alone.reasons(told[at], "talk"), *together.reasons(among, "talk")]
    return sorted(dict(both).items(), key=lambda one: -abs(one[1]))


def told_together(lines: Sequence[Line], chosen: Sequence[int], likely: NDArray[np.float64]) -> list[list[str]]:
    """Return features of each line out of what it and those around it are likely to be."""
    talk = dict(zip(chosen, likely[:, _TALK].tolist(), strict=True))
    role = dict(zip(chosen, (ROLES[at] for at in likely.argmax(axis=1)), strict=True))
    parents, ends = parents_of(lines), ends_of(lines)
    groups = defaultdict[Key, list[int]](list)
    headings = defaultdict[int, float](float)
    for i in chosen:
        for key in keys_of(lines[i], parents[i]):
            groups[key].append(i)
        if lines[i].level:
            headings[parents[i]] += talk[i]
    about = {key: _Group([talk[i] for i in own], Counter(role[i] for i in own)) for key, own in groups.items()}
    total = sum(talk.values())
    under = f"talks {min(int(total), 20) // 2}"
    of_headings = sum(headings.values())
    found, last = list[list[str]](), "none"
    for n, i in enumerate(chosen):
        line, own, parent = lines[i], talk[i], parents[i]
        sort = "h" if line.level else line.type
        placed = "h" if line.level else f"{line.type}{line.depth}"
        above = role.get(parent, "nothing")
        one = [*marks_of(line.text)]
        word = is_section_name(line.text)
        one += [f"p {name} {_bin(value)}" for name, value in zip(ROLES, likely[n].tolist(), strict=True)]
        one += [
            f"p talk {_bin(own)} {sort}",
            f"above is {above}",
            f"{placed} above is {above}",
            f"{placed} above is {above} headings {min(int(headings.get(parent, 0) + 0.5), 2)}",
            f"{placed} headings {min(int(of_headings + 0.5), 6) // 2}",
            f"{placed} apart {line.apart} nth {min(line.nth, 2)}",
            f"{placed} word {word}",
            f"last {last}",
            f"one of several {line.several}",
            under,
            f"headings' share {_bin(of_headings / max(total, 0.1))} {sort}",
        ]
        for key in keys_of(line, parent):
            one += about[key].told(key[0], own, role[i], sort)
            if key[0] == "beside":
                one.append(f"share {_bin(sum(about[key].talk) / max(total, 0.1))}")
        while parent >= 0 and parents[parent] >= 0:
            parent = parents[parent]
        one.append(f"outermost is {role.get(parent, 'nothing')}")
        if line.level:
            below = [j for j in chosen[n + 1 : n + _FURTHER] if j < ends[i]]
            one += [
                f"below say {_bin(max((talk[j] for j in below), default=0))}",
                f"headings below say {_bin(max((talk[j] for j in below if lines[j].level), default=0))}",
                f"sum below {min(int(sum(talk[j] for j in below) + 0.5), 4)}",
            ]
        one += _beside(lines, chosen, n, talk, role)
        found.append(one)
        last = role[i] if role[i] != "none" else last
    return found


class _Group:
    """Lines of one kind: how likely talks they are, and what they are else."""

    def __init__(self, talk: list[float], roles: Counter[Role]) -> None:
        self.talk, self.roles = talk, roles
        self.sum, self.over = sum(talk), sum(value > _EVEN for value in talk)

    def told(self, name: str, own: float, role: Role, sort: str) -> Iterator[str]:
        """Yield what the others say of one of them."""
        others = len(self.talk) - 1
        if not others:
            yield f"{name} alone"
            return
        mean = _bin((self.sum - own) / others)
        share = f"{5 * (self.over - (own > _EVEN)) // others} of {others > 1}"
        yield f"{name} say {mean}"
        yield f"{name} say {mean} own {_bin(own) // 2}"
        yield f"{name} share {share}"
        yield f"{name} share {share} own {_bin(own) // 2} {sort}"
        counts = self.roles - Counter([role])
        yield f"{name} mostly {counts.most_common(1)[0][0]}"


def _beside(
    lines: Sequence[Line], chosen: Sequence[int], n: int, talk: Mapping[int, float], role: Mapping[int, Role]
) -> Iterator[str]:
    for step in (-2, -1, 1, 2):
        if not 0 <= n + step < len(chosen):
            yield f"{step} none"
            continue
        j = chosen[n + step]
        yield f"{step} is {role[j]}"
        yield f"{step} says {_bin(talk[j])}"
        if abs(lines[j].number - lines[chosen[n]].number) <= _NEAR:
            yield f"{step} near says {_bin(talk[j])}"


def _bin(share: float) -> int:
    return bisect(_BINS, share)


def likeliest(lines: Sequence[Line], likely: Mapping[int, float], told: Mapping[int, bool]) -> list[int]:
    """Return the lines that are talks, none of them below another: each, or the likeliest below it.

    How likely lines are adds up as it does of independent ones, by the logarithm of the odds. A report is consistent:
    where half of those beside a line are talks, less makes it one; a row of a table, which may tell of anything, needs
    more by itself. What is `told` of some lines by hand holds of these.
    """
    model = load("lines_together")
    sure, beside = (_points(model.thresholds[name]) for name in ("talk", "talk beside talks"))
    parents, groups = parents_of(lines), defaultdict[Key, list[int]](list)
    for i in likely:
        groups[next(keys_of(lines[i], parents[i]))].append(i)
    row = _points(model.thresholds["row"])
    rows = {i for i in likely if lines[i].type == "table"}
    points = {i: _points(share) - (row if i in rows else sure) for i, share in likely.items()}
    for own in groups.values():
        if 2 * sum(points[i] > 0 for i in own) > len(own) - 1:
            others = (i for i in own if i not in rows and not is_section_name(lines[i].text))
            likely_too = (i for i in others if points[i] + sure > beside)
            points.update({i: points[i] + sure - beside for i in likely_too})
    points.update({i: inf if is_talk else -inf for i, is_talk in told.items()})
    ends = ends_of(lines)
    best: list[tuple[int, float, list[int]]] = []  # the last lines first, those below a heading as one
    for i in sorted(likely, reverse=True):
        below, talks = 0.0, list[int]()
        while lines[i].level and best and best[-1][0] < ends[i]:
            _, gain, inside = best.pop()
            below, talks = below + gain, [*talks, *inside]
        if points[i] > max(below, 0.0):
            below, talks = points[i], [i]
        if talks:
            best.append((i, below, talks))
    return sorted(talk for _, _, talks in best for talk in talks)


def _points(share: float) -> float:
    share = min(max(share, 1e-6), 1 - 1e-6)
    return log(share / (1 - share))

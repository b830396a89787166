"""Small logistic regressions: weights for named evidence, each author counting alike, small ones preferred."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

_MOST_STEPS, _EXACT = 30, 1e-6  # Newton's method takes six to ten
_NEAR_ENOUGH = 1e-3  # of weights that are written with three digits
_FAR = 30  # points beyond which exp says nothing new
_FREE = 0.01  # penalty of the constant, which is to be free


def fitted(
    told: Sequence[Mapping[str, float]], labels: Sequence[bool], shares: Sequence[float], ridge: float = 1.0
) -> dict[str, float]:
    """Return the weight of each piece of evidence by Newton's method; `shares` is what each example counts."""
    names = ["always", *told[0]]
    table = np.array([[1.0, *(row[name] for name in names[1:])] for row in told])
    wanted, share = np.array(labels, float), np.array(shares)
    penalty = np.diag([_FREE, *[ridge] * (len(names) - 1)])
    weights = np.zeros(len(names))
    for _ in range(_MOST_STEPS):
        likely = 1 / (1 + np.exp(-np.clip(table @ weights, -_FAR, _FAR)))
        slope = table.T @ (share * (wanted - likely)) - penalty @ weights
        bend = (table * (share * likely * (1 - likely))[:, None]).T @ table + penalty
        step = np.linalg.solve(bend, slope)
        weights += step
        if np.abs(step).max() < _EXACT:
            break
    return {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}


def fitted_kinds(
    table: NDArray[np.float64], kinds: Sequence[int], shares: Sequence[float], ridges: Sequence[float]
) -> NDArray[np.float64]:
    """Return a weight for each column of a table and each kind, by Newton's method over all kinds at once.

    `kinds` is the kind of each row, `shares` what each row counts, `ridges` how small each column's weights shall be.
    """
    (_, width), most = table.shape, max(kinds) + 1
    wanted, share = np.eye(most)[list(kinds)], np.array(shares)[:, None]
    weights, penalty = np.zeros((width, most)), np.array(ridges)[:, None]
    for _ in range(_MOST_STEPS):
        points = table @ weights
        likely = np.exp(points - points.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        slope = table.T @ (share * (wanted - likely)) - penalty * weights
        bend = np.zeros((most, width, most, width))
        for one in range(most):
            for other in range(one, most):
                curve = share[:, 0] * likely[:, one] * ((one == other) - likely[:, other])
                bend[one, :, other] = bend[other, :, one] = (table * curve[:, None]).T @ table
            bend[one, :, one] += np.diag(penalty[:, 0])
        step = np.linalg.solve(bend.reshape(most * width, -1), slope.T.ravel()).reshape(most, width).T
        weights += step
        if np.abs(step).max() < _NEAR_ENOUGH:
            break
    return weights


def shares(authors: Sequence[str]) -> list[float]:
    """Return what each example counts, so that who wrote much counts more than others, but not as much more."""
    counts = Counter(authors)
    mean = len(authors) / len(counts)
    return [(mean / counts[author]) ** 0.5 for author in authors]


def written(
    what: str,
    day: date,
    figures: Mapping[str, Mapping[str, float]],
    weights: Mapping[str, Mapping[str, float | list[float]]],
) -> str:
    """Return weights as TOML, with the day of the fit and its figures."""
    lines = [f"# Written by `make fit`, not by hand. {what}.", f"fitted_on = {day.isoformat()}"]
    for name, values in figures.items():
        lines += ["", f'[figures."{name}"]', *(f'"{key}" = {value:.3f}' for key, value in values.items())]
    for name, values in weights.items():
        lines += ["", f"[{name}]", *(f'"{key}" = {value}' for key, value in values.items())]
    return "\n".join(lines) + "\n"

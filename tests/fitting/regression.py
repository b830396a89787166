"""Small logistic regressions: weights for named evidence, each author counting alike, small ones preferred."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

_MOST_STEPS, _EXACT = 30, 1e-6  # Newton's method takes six to ten
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

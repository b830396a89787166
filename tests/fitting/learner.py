"""Fits models over named features, measures them on authors left out, and writes them as data."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pycrfsuite
from numpy.typing import NDArray
from scipy import optimize, sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from kb.learning import ConditionalRandomField, Features, LinearModel

MODELS = Path("kb/learning")
DIAGRAMS = Path("docs/images/reliability")
FEWEST_DOCUMENTS = 3  # that a feature is seen in; what fewer hold is their subject
FOLDS = 6
STRENGTH = 0.15  # C of the regression: how large weights may be
VECTOR_SCALE = 0.1  # how far the numbers of a vector spread, where a feature is 0 or 1
_MOST_STEPS = 200
_LEAST = 1e-3  # weights below it say nothing
_TAGGER = {"c2": 1.0, "feature.minfreq": 3, "max_iterations": 60, "feature.possible_transitions": True}
_SMALLEST = 0.02  # a weight of a tagger that says nothing below
_NEVER = -8.0  # the weight of labels that never follow one another


@dataclass(frozen=True, slots=True)
class Example:
    """What is true of something, and what a reader called it, empty if nobody did; `kind` is the sort of its text."""

    features: Features
    label: str
    author: str
    document: str
    kind: str = "notes"
    vector: NDArray[np.float32] | None = None


def fitted(
    examples: Sequence[Example],
    labels: Sequence[str],
    thresholds: Mapping[str, float] | None = None,
    scale: float = VECTOR_SCALE,
) -> LinearModel:
    """Return a model of examples, its probabilities calibrated on authors left out."""
    temperature = _temperature(left_out(examples, labels, scale), examples, labels)
    return _model(examples, labels, temperature, thresholds or {}, scale)


def trained(examples: Sequence[Example], labels: Sequence[str]) -> LinearModel:
    """Return a model of examples as they are: what is fitted on one set, to be tested on another."""
    return _model(examples, labels, 1.0, {})


def evidence_weights(
    told: Sequence[Mapping[str, float]], labels: Sequence[bool], authors: Sequence[str]
) -> dict[str, float]:
    """Return the weight of each piece of evidence, and under `always` that of what always counts.

    Who wrote much counts more than others, but not as much more.
    """
    counts = Counter(authors)
    mean = len(authors) / len(counts)
    shares = [(mean / counts[author]) ** 0.5 for author in authors]
    table = np.array([list(row.values()) for row in told])
    regression = LogisticRegression(solver="newton-cholesky", tol=1e-9).fit(table, labels, sample_weight=shares)
    weights = zip(["always", *told[0]], [*regression.intercept_, *regression.coef_[0]], strict=True)
    return {name: round(float(weight), 3) for name, weight in weights}


def fitted_tagger(
    texts: Sequence[tuple[Sequence[Features], Sequence[str]]],
    labels: Sequence[str],
    thresholds: Mapping[str, float] | None = None,
) -> ConditionalRandomField:
    """Return a conditional random field of texts, each the features and the labels of its pieces."""
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(_TAGGER)
    for features, wanted in texts:
        trainer.append(features, wanted)
    with TemporaryDirectory() as folder:
        trainer.train(f"{folder}/model")
        tagger = pycrfsuite.Tagger()
        tagger.open(f"{folder}/model")
        known = tagger.info()
    rows = defaultdict[str, NDArray[np.float64]](lambda: np.zeros(len(labels)))
    for (name, label), weight in known.state_features.items():
        rows[name][labels.index(label)] = weight
    rows = {name: row for name, row in rows.items() if np.abs(row).max() >= _SMALLEST}
    following = np.full((len(labels), len(labels)), _NEVER)
    for (before, label), weight in known.transitions.items():
        following[labels.index(before), labels.index(label)] = weight
    return ConditionalRandomField(labels, [*rows], np.array([*rows.values()]), following, thresholds or {})


def left_out(examples: Sequence[Example], labels: Sequence[str], scale: float = VECTOR_SCALE) -> NDArray[np.float64]:
    """Return how likely each label of each example is, (examples, labels), by a model that never saw its author."""
    folds = folds_of([one.author for one in examples])
    found = np.empty((len(examples), len(labels)))
    for fold in range(max(folds) + 1):
        out = [number for number, own in enumerate(folds) if own == fold]
        model = _model([one for one, own in zip(examples, folds, strict=True) if own != fold], labels, 1.0, {}, scale)
        found[out] = probabilities(model, [examples[number] for number in out])
    return found


def probabilities(model: LinearModel, examples: Sequence[Example]) -> NDArray[np.float64]:
    """Return how likely each label of each example is, (examples, labels)."""
    vectors = None if model.vector_weights is None else np.stack([one.vector for one in examples])
    return model.probabilities([one.features for one in examples], vectors)


def calibrated(found: NDArray[np.float64], examples: Sequence[Example], labels: Sequence[str]) -> NDArray[np.float64]:
    """Return probabilities of authors left out as the fitted model's temperature makes them."""
    scores = np.log(np.clip(found, 1e-12, None)) / _temperature(found, examples, labels)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def threshold(likely: NDArray[np.float64], right: Sequence[bool], precision: float) -> float:
    """Return how likely a claim must be, so that of those at least so likely enough are right; 1.01 if none is."""
    order = np.argsort(-likely, kind="stable")
    share = np.array(right, float)[order].cumsum() / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= precision)
    return float(np.ceil(likely[order][enough[-1]] * 100) / 100) if len(enough) else 1.01


def claim_figures(likely: NDArray[np.float64], right: Sequence[bool], bar: float) -> dict[str, float]:
    """Return average precision, and precision and recall of the claims that are at least so likely."""
    wanted, claimed = np.array(right, bool), likely >= bar
    hits = (wanted & claimed).sum()
    return {
        "average precision": float(average_precision_score(wanted, likely)) if wanted.any() else 0.0,
        "precision": float(hits / max(claimed.sum(), 1)),
        "recall": float(hits / max(wanted.sum(), 1)),
        "claimed": float(claimed.sum()),
        "examples": float(len(wanted)),
    }


def write(
    name: str,
    model: LinearModel | ConditionalRandomField,
    figures: Mapping[str, Mapping[str, float]],
    vectors_of: str = "",
) -> None:
    """Write a model as `NAME.npz` and `NAME.toml`, as `kb.learning.load` and `load_crf` read it."""
    names, weights = model.weights()
    arrays = {"names": np.frombuffer("\n".join(names).encode("utf-8"), np.uint8), "weights": weights.astype(np.float16)}
    if isinstance(model, ConditionalRandomField):
        arrays["following"] = model.transitions.astype(np.float16)
    elif model.vector_weights is not None:
        arrays["vector_weights"] = model.vector_weights.astype(np.float32)
    np.savez_compressed(MODELS / f"{name}.npz", **arrays)
    lines = [
        *fitted_today(),
        f"labels = {list(model.labels)}".replace("'", '"'),
        f'vectors_of = "{vectors_of}"',
        "",
        "[thresholds]",
        *(f'"{label}" = {value}' for label, value in model.thresholds.items()),
    ]
    (MODELS / f"{name}.toml").write_text("\n".join([*lines, *figure_lines(figures)]) + "\n", "utf-8")


def fitted_today(of_what: str = "") -> list[str]:
    """Return the first lines of what is fitted."""
    return [f"# Written by `make fit`, not by hand.{of_what}", f"fitted_on = {datetime.now(UTC).date().isoformat()}"]


def figure_lines(figures: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Yield figures as TOML."""
    for title, values in figures.items():
        yield from ("", f'[figures."{title}"]', *(f'"{key}" = {value:.3f}' for key, value in values.items()))


def _model(
    examples: Sequence[Example],
    labels: Sequence[str],
    temperature: float,
    thresholds: Mapping[str, float],
    scale: float = VECTOR_SCALE,
) -> LinearModel:
    examples = [one for one in examples if one.label]
    seen = defaultdict[str, set[str]](set)
    for one in examples:
        for name in one.features:
            seen[name].add(one.document)
    names = sorted(name for name, documents in seen.items() if len(documents) >= FEWEST_DOCUMENTS)
    columns = {name: column for column, name in enumerate(names)}
    table = _table(columns, examples)
    has_vectors = bool(examples) and examples[0].vector is not None
    vectors = np.stack([one.vector for one in examples]) if has_vectors else np.empty((len(examples), 0), np.float32)
    mean, spread = vectors.mean(axis=0), vectors.std(axis=0) / scale
    table = sparse.hstack([table, sparse.csr_matrix((vectors - mean) / spread)]).tocsr()
    regression = LogisticRegression(C=STRENGTH, max_iter=_MOST_STEPS, tol=1e-3)
    regression.fit(table, [one.label for one in examples])
    rows = np.vstack([regression.intercept_, regression.coef_.T])
    if rows.shape[1] == 1:  # of two labels scikit-learn weighs the second alone
        rows = np.hstack([np.zeros_like(rows), rows])
    weights = np.zeros((len(rows), len(labels)))
    weights[0] = -30.0  # of a label that no example has
    weights[:, [labels.index(label) for label in regression.classes_]] = rows
    weights /= temperature
    named, of_vectors = weights[: len(names) + 1], weights[len(names) + 1 :] / spread[:, None]
    named[0] -= mean @ of_vectors
    kept = [row for row, one in enumerate(named) if row == 0 or np.abs(one).max() >= _LEAST]
    told = [names[row - 1] for row in kept[1:]]
    return LinearModel(labels, told, named[kept], thresholds, vector_weights=of_vectors if has_vectors else None)


def _table(columns: Mapping[str, int], examples: Sequence[Example]) -> sparse.csr_matrix:
    found, ends = list[int](), [0]
    for one in examples:
        found += [columns[name] for name in one.features if name in columns]
        ends.append(len(found))
    return sparse.csr_matrix((np.ones(len(found)), found, ends), shape=(len(examples), len(columns)))


def folds_of(authors: Sequence[str]) -> list[int]:
    """Return a fold for each example, an author's all in one, the largest given to the emptiest."""
    counts = defaultdict[str, int](int)
    for author in authors:
        counts[author] += 1
    sizes, fold_of = [0] * min(FOLDS, len(counts)), dict[str, int]()
    for author in sorted(counts, key=lambda one: (-counts[one], one)):
        fold = sizes.index(min(sizes))
        sizes[fold] += counts[author]
        fold_of[author] = fold
    return [fold_of[author] for author in authors]


def _temperature(found: NDArray[np.float64], examples: Sequence[Example], labels: Sequence[str]) -> float:
    """Return by what scores are divided to be calibrated (Guo et al., On Calibration of Modern Networks, 2017)."""
    scores = np.log(np.clip(found, 1e-12, None))
    scores = scores[[bool(one.label) for one in examples]]
    own = np.array([labels.index(one.label) for one in examples if one.label])

    def loss(temperature: float) -> float:
        cooled = scores / temperature
        cooled -= cooled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(cooled).sum(axis=1)) - cooled[np.arange(len(own)), own]).mean())

    return float(optimize.minimize_scalar(loss, bounds=(0.5, 5), method="bounded").x)


def draw_reliability(name: str, claims: Mapping[str, tuple[NDArray[np.float64], Sequence[bool]]]) -> None:
    """Draw how often claims are right that are said to be so likely, by tenths (Niculescu-Mizil and Caruana 2005).

    A dot is a tenth with at least ten examples, the larger the more; on the diagonal it is as right as it says.
    """
    side, width = 240, 280 * len(claims) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 300" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="300" fill="#fff"/>',
    ]
    for place, (claim, (likely, right)) in enumerate(claims.items()):
        left, wanted = 40 + 280 * place, np.array(right, float)
        parts += [
            f'<text x="{left}" y="20">{claim}: right, by how likely it was said to be</text>',
            f'<path d="M{left} 30v{side}h{side}M{left} {30 + side}l{side} {-side}" fill="none" stroke="#999"/>',
            f'<text x="{left - 8}" y="{40}" text-anchor="end">1</text>',
            f'<text x="{left - 8}" y="{30 + side}" text-anchor="end">0</text>',
            f'<text x="{left + side}" y="{48 + side}" text-anchor="end">1</text>',
        ]
        for tenth in range(10):
            own = (likely >= tenth / 10) & (likely < (tenth + 1) / 10 + (tenth == 9))
            if own.sum() >= 10:
                x, y = left + side * likely[own].mean(), 30 + side * (1 - wanted[own].mean())
                size = 2 + np.log10(own.sum())
                title = (
                    f"{own.sum()} examples said to be {likely[own].mean():.2f} likely: {wanted[own].mean():.2f} right"
                )
                parts.append(
                    f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="#069"><title>{title}</title></circle>'
                )
    DIAGRAMS.mkdir(parents=True, exist_ok=True)
    (DIAGRAMS / f"{name}.svg").write_text("\n".join([*parts, "</svg>"]) + "\n", "utf-8")

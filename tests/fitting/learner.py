"""Fit models over named features, measure them on held-out authors, and write them as data."""

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
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from kb.learning import BoostedTrees, ConditionalRandomField, Features, LinearModel

MODELS = Path("kb/learning")
DIAGRAMS = Path("docs/images/reliability")
MIN_DOCUMENTS = 3  # with a feature; rarer features belong to a document's subject
FOLDS = 6
C = 0.15  # inverse regularisation of the regression
VECTOR_SCALE = 0.1  # standard deviation of a vector's numbers, next to features of 0 and 1
_MAX_ITERATIONS = 200
_MIN_WEIGHT = 1e-3  # features with smaller weights are dropped
_CRF = {"c2": 1.0, "feature.minfreq": 3, "max_iterations": 60, "feature.possible_transitions": True}
_MIN_CRF_WEIGHT = 0.02  # features of a CRF with smaller weights are dropped
_TREE_DEPTH = 3
_TREES = {"max_iter": 60, "learning_rate": 0.1, "l2_regularization": 5.0, "min_samples_leaf": 40}
_NEVER = -8.0  # the weight of a transition that never occurs


@dataclass(frozen=True, slots=True)
class Example:
    """A training example."""

    features: Features
    label: str  # by a reader, "" if there is none
    author: str
    document: str
    kind: str = "notes"  # its set of reports
    vector: NDArray[np.float32] | None = None


def fitted(
    examples: Sequence[Example],
    labels: Sequence[str],
    thresholds: Mapping[str, float] | None = None,
    scale: float = VECTOR_SCALE,
    strength: float = C,
) -> LinearModel:
    """Return a model of the examples, calibrated on held-out authors; `strength` is the inverse regularisation."""
    temperature = _temperature(held_out(examples, labels, scale, strength), examples, labels)
    return _model(examples, labels, temperature, thresholds or {}, scale=scale, strength=strength)


def fisher_information(model: LinearModel, examples: Sequence[Example]) -> NDArray[np.float64]:
    """Return the diagonal Fisher information of labelled examples on the biases and each feature, mean of the labels.

    A LinearModel without vectors keeps it for `kb.learning.adaptation_to`.
    """
    examples = [example for example in examples if example.label]
    table = _table({name: column for column, name in enumerate(model.weights()[0])}, examples)
    table.sum_duplicates()
    shares = model.probabilities([example.features for example in examples])
    variances = (shares * (1 - shares)).mean(axis=1)
    return np.append(variances.sum(), table.multiply(table).T @ variances)


def trained(examples: Sequence[Example], labels: Sequence[str], scale: float = VECTOR_SCALE) -> LinearModel:
    """Return an uncalibrated model of the examples, to be tested on another set."""
    return _model(examples, labels, 1.0, {}, scale=scale)


def evidence_weights(
    examples: Sequence[Mapping[str, float]], labels: Sequence[bool], authors: Sequence[str]
) -> dict[str, float]:
    """Return the weight of each piece of evidence, and under `always` the bias.

    Examples of an author are weighted by the inverse square root of their number.
    """
    counts = Counter(authors)
    mean = len(authors) / len(counts)
    shares = [(mean / counts[author]) ** 0.5 for author in authors]
    table = np.array([list(row.values()) for row in examples])
    regression = LogisticRegression(solver="newton-cholesky", tol=1e-9).fit(table, labels, sample_weight=shares)
    weights = zip(["always", *examples[0]], [*regression.intercept_, *regression.coef_[0]], strict=True)
    return {name: round(float(weight), 3) for name, weight in weights}


def fitted_crf(
    texts: Sequence[tuple[Sequence[Features], Sequence[str]]],
    labels: Sequence[str],
    thresholds: Mapping[str, float] | None = None,
) -> ConditionalRandomField:
    """Return a conditional random field of texts, each with the features and the labels of its tokens."""
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(_CRF)
    for features, text_labels in texts:
        trainer.append(features, text_labels)
    with TemporaryDirectory() as folder:
        trainer.train(f"{folder}/model")
        tagger = pycrfsuite.Tagger()
        tagger.open(f"{folder}/model")
        model = tagger.info()
    rows = defaultdict[str, NDArray[np.float64]](lambda: np.zeros(len(labels)))
    for (name, label), weight in model.state_features.items():
        rows[name][labels.index(label)] = weight
    rows = {name: row for name, row in rows.items() if np.abs(row).max() >= _MIN_CRF_WEIGHT}
    transitions = np.full((len(labels), len(labels)), _NEVER)
    for (before, label), weight in model.transitions.items():
        transitions[labels.index(before), labels.index(label)] = weight
    return ConditionalRandomField(labels, [*rows], np.array([*rows.values()]), transitions, thresholds or {})


def fitted_trees(
    rows: NDArray[np.float64], labels: Sequence[int], names: Sequence[str], thresholds: Mapping[str, float]
) -> BoostedTrees:
    """Return boosted trees of examples, each a row of numbers and the number of its label."""
    model = HistGradientBoostingClassifier(max_depth=_TREE_DEPTH, random_state=1, early_stopping=False, **_TREES)
    model.fit(rows.astype(np.float32), labels)
    trees = [tree.nodes for iteration in model._predictors for tree in iteration]  # noqa: SLF001  # no public way
    inner = 2**_TREE_DEPTH - 1
    columns, bounds = np.zeros((len(trees), inner), np.int8), np.full((len(trees), inner), np.inf, np.float32)
    leaves = np.zeros((len(trees), inner + 1), np.float32)
    for row, nodes in enumerate(trees):
        for place, node in _places(nodes):
            if place >= inner:
                leaves[row, place - inner] = node["value"]
            elif not node["is_leaf"]:
                columns[row, place], bounds[row, place] = node["feature_idx"], node["num_threshold"]
    biases = model._baseline_prediction[0]  # noqa: SLF001
    arrays = {"columns": columns, "bounds": bounds, "leaves": leaves, "biases": biases}
    return BoostedTrees(names, arrays, thresholds)


def _places(nodes: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the nodes of a tree of scikit-learn by their places in a complete tree; what is below a leaf is like it."""
    own = {0: 0}
    for place in range(2 ** (_TREE_DEPTH + 1) - 1):
        node = nodes[own[place]]
        for child, side in (("left", 1), ("right", 2)):
            own[2 * place + side] = own[place] if node["is_leaf"] else node[child]
        yield place, node


def held_out(
    examples: Sequence[Example], labels: Sequence[str], scale: float = VECTOR_SCALE, strength: float = C
) -> NDArray[np.float64]:
    """Return the probability of each label, (examples, labels), by models that never saw the example's author."""
    folds = folds_of([example.author for example in examples])
    predicted = np.empty((len(examples), len(labels)))
    for fold in range(max(folds) + 1):
        out = [row for row, own in enumerate(folds) if own == fold]
        training = [example for example, own in zip(examples, folds, strict=True) if own != fold]
        predicted[out] = probabilities(
            _model(training, labels, 1.0, {}, scale=scale, strength=strength), [examples[row] for row in out]
        )
    return predicted


def probabilities(model: LinearModel, examples: Sequence[Example]) -> NDArray[np.float64]:
    """Return the probability of each label, (examples, labels)."""
    vectors = None if model.vector_weights is None else np.stack([example.vector for example in examples])
    return model.probabilities([example.features for example in examples], vectors)


def calibrated(
    predicted: NDArray[np.float64], examples: Sequence[Example], labels: Sequence[str]
) -> NDArray[np.float64]:
    """Return the probabilities of held-out authors, calibrated by the temperature of the fitted model."""
    scores = np.log(np.clip(predicted, 1e-12, None)) / _temperature(predicted, examples, labels)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def threshold_for(probabilities: NDArray[np.float64], correct: Sequence[bool], precision: float) -> float:
    """Return the lowest threshold, in hundredths, whose claims have at least a precision; 1.01 if there is none."""
    order = np.argsort(-probabilities, kind="stable")
    precisions = np.array(correct, float)[order].cumsum() / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precisions >= precision)
    return float(np.ceil(probabilities[order][enough[-1]] * 100) / 100) if len(enough) else 1.01


def claim_figures(probabilities: NDArray[np.float64], correct: Sequence[bool], threshold: float) -> dict[str, float]:
    """Return the average precision, and precision and recall of the claims from a threshold on."""
    relevant, claimed = np.array(correct, bool), probabilities >= threshold
    hits = (relevant & claimed).sum()
    return {
        "average precision": float(average_precision_score(relevant, probabilities)) if relevant.any() else 0.0,
        "precision": float(hits / max(claimed.sum(), 1)),
        "recall": float(hits / max(relevant.sum(), 1)),
        "claimed": float(claimed.sum()),
        "examples": float(len(relevant)),
    }


def write(
    name: str,
    model: LinearModel | ConditionalRandomField | BoostedTrees,
    figures: Mapping[str, Mapping[str, float]],
    information: NDArray[np.float64] | None = None,
) -> None:
    """Write a model as `NAME.npz` and `NAME.toml` for `kb.learning.load` and `load_crf`."""
    if isinstance(model, BoostedTrees):
        arrays = dict(model.arrays)
    else:
        names, weights = model.weights()
        arrays = {
            "names": np.frombuffer("\n".join(names).encode("utf-8"), np.uint8),
            "weights": weights.astype(np.float16),
        }
    if isinstance(model, ConditionalRandomField):
        arrays["following"] = model.transitions.astype(np.float16)
    elif isinstance(model, LinearModel) and model.vector_weights is not None:
        arrays["vector_weights"] = model.vector_weights.astype(np.float32)
    if information is not None:
        arrays["information"] = information.astype(np.float16)
    np.savez_compressed(MODELS / f"{name}.npz", **arrays)
    lines = [
        *fitted_today(),
        f"labels = {list(model.labels)}".replace("'", '"'),
        "",
        "[thresholds]",
        *(f'"{label}" = {value}' for label, value in model.thresholds.items()),
    ]
    if isinstance(model, LinearModel) and model.likely:
        lines += ["", "[likely]", *(f'"{label}" = {value}' for label, value in model.likely.items())]
    (MODELS / f"{name}.toml").write_text("\n".join([*lines, *figure_lines(figures)]) + "\n", "utf-8")


def fitted_today(note: str = "") -> list[str]:
    """Return the first lines of a fitted file."""
    return [f"# Written by `make fit`, not by hand.{note}", f"fitted_on = {datetime.now(UTC).date().isoformat()}"]


def figure_lines(figures: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Yield figures as TOML."""
    for title, values in figures.items():
        yield from ("", f'[figures."{title}"]', *(f'"{key}" = {value:.3f}' for key, value in values.items()))


def _model(
    examples: Sequence[Example],
    labels: Sequence[str],
    temperature: float,
    thresholds: Mapping[str, float],
    *,
    scale: float = VECTOR_SCALE,
    strength: float = C,
) -> LinearModel:
    examples = [example for example in examples if example.label]
    documents = defaultdict[str, set[str]](set)
    for example in examples:
        for name in example.features:
            documents[name].add(example.document)
    names = sorted(name for name, own in documents.items() if len(own) >= MIN_DOCUMENTS)
    columns = {name: column for column, name in enumerate(names)}
    table = _table(columns, examples)
    has_vectors = bool(examples) and examples[0].vector is not None
    vectors = (
        np.stack([example.vector for example in examples]) if has_vectors else np.empty((len(examples), 0), np.float32)
    )
    mean, spread = vectors.mean(axis=0), vectors.std(axis=0) / scale
    table = sparse.hstack([table, sparse.csr_matrix((vectors - mean) / spread)]).tocsr()
    regression = LogisticRegression(C=strength, max_iter=_MAX_ITERATIONS, tol=1e-3)
    regression.fit(table, [example.label for example in examples])
    rows = np.vstack([regression.intercept_, regression.coef_.T])
    if rows.shape[1] == 1:  # for two labels, scikit-learn has weights of the second only
        rows = np.hstack([np.zeros_like(rows), rows])
    weights = np.zeros((len(rows), len(labels)))
    weights[0] = -30.0  # the bias of a label without examples
    weights[:, [labels.index(label) for label in regression.classes_]] = rows
    weights /= temperature
    named, of_vectors = weights[: len(names) + 1], weights[len(names) + 1 :] / spread[:, None]
    named[0] -= mean @ of_vectors
    chosen = [row for row, own in enumerate(named) if row == 0 or np.abs(own).max() >= _MIN_WEIGHT]
    chosen_names = [names[row - 1] for row in chosen[1:]]
    return LinearModel(
        labels, chosen_names, named[chosen], thresholds, vector_weights=of_vectors if has_vectors else None
    )


def _table(columns: Mapping[str, int], examples: Sequence[Example]) -> sparse.csr_matrix:
    indices, ends = list[int](), [0]
    for example in examples:
        indices += [columns[name] for name in example.features if name in columns]
        ends.append(len(indices))
    return sparse.csr_matrix((np.ones(len(indices)), indices, ends), shape=(len(examples), len(columns)))


def folds_of(authors: Sequence[str], folds: int = FOLDS) -> list[int]:
    """Return a fold for each example: an author's examples are in one; the largest authors come first."""
    counts = defaultdict[str, int](int)
    for author in authors:
        counts[author] += 1
    sizes, fold_of = [0] * min(folds, len(counts)), dict[str, int]()
    for author in sorted(counts, key=lambda name: (-counts[name], name)):
        fold = sizes.index(min(sizes))
        sizes[fold] += counts[author]
        fold_of[author] = fold
    return [fold_of[author] for author in authors]


def _temperature(predicted: NDArray[np.float64], examples: Sequence[Example], labels: Sequence[str]) -> float:
    """Return the divisor of scores that calibrates them (Guo et al., On Calibration of Modern Networks, 2017)."""
    scores = np.log(np.clip(predicted, 1e-12, None))
    scores = scores[[bool(example.label) for example in examples]]
    own = np.array([labels.index(example.label) for example in examples if example.label])

    def loss(temperature: float) -> float:
        cooled = scores / temperature
        cooled -= cooled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(cooled).sum(axis=1)) - cooled[np.arange(len(own)), own]).mean())

    return float(optimize.minimize_scalar(loss, bounds=(0.5, 5), method="bounded").x)


def draw_reliability(name: str, claims: Mapping[str, tuple[NDArray[np.float64], Sequence[bool]]]) -> None:
    """Draw a reliability diagram of claims, by tenths (Niculescu-Mizil and Caruana 2005).

    Each dot is a tenth with at least ten examples, larger for more; a calibrated one is on the diagonal.
    """
    side, width = 240, 280 * len(claims) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 300" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="300" fill="#fff"/>',
    ]
    for place, (claim, (predicted, correct)) in enumerate(claims.items()):
        left, relevant = 40 + 280 * place, np.array(correct, float)
        parts += [
            f'<text x="{left}" y="20">{claim}: share correct by probability</text>',
            f'<path d="M{left} 30v{side}h{side}M{left} {30 + side}l{side} {-side}" fill="none" stroke="#999"/>',
            f'<text x="{left - 8}" y="{40}" text-anchor="end">1</text>',
            f'<text x="{left - 8}" y="{30 + side}" text-anchor="end">0</text>',
            f'<text x="{left + side}" y="{48 + side}" text-anchor="end">1</text>',
        ]
        for tenth in range(10):
            own = (predicted >= tenth / 10) & (predicted < (tenth + 1) / 10 + (tenth == 9))
            if own.sum() >= 10:
                x, y = left + side * predicted[own].mean(), 30 + side * (1 - relevant[own].mean())
                size = 2 + np.log10(own.sum())
                title = (
                    f"{own.sum()} examples of probability {predicted[own].mean():.2f}: "
                    f"{relevant[own].mean():.2f} correct"
                )
                parts.append(
                    f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="#069"><title>{title}</title></circle>'
                )
    DIAGRAMS.mkdir(parents=True, exist_ok=True)
    (DIAGRAMS / f"{name}.svg").write_text("\n".join([*parts, "</svg>"]) + "\n", "utf-8")

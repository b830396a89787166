"""Teach the sentence model to compare queries with notes: python tests/fitting/reranking.py LABELS.

It is late interaction (Khattab and Zaharia 2020): each piece of a query finds the most similar piece of a note. Layers
from `FORK` on learn changes of low rank as in `reading.py`; the weights of a query's pieces and the share of the note's
own text are learned too. The examples are queries with the notes that answer them, and those among the first notes of
the engine that do not, or were not judged (`queries.tsv`, `queries_judgements.tsv`). Fifty minutes on one core.
"""

import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from reading import RATE, AdaptedLayer, as_arrays, learned_by
from search import LABELS, graded, judged_library, rows
from sentence_model import descend
from torch import Tensor, nn
from torch.nn import functional

from index.embedding.bundled_model import RERANKING, TUNED, read_arrays, weights_file
from index.embedding.e5_weights import Weights
from index.embedding.onnx_model import FORK, OnnxModel
from index.query import Query
from kb.storage.caches import cache_folder

QUERIES_PER_STEP = 8
WRONG = 4  # notes that do not answer, for each query
FROM_LABELS = 3  # at most so many of them are labelled
JUDGED_AGAIN = 0.3  # share of the examples that are queries whose first notes were judged
USEFUL = 0.25  # share of the examples whose right note is useful, no answer
PASSED_OVER = 6  # lines around an answer, in which unjudged notes are no wrong ones
STEPS = 2_500
FIRST = 30  # notes of the engine
PREFIX = 3  # pieces before a query's own


@dataclass(frozen=True, slots=True)
class Example:
    """A query with the passages that answer it, that are useful, that do not help, and that were not judged."""

    query: str
    answers: tuple[str, ...]
    useful: tuple[str, ...]
    wrong: tuple[str, ...]
    unjudged: tuple[str, ...]
    is_judged: bool  # are the first notes of the engine?

    def drawn(self, chance: random.Random) -> list[str]:
        """Return a right passage and after it WRONG others, or fewer."""
        takes_useful = self.useful and (not self.answers or chance.random() < USEFUL)
        right = chance.choice(self.useful if takes_useful else self.answers)
        wrong = chance.sample(self.wrong, min(len(self.wrong), FROM_LABELS if self.unjudged else WRONG))
        if self.answers and self.useful and not takes_useful and chance.random() < 0.5:
            wrong = [*wrong[: WRONG - 1], chance.choice(self.useful)]
        more = chance.sample(self.unjudged, min(len(self.unjudged), WRONG - len(wrong)))
        return [right, *wrong, *more]


class RerankingModel(nn.Module):
    """The layers from `FORK` on, the weights of a query's pieces, and the share of the note's own text."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.layers = nn.ModuleList(AdaptedLayer(weights, f"l{number}") for number in range(FORK, weights.layers))
        self.weight = nn.Linear(weights.hidden, 1)
        nn.init.zeros_(self.weight.weight)
        nn.init.zeros_(self.weight.bias)
        self.own = nn.Parameter(torch.tensor(0.3))
        self.scale = nn.Parameter(torch.tensor(3.9))  # logarithm of the inverse temperature

    def forward(
        self, queries: Sequence[NDArray[np.float16]], passages: Sequence[tuple[NDArray[np.float16], int]]
    ) -> Tensor:
        """Return the score of each query with each passage, (queries, passages)."""
        asked, mask = self._last(queries)
        mask[:, :PREFIX] = False
        for row, states in enumerate(queries):
            mask[row, len(states) - 1] = False
        weights = functional.softplus(self.weight(asked)[..., 0]) * mask
        weights = weights / weights.sum(1, keepdim=True)
        scores = torch.empty(len(queries), len(passages))
        order = sorted(range(len(passages)), key=lambda row: len(passages[row][0]))
        for part in (order[: len(order) // 2], order[len(order) // 2 :]):  # shorter, longer
            told, is_piece = self._last([passages[row][0] for row in part])
            is_own = is_piece & (
                torch.arange(told.shape[1]) >= torch.tensor([passages[row][1] for row in part])[:, None]
            )
            cosines = torch.einsum(
                "qih,pjh->qpij", functional.normalize(asked, dim=-1), functional.normalize(told, dim=-1)
            )
            best, best_own = (
                cosines.masked_fill(~pieces[None, :, None, :], -1).amax(-1) for pieces in (is_piece, is_own)
            )
            scores[:, part] = ((best + self.own * best_own) * weights[:, None, :]).sum(-1)
        return scores * self.scale.exp()

    def _last(self, texts: Sequence[NDArray[np.float16]]) -> tuple[Tensor, Tensor]:
        """Return the states after the last layer, (texts, pieces, hidden), and which of them are pieces."""
        longest = max(map(len, texts))
        x, mask = (
            torch.zeros(len(texts), longest, texts[0].shape[1]),
            torch.zeros(len(texts), longest, dtype=torch.bool),
        )
        for row, states in enumerate(texts):
            x[row, : len(states)] = torch.from_numpy(states.astype(np.float32))
            mask[row, : len(states)] = True
        with torch.autocast("cpu", torch.bfloat16):
            for layer in self.layers:
                x = layer(x, mask[:, None, None, :])
        return x.float(), mask

    def arrays(self) -> dict[str, NDArray[np.float16]]:
        """Return what was learned, by the names of `index.embedding.onnx_model`."""
        few = {"weight.w": self.weight.weight.T, "weight.b": self.weight.bias}
        return as_arrays(few | learned_by(self.layers))


def fitted(weights: Weights, examples: Sequence[Example], seed: int = 1) -> RerankingModel:
    """Return a model of the examples. The right passages of the other queries of a step count as wrong ones, too."""
    torch.manual_seed(seed)
    chance, model, began = random.Random(seed), RerankingModel(weights), time.monotonic()  # noqa: S311
    states = _States(OnnxModel(weights))
    few = [model.own, model.scale, *model.weight.parameters()]
    groups = [{"params": list(model.layers.parameters()), "lr": RATE}, {"params": few, "lr": 3 * RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    rates = [group["lr"] for group in optimizer.param_groups]
    judged, left = [one for one in examples if one.is_judged], list[Example]()
    for step in range(STEPS):
        some = []
        for _ in range(QUERIES_PER_STEP):
            if not left:
                left = chance.sample(examples, len(examples))
            some.append(chance.choice(judged) if judged and chance.random() < JUDGED_AGAIN else left.pop())
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min(1, (step + 1) / 30) * max(0.03, 1 - step / STEPS)
        loss = loss_of(model, states, some, chance)
        descend(model, optimizer, loss)
        if step % 50 == 0:
            print(f"step {step} of {STEPS}, loss {loss.item():.3f}, {time.monotonic() - began:.0f} s", flush=True)
    return model.eval()


def loss_of(model: RerankingModel, states: "_States", some: Sequence[Example], chance: random.Random) -> Tensor:
    """Return the cross-entropy of each query's right passage among all passages of the step."""
    passages, right = list[str](), list[int]()
    drawn = [one.drawn(chance) for one in some]
    for own in drawn:
        right.append(len(passages))
        passages += own
    scores = model([states.of_query(one.query) for one in some], [states.of_passage(text) for text in passages])
    for row, (one, own) in enumerate(zip(some, drawn, strict=True)):
        for column, text in enumerate(passages):
            if column != right[row] and text in (*one.answers, *one.useful) and text not in own[1:]:
                scores[row, column] = -1e4
    return functional.cross_entropy(scores, torch.tensor(right))


class _States:
    """The states of texts after layer `FORK`, made once."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model
        self._queries: dict[str, NDArray[np.float16]] = {}
        self._passages: dict[str, tuple[NDArray[np.float16], int]] = {}

    def of_query(self, text: str) -> NDArray[np.float16]:
        if text not in self._queries:
            self._queries[text] = self._model.query_states(text).astype(np.float16)
        return self._queries[text]

    def of_passage(self, text: str) -> tuple[NDArray[np.float16], int]:
        if text not in self._passages:
            states, begin = self._model.passage_states(text)
            self._passages[text] = states.astype(np.float16), begin
        return self._passages[text]


def examples_of(labels: Path) -> list[Example]:
    """Return the queries with passages, those that the engine lists first included."""
    kb, named, _ = judged_library(labels, cache_folder("model") / "fitting_search")
    snapshot = kb.collection.snapshot()
    notes = [snapshot.note(hit.stored) for hit in snapshot.reader.search(Query(limit=None, sort="position")).hits]
    passages = {named(note): note.passage for note in notes}
    judged = graded(LABELS / "queries_judgements.tsv")
    found = []
    for number, row in enumerate(rows(LABELS / "queries.tsv"), start=1):
        grades = judged.get(str(number), {}) | _references(row["near"], 0) | _references(row["answers"], 2)
        results = snapshot.reader.search(Query(row["query"]))
        first = [named(snapshot.note(hit.stored)) for hit in (*results.hits, *results.near)][:FIRST]
        unjudged = [name for name in first if name not in grades and not _is_around(name, grades)]
        by_grade = [
            tuple(passages[name] for name, own in grades.items() if own == grade and name in passages)
            for grade in (2, 1, 0)
        ]
        if by_grade[0] or by_grade[1]:
            unjudged_passages = tuple(passages[name] for name in unjudged)
            found.append(Example(row["query"], *by_grade, unjudged_passages, is_judged=str(number) in judged))
    return found


def _references(cell: str, grade: int) -> dict[str, int]:
    return {":".join(note.split(":")[:2]): grade for note in cell.split() if note != "-"}


def _is_around(name: str, grades: Mapping[str, int]) -> bool:
    """Return whether a note is within some lines of a right one."""
    document, line = name.split(":")
    right = (other.split(":") for other, grade in grades.items() if grade)
    return any(document == of and abs(int(line) - int(at)) <= PASSED_OVER for of, at in right)


def main(labels: Path) -> None:
    torch.set_flush_denormal(True)
    weights = Weights(weights_file(), read_arrays(TUNED))
    np.savez_compressed(RERANKING, **fitted(weights, examples_of(labels)).arrays())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

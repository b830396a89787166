"""Teach the sentence model to read notes: python tests/fitting/reading.py LABELS.

Layers of the sentence model from `FORK` on learn their biases, norms and changes of low rank (LoRA, Hu et al. 2021),
and a linear head over the mean of the note's own pieces and the first piece. They learn the seven kinds of labelled
notes, and whether a note is about the event or its writer, a remedy, an answer. Half an hour for each of four models on
two cores: three leave out a third of the authors each, whose notes they read for `make fit`; the last one is shipped.
"""

import argparse
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from kinds import READINGS, Reading, readings
from learner import folds_of
from numpy.typing import NDArray
from sentence_model import Layer, descend
from torch import Tensor, nn
from torch.nn import functional

from index.embedding.bundled_model import READING, TUNED, read_arrays, weights_file
from index.embedding.e5_weights import Weights
from index.embedding.onnx_model import FORK, OnnxModel
from kb.kinds.readings import READ

FOLDS = 3
RANK = 8
SCALE = 2.0  # of the changes of low rank
ADAPTED = ("q", "v", "ao", "fi", "fo")
EPOCHS = 2.0
BATCH = 32
RATE = 1e-3  # of the layers; twice as much for the head
DROPPED = 0.1  # share of the head's input
MAX_PIECES = 128  # of a passage: from 40 before the note's own text
BEFORE = 40
KINDS = READ[: READ.index("own")]
BESIDE = 0.5  # weight of what may be true beside the kind


@dataclass(frozen=True, slots=True)
class Example:
    """A passage as states after layer `FORK`, (pieces, hidden), with where its own text begins, and its labels.

    `labels` are the number of the kind, then 1, 0 or -1 (unknown) for each of the others.
    """

    states: NDArray[np.float16]
    begin: int
    labels: tuple[int, ...]


class AdaptedLayer(Layer):
    """A layer whose matrices have changes of low rank."""

    def __init__(self, weights: Weights, at: str) -> None:
        super().__init__(weights, at)
        sizes = {part: getattr(self, f"{part}_w").shape for part in ADAPTED}
        self.down = nn.ParameterDict(
            {k: torch.randn(columns, RANK) / columns**0.5 for k, (_, columns) in sizes.items()}
        )
        self.up = nn.ParameterDict({k: torch.zeros(RANK, rows) for k, (rows, _) in sizes.items()})

    def linear(self, part: str, x: Tensor) -> Tensor:
        found = super().linear(part, x)
        return found + x @ self.down[part] @ self.up[part] * SCALE if part in self.down else found


class ReadingModel(nn.Module):
    """The layers from `FORK` on, and the head."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.layers = nn.ModuleList(AdaptedLayer(weights, f"l{number}") for number in range(FORK, weights.layers))
        self.head = nn.Linear(2 * weights.hidden, len(READ))
        self.dropout = nn.Dropout(DROPPED)

    def forward(self, examples: Sequence[Example]) -> Tensor:
        """Return the scores of examples, (examples, READ)."""
        longest = max(len(one.states) for one in examples)
        x = torch.zeros(len(examples), longest, examples[0].states.shape[1])
        mask, own = torch.zeros(len(examples), longest), torch.zeros(len(examples), longest)
        for row, one in enumerate(examples):
            x[row, : len(one.states)] = torch.from_numpy(one.states.astype(np.float32))
            mask[row, : len(one.states)] = 1
            own[row, one.begin : max(len(one.states) - 1, one.begin + 1)] = 1
        with torch.autocast("cpu", torch.bfloat16):
            for layer in self.layers:
                x = layer(x, mask.bool()[:, None, None, :])
        x = x.float()
        mean = (x * own[..., None]).sum(1) / own.sum(1, keepdim=True)
        scores: Tensor = self.head(self.dropout(torch.cat([mean, x[:, 0]], 1)))
        return scores

    def arrays(self) -> dict[str, NDArray[np.float16]]:
        """Return what was learned, by the names of `index.embedding.onnx_model`."""
        return as_arrays({"head.w": self.head.weight.T, "head.b": self.head.bias} | learned_by(self.layers))


def learned_by(layers: nn.ModuleList) -> dict[str, Tensor]:
    """Return what adapted layers from `FORK` on learned, by the names of `index.embedding.onnx_model`."""
    found: dict[str, Tensor] = {}
    for number, layer in enumerate(layers, start=FORK):
        named = dict(layer.named_parameters())
        at = f"l{number}"
        for part in ("q", "k", "v", "ao", "fi", "fo"):
            found[f"{at}.{part}.b"] = named[f"{part}_b"]
        for norm in ("aln", "oln"):
            found |= {f"{at}.{norm}.{end}": named[f"{norm}_{end}"] for end in "wb"}
        for part in ADAPTED:
            found[f"{at}.{part}.w.down"] = layer.down[part] * SCALE
            found[f"{at}.{part}.w.up"] = layer.up[part]
    return found


def as_arrays(tensors: Mapping[str, Tensor]) -> dict[str, NDArray[np.float16]]:
    """Return tensors as arrays of half precision."""
    return {name: tensor.detach().numpy().astype(np.float16) for name, tensor in tensors.items()}


def fitted(weights: Weights, examples: Sequence[Example], seed: int = 1) -> ReadingModel:
    """Return a model of labelled examples."""
    torch.manual_seed(seed)
    chance, model, began = random.Random(seed), ReadingModel(weights), time.monotonic()  # noqa: S311
    head = list(model.head.parameters())
    groups = [{"params": list(model.layers.parameters()), "lr": RATE}, {"params": head, "lr": 2 * RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    rates = [group["lr"] for group in optimizer.param_groups]
    steps = int(len(examples) * EPOCHS / BATCH)
    left: list[Sequence[Example]] = []
    for step in range(steps):
        left = left or _batches(examples, chance)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min(1, (step + 1) / 40) * max(0.03, 1 - step / steps)
        some = left.pop()
        loss = loss_of(model(some), torch.tensor([one.labels for one in some]))
        descend(model, optimizer, loss)
        if step % 100 == 0:
            print(f"step {step} of {steps}, loss {loss.item():.3f}, {time.monotonic() - began:.0f} s", flush=True)
    return model.eval()


def loss_of(scores: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of the kinds and, with less weight, of what may be true beside them."""
    others = labels[:, 1:].float()
    beside = functional.binary_cross_entropy_with_logits(scores[:, len(KINDS) :], others.clamp(min=0), reduction="none")
    loss = functional.cross_entropy(scores[:, : len(KINDS)], labels[:, 0])
    return loss + BESIDE * (beside * (others >= 0)).sum() / len(labels)


def _batches(examples: Sequence[Example], chance: random.Random) -> list[Sequence[Example]]:
    """Return the examples in random batches of similar lengths."""
    order = [*examples]
    chance.shuffle(order)
    pools = (order[begin : begin + 20 * BATCH] for begin in range(0, len(order), 20 * BATCH))
    sorted_ = [one for pool in pools for one in sorted(pool, key=lambda one: len(one.states))]
    batches: list[Sequence[Example]] = [sorted_[begin : begin + BATCH] for begin in range(0, len(sorted_), BATCH)]
    chance.shuffle(batches)
    return batches


def scores_of(model: ReadingModel, examples: Sequence[Example]) -> NDArray[np.float32]:
    """Return the scores of examples, (examples, READ)."""
    order = sorted(range(len(examples)), key=lambda row: len(examples[row].states))
    scores = np.zeros((len(examples), len(READ)), np.float32)
    with torch.inference_mode():
        for begin in range(0, len(order), BATCH):
            rows = order[begin : begin + BATCH]
            scores[rows] = model([examples[row] for row in rows]).numpy()
    return scores


def examples_of(model: OnnxModel, every: Sequence[Reading]) -> list[Example]:
    """Return every note of the reports as an example; those without a label have the kind -1."""
    found = []
    for reading in every:
        for note in reading.report.notes:
            states, begin = model.states(note.passage)
            start = max(0, min(begin - BEFORE, len(states) - MAX_PIECES))
            cut = states[start : start + MAX_PIECES].astype(np.float16)
            label = reading.labels.get(note.line)
            labels = (-1,) * (1 + len(READ) - len(KINDS))
            if label and label.kind in KINDS:
                about = {"own": 1, "event": 0}.get(label.about, -1)
                replies = (-1 if cell == "?" else int(cell != "-") for cell in (label.pair, label.question))
                labels = (KINDS.index(label.kind), about, *replies)
            found.append(Example(cut, min(begin - start, len(cut) - 1), labels))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", type=Path)
    arguments = parser.parse_args()
    torch.set_flush_denormal(True)
    every = list(readings(arguments.labels))
    weights = Weights(weights_file(), read_arrays(TUNED))
    examples = examples_of(OnnxModel(weights), every)
    folds = np.array(folds_of([one.author for one in every for _ in one.report.notes], FOLDS))
    passages = [note.passage for one in every for note in one.report.notes]
    scores = np.zeros((len(examples), len(READ)), np.float32)
    for fold in range(FOLDS):
        learned = [one for one, own in zip(examples, folds, strict=True) if own != fold and one.labels[0] >= 0]
        rows = np.flatnonzero(folds == fold)
        scores[rows] = scores_of(fitted(weights, learned), [examples[row] for row in rows])
    np.savez_compressed(READINGS, passages=np.array(passages), scores=scores)
    np.savez_compressed(READING, **fitted(weights, [one for one in examples if one.labels[0] >= 0]).arrays())


if __name__ == "__main__":
    main()

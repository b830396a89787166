"""Tune the biases and norms of the sentence model: python tests/fitting/sentence_model.py LABELS.

The training data are queries (`data/labels/queries.tsv`) with the notes that answer them, and similar notes that do
not. It is contrastive learning with in-batch and hard negatives (Karpukhin et al. 2020) of the biases and norms only
(BitFit, Ben Zaken et al. 2022), on the CPU. LABELS holds the reports of the notes. Without held-out authors, the tuned
numbers are written as data. Otherwise the nDCG of their queries is printed for several shares of the change.
"""

import argparse
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from index.embedding.bundled_model import TUNED, weights_file
from index.embedding.e5_weights import Weights
from index.embedding.unigram_tokenizer import BEGIN, END, UnigramTokenizer
from kb.pipeline.reports import Tools, finish_report
from kb.readers.formats import read_outline

QUERIES = Path("data/labels/queries.tsv")
DOCUMENTS = Path("data/labels/documents.tsv")
TEMPERATURE = 0.02
QUERIES_PER_STEP = 24
MAX_PIECES = 96  # of a text; nine notes in ten have fewer
RATE = 1e-3
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
POOL = 3000  # further notes among which held-out queries search
EVALUATED = 600  # held-out queries


@dataclass(frozen=True, slots=True)
class Judged:
    """A query with the passages of the notes that answer it, and of similar notes that do not."""

    query: str
    answers: tuple[str, ...]
    near: tuple[str, ...]
    author: str


class Layer(nn.Module):
    """A layer of BERT with fixed matrices and trainable biases and norms."""

    def __init__(self, weights: Weights, at: str) -> None:
        super().__init__()
        self.heads = weights.heads
        for part in ("q", "k", "v", "ao", "fi", "fo"):
            width = weights.feed_forward if part == "fo" else weights.hidden
            matrix = torch.from_numpy(weights.dequantised(f"{at}.{part}.w", width))
            self.register_buffer(f"{part}_w", matrix)
            setattr(self, f"{part}_b", nn.Parameter(torch.from_numpy(weights.floats(f"{at}.{part}.b"))))
        for part in ("aln", "oln"):
            for end in "wb":
                setattr(self, f"{part}_{end}", nn.Parameter(torch.from_numpy(weights.floats(f"{at}.{part}.{end}"))))
        self.epsilon = weights.epsilon

    def linear(self, part: str, x: Tensor) -> Tensor:
        return functional.linear(x, getattr(self, f"{part}_w"), getattr(self, f"{part}_b"))

    def norm(self, part: str, x: Tensor) -> Tensor:
        weight, bias = getattr(self, f"{part}_w"), getattr(self, f"{part}_b")
        return functional.layer_norm(x, x.shape[-1:], weight, bias, self.epsilon)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        texts, words, hidden = x.shape
        parts = [
            self.linear(part, x).view(texts, words, self.heads, hidden // self.heads).transpose(1, 2) for part in "qkv"
        ]
        attended = functional.scaled_dot_product_attention(*parts, attn_mask=mask)
        x = self.norm("aln", x + self.linear("ao", attended.transpose(1, 2).reshape(texts, words, hidden)))
        return self.norm("oln", x + self.linear("fo", functional.gelu(self.linear("fi", x))))


class Model(nn.Module):
    """The sentence model in torch; its word embeddings are read from the file."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.weights = weights
        self.tokenizer = UnigramTokenizer(weights.pieces())
        self.positions = weights.positions_embedded()
        self.first = [torch.from_numpy(weights.floats(f"emb.ln.{end}")) for end in "wb"]
        self.layers = nn.ModuleList(Layer(weights, f"l{number}") for number in range(weights.layers))

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Return a unit vector for each text, which includes its prefix."""
        ids = [[BEGIN, *self.tokenizer.ids(text)[: MAX_PIECES - 2], END] for text in texts]
        longest = max(map(len, ids))
        filled = np.full((len(ids), longest), END)
        mask = torch.zeros(len(ids), longest)
        for row, one in enumerate(ids):
            filled[row, : len(one)] = one
            mask[row, : len(one)] = 1
        embedded = torch.from_numpy(
            self.weights.dequantised("emb.word", self.weights.hidden, filled) + self.positions[:longest]
        )
        x = functional.layer_norm(embedded, embedded.shape[-1:], *self.first, self.weights.epsilon)
        attending = mask.bool()[:, None, None, :]
        for layer in self.layers:
            x = layer(x, attending)
        return functional.normalize((x * mask[..., None]).sum(1), dim=-1)

    def in_halves(self, texts: Sequence[str]) -> Tensor:
        """Return the same in two batches, shorter and longer texts, which saves a third of the time."""
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        parts = [order[: len(order) // 2], order[len(order) // 2 :]]
        made = torch.cat([self([texts[number] for number in part]) for part in parts if part])
        places = torch.empty(len(texts), dtype=torch.long)
        places[torch.tensor(order)] = torch.arange(len(texts))
        return made[places]

    def tuned(self) -> dict[str, Tensor]:
        """Return the trainable parameters by the names of the file's tensors."""
        return {
            f"l{number}.{name.replace('_', '.')}": parameter
            for number, layer in enumerate(self.layers)
            for name, parameter in layer.named_parameters()
        }


def judged_queries(labels: Path) -> tuple[list[Judged], list[str]]:
    """Return the queries, and the passages of all notes in their reports."""
    documents = dict(line.split("\t") for line in DOCUMENTS.read_text("utf-8").splitlines())
    tools, notes, every = Tools(), dict[tuple[str, str], str](), list[str]()
    for number, path in documents.items():
        for note in finish_report(
            read_outline((labels / "notes" / path).read_bytes(), f"notes/{path}"), tools
        ).report.notes:
            notes[number, str(note.line)] = note.passage
            every.append(note.passage)

    def texts(cell: str) -> Iterator[str]:
        for reference in cell.split() if cell != "-" else ():
            number, line, _ = reference.split(":")
            if (number, line) in notes:
                yield notes[number, line]

    found = []
    for row in QUERIES.read_text("utf-8").splitlines()[1:]:
        _, query, answers, near = row.split("\t")
        author = documents[answers.split(":")[0]].split("/")[0]
        if any(texts(answers)):
            found.append(Judged(query, tuple(texts(answers)), tuple(texts(near)), author))
    return found, every


def loss_of(model: Model, some: Sequence[Judged], chance: random.Random) -> Tensor:
    """Return the cross-entropy of each query's answer among all answers and hard negatives of the step."""
    right = [chance.choice(one.answers) for one in some]
    wrong = [chance.choice(one.near) for one in some if one.near]
    passages = [*right, *wrong]
    vectors = model.in_halves([f"query: {one.query}" for one in some] + [f"passage: {text}" for text in passages])
    scores = vectors[: len(some)] @ vectors[len(some) :].T / TEMPERATURE
    for row, one in enumerate(some):
        for column, text in enumerate(passages):
            if column != row and text in one.answers:
                scores[row, column] = -torch.inf
    return functional.cross_entropy(scores, torch.arange(len(some)))


def descend(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take one step down the gradient of a loss, which is clipped."""
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def fitted(model: Model, queries: Sequence[Judged], epochs: float, seed: int) -> Iterator[int]:
    """Tune the model, and yield the number of each step after it."""
    chance = random.Random(seed)  # noqa: S311  # not for cryptography
    steps = int(len(queries) * epochs / QUERIES_PER_STEP)
    optimizer = torch.optim.AdamW(model.tuned().values(), lr=RATE, weight_decay=0.0)
    left: list[Judged] = []
    for step in range(steps):
        if len(left) < QUERIES_PER_STEP:
            left = [*queries]
            chance.shuffle(left)
        some = [left.pop() for _ in range(QUERIES_PER_STEP)]
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 20) * max(0.05, 1 - step / steps)
        loss = loss_of(model, some, chance)
        descend(model, optimizer, loss)
        if step % 10 == 0:
            print(f"step {step} of {steps}, loss {loss.item():.3f}, {time.process_time():.0f} s of CPU", flush=True)
        yield step


def vectors_of(model: Model, texts: Iterable[str], prefix: str) -> Tensor:
    every = [f"{prefix}: {text}" for text in texts]
    order = sorted(range(len(every)), key=lambda number: len(every[number]))
    made = torch.empty(len(every), model.weights.hidden)
    with torch.inference_mode():
        for begin in range(0, len(order), 32):
            some = order[begin : begin + 32]
            made[some] = model([every[number] for number in some])
    return made


def ndcg(model: Model, queries: Sequence[Judged], pool: Sequence[str]) -> float:
    """Return the mean nDCG@10 of queries among their notes and a pool, by vectors less the mean of all."""
    texts = list(dict.fromkeys([*(text for one in queries for text in (*one.answers, *one.near)), *pool]))
    places = {text: number for number, text in enumerate(texts)}
    passages = vectors_of(model, texts, "passage")
    mean = passages.mean(0)
    scores = functional.normalize(vectors_of(model, [one.query for one in queries], "query") - mean, dim=1) @ (
        functional.normalize(passages - mean, dim=1).T
    )
    discounts, total = 1 / np.log2(np.arange(2, 12)), 0.0
    for one, best in zip(queries, scores.topk(10).indices.tolist(), strict=True):
        right = {places[text] for text in one.answers}
        gained = sum(discount for place, discount in zip(best, discounts, strict=True) if place in right)
        total += float(gained / discounts[: len(right)].sum())
    return total / len(queries)


def shared(model: Model, before: Mapping[str, Tensor], after: Mapping[str, Tensor], share: float) -> None:
    """Apply a share of the change to the model."""
    with torch.no_grad():
        for name, parameter in model.tuned().items():
            parameter.copy_(before[name] + share * (after[name] - before[name]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--held-out", nargs="*", default=[])
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--to", type=Path, default=TUNED)
    arguments = parser.parse_args()
    queries, notes = judged_queries(arguments.labels)
    model = Model(Weights(weights_file()))
    before = {name: parameter.detach().clone() for name, parameter in model.tuned().items()}
    learned = [one for one in queries if one.author not in arguments.held_out]
    for _ in fitted(model, learned, arguments.epochs, seed=26):
        pass
    after = {name: parameter.detach().clone() for name, parameter in model.tuned().items()}
    if arguments.held_out:
        chance = random.Random(1)  # noqa: S311
        left = [one for one in queries if one.author in arguments.held_out]
        left, pool = chance.sample(left, min(EVALUATED, len(left))), chance.sample(notes, POOL)
        for share in SHARES:
            shared(model, before, after, share)
            print(f"share {share}: nDCG@10 {ndcg(model, left, pool):.3f} of {len(left)} held-out queries", flush=True)
    else:
        shared(model, before, after, arguments.share)
        numbers = {name: parameter.detach().numpy().astype(np.float16) for name, parameter in model.tuned().items()}
        np.savez_compressed(arguments.to, **numbers)


if __name__ == "__main__":
    main()

"""Fit and measure the evidence for headings without marks; `make fit` runs this."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from labels import f1, summed
from learner import evidence_weights, figure_lines, fitted_today

from kb.readers import heading_evidence as evidence
from kb.readers.formats import read_outline
from kb.readers.headings import candidates_of
from kb.readers.text import runs_of

WEIGHTS = Path("kb/readers/heading_weights.toml")
Tree = Iterable[tuple[str, int, str]]  # heading, bullet or other; the bullet's depth; the text


def main(folder: Path) -> None:
    """Fit on all authors, measure on held-out authors, and write the weights with their figures."""
    golds = sorted((folder / "notes_text").rglob("*.gold.json"))
    pages = {gold.with_name(gold.name.removesuffix(".gold.json") + ".txt"): _page(gold) for gold in golds}
    authors = {text: text.relative_to(folder).parts[1] for text in pages}
    examples = {text: _examples(text, blocks) for text, (_, blocks) in pages.items()}
    everything = _fit(examples, authors, "")
    figures = {
        "author left out": _figures(
            pages, authors, {author: _fit(examples, authors, author) for author in {*authors.values()}}
        ),
        "author fitted": _figures(pages, authors, dict.fromkeys(authors.values(), everything)),
    }
    lines = [
        *fitted_today(f" Fitted on {len(pages)} texts by {len({*authors.values()})} authors."),
        *figure_lines(figures),
    ]
    for name, weights in everything.items():
        lines += ["", f"[{name}]", *(f'"{key}" = {value}' for key, value in weights.items())]
    WEIGHTS.write_text("\n".join(lines) + "\n", "utf-8")


def _page(gold: Path) -> tuple[str, list[tuple[str, int, str]]]:
    """Return the title, the headings and the bullets of the page of a text."""
    page = json.loads(gold.read_text("utf-8"))
    blocks = []
    for kind, *rest in page["blocks"]:
        if kind in ("h", "li"):
            blocks.append(("heading" if kind == "h" else "bullet", rest[0], _folded(rest[-1])))
    return _folded(page.get("title") or ""), blocks


def _examples(text: Path, blocks: Sequence[tuple[str, int, str]]) -> list[tuple[evidence.Candidate, bool]]:
    """Return the candidate lines of a text, and whether each is a heading."""
    left = Counter(words for kind, _, words in blocks if kind == "heading")
    examples = []
    for line in candidates_of(runs_of(text.read_text("utf-8"))).values():
        words = _folded(line.text)
        examples.append((line, left[words] > 0))
        left[words] -= 1
    return examples


def _fit(
    examples: Mapping[Path, Sequence[tuple[evidence.Candidate, bool]]], authors: Mapping[Path, str], left_out: str
) -> dict[str, dict[str, float]]:
    """Return the weights of each line alone, and of each together with the scores of the others.

    The scores of an author's lines come from weights of the other authors: the author's own would be too confident.
    """
    known = [text for text in examples if authors[text] != left_out]
    alone = {text: [evidence.features_of(line) for line, _ in examples[text]] for text in known}

    def weights(rows: Mapping[Path, Sequence[Mapping[str, float]]], but: str = "") -> dict[str, float]:
        texts = [text for text in known if authors[text] != but]
        labels = [label for text in texts for _, label in examples[text]]
        by = [authors[text] for text in texts for _ in examples[text]]
        return evidence_weights([one for text in texts for one in rows[text]], labels, by)

    by_others = {author: weights(alone, author) for author in {authors[text] for text in known}}
    together = {}
    for text in known:
        points = [evidence.score(one, by_others[authors[text]]) for one in alone[text]]
        together[text] = evidence.features_together([line for line, _ in examples[text]], alone[text], points)
    return {"alone": weights(alone), "together": weights(together)}


def _figures(
    pages: Mapping[Path, tuple[str, list[tuple[str, int, str]]]],
    authors: Mapping[Path, str],
    weights: Mapping[str, dict[str, dict[str, float]]],
) -> dict[str, float]:
    """Return F1 over all texts, its mean over authors, and the worst author's."""
    by_author: dict[str, list[tuple[tuple[int, int, int], tuple[int, int, int]]]] = {}
    for text, (title, expected) in pages.items():
        evidence.weights().update(weights[authors[text]])
        found = [
            ("heading" if block.type == "heading" else "bullet", block.depth or 0, _folded(block.text))
            for block in read_outline(text.read_bytes(), text.name).blocks
            if block.type in ("heading", "bullet", "numbered")
        ]
        found = [block for block in found if block[0] != "heading" or block[2] != title]
        scores = (_counts(_headings(expected), _headings(found)), _counts(_under(expected), _under(found)))
        by_author.setdefault(authors[text], []).append(scores)
    figures = {}
    for at, key in enumerate(("headings", "under")):
        counts = [summed(one[at] for one in found) for found in by_author.values()]
        scores = [f1(count) for count in counts if count[1]]
        figures[key] = f1(summed(counts))
        figures[f"{key}, mean of authors"] = sum(scores) / len(scores)
        figures[f"{key}, worst author"] = min(scores)
    return figures


def _headings(blocks: Tree) -> Counter[str]:
    return Counter(text for kind, _, text in blocks if kind == "heading" and text)


def _under(blocks: Tree) -> Counter[tuple[str, str]]:
    """Return the number of times that each bullet is below each heading."""
    heading, found = "", Counter[tuple[str, str]]()
    for kind, _, text in blocks:
        if kind == "heading":
            heading = text
        else:
            found[text, heading] += 1
    return found


def _counts(expected: Counter, found: Counter) -> tuple[int, int, int]:  # type: ignore[type-arg]
    return (expected & found).total(), expected.total(), found.total()


def _folded(text: str) -> str:
    return " ".join(text.replace("\u200b", " ").replace("\ufeff", " ").split())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The event that a report is about: the likeliest of the names that it may have, where that is likely enough."""

from dataclasses import dataclass

from kb.learning import load
from kb.report.outline import Outline
from kb.talks.event_names import event_names

LABELS = ("none", "event")
_EVENT = LABELS.index("event")


@dataclass(frozen=True, slots=True)
class Likely:
    """A name, and how likely it is, in however many words, that of the event."""

    name: str
    share: float


def event_of(outline: Outline) -> str | None:
    """Return the event that a report is about, or None where nothing names one surely."""
    given = dict(outline.metadata).get("event", "").strip()
    if given:
        return given
    likely = likeliest_name(outline)
    return likely.name if likely and likely.share >= load("event").thresholds["event"] else None


def likeliest_name(outline: Outline) -> Likely | None:
    """Return what is likeliest the name of the event; longer and shorter forms of one name count together."""
    names = event_names(outline)
    if not names:
        return None
    shares = load("event").probabilities([name.features for name in names])[:, _EVENT]
    best = names[int(shares.argmax())]
    same = [best.letters in name.letters or name.letters in best.letters for name in names]
    return Likely(best.text, min(float(shares[same].sum()), 1.0))

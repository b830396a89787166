"""The event that a report is about: the likeliest of the names that it may have, where that is likely enough."""

from kb.learning import load
from kb.report.outline import Outline
from kb.talks.event_names import event_names

LABELS = ("none", "event")


def event_of(outline: Outline) -> str | None:
    """Return the event that a report is about, or None where nothing names one surely.

    Longer and shorter forms of one name count together.
    """
    given = dict(outline.metadata).get("event", "").strip()
    names = [] if given else event_names(outline)
    if not names:
        return given or None
    model = load("event")
    shares = model.probabilities([name.features for name in names])[:, LABELS.index("event")]
    best = names[int(shares.argmax())]
    same = [best.letters in name.letters or name.letters in best.letters for name in names]
    return best.text if shares[same].sum() >= model.thresholds["event"] else None

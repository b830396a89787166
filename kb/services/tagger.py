"""Which services each note is about: named in its own text, or inherited from what it stands under."""

from kb.model import Report
from kb.services.catalogue import Catalogue


def tag(report: Report, catalogue: Catalogue) -> Report:
    """Return the report with `services` filled in on every note."""
    raise NotImplementedError

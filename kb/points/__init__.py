"""Points: what notes of several talks say alike, and what of it seems to contradict each other."""

from kb.points.comparing import Comparison, Differs, Relation
from kb.points.gist import Gist, gist
from kb.points.grouping import Candidate, Contradiction, HandTold, Point, Points, points_of, talks_in

__all__ = [
    "Candidate",
    "Comparison",
    "Contradiction",
    "Differs",
    "Gist",
    "HandTold",
    "Point",
    "Points",
    "Relation",
    "gist",
    "points_of",
    "talks_in",
]

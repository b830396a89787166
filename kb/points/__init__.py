"""Points: what notes of several talks say alike, and what of it seems to contradict each other."""

from kb.points.by_hand import HandTold, Says, said_of, with_said
from kb.points.comparing import Comparison, Differs, Relation
from kb.points.gist import Gist, gist
from kb.points.grouping import Candidate, Contradiction, Point, Points, points_of, talks_in

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
    "Says",
    "gist",
    "points_of",
    "said_of",
    "talks_in",
    "with_said",
]

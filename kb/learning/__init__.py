"""What is told of reports by learning: linear models over named features, fitted on what readers found."""

from kb.learning.linear import Features, LinearModel, load
from kb.learning.step import Example, step_towards
from kb.learning.tagger import Tagger, load_tagger

__all__ = ["Example", "Features", "LinearModel", "Tagger", "load", "load_tagger", "step_towards"]

"""How likely a claim is by learning: models over named features, fitted on what readers found in reports."""

from kb.learning.linear import Example, Features, LinearModel, load, step_towards
from kb.learning.tagger import Tagger, load_tagger

__all__ = ["Example", "Features", "LinearModel", "Tagger", "load", "load_tagger", "step_towards"]

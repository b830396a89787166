"""What is told of reports by learning: linear models over named features, fitted on what readers found."""

from kb.learning.linear import Features, LinearModel, load
from kb.learning.tagger import Tagger, load_tagger

__all__ = ["Features", "LinearModel", "Tagger", "load", "load_tagger"]

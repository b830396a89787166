"""What is told of reports by learning: linear models over named features, fitted by `make fit` on what readers found."""

from kb.learning.linear import Features, LinearModel, load

__all__ = ["Features", "LinearModel", "load"]

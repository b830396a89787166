"""The learned models: logistic regressions and conditional random fields over named features."""

from kb.learning.crf import ConditionalRandomField, load_crf
from kb.learning.linear import Example, Features, LinearModel, adaptation_to, load, scores_by

__all__ = [
    "ConditionalRandomField",
    "Example",
    "Features",
    "LinearModel",
    "adaptation_to",
    "load",
    "load_crf",
    "scores_by",
]

"""The learned models: logistic regressions and conditional random fields over named features."""

from kb.learning.crf import ConditionalRandomField, load_crf
from kb.learning.linear import Example, Features, LinearModel, adaptation_to, load, model_table, scores_by

__all__ = [
    "ConditionalRandomField",
    "Example",
    "Features",
    "LinearModel",
    "adaptation_to",
    "load",
    "load_crf",
    "model_table",
    "scores_by",
]

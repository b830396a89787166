"""The learned models: logistic regressions, conditional random fields, and boosted trees."""

from kb.learning.crf import ConditionalRandomField, load_crf
from kb.learning.linear import Example, Features, LinearModel, adaptation_to, load, model_table, scores_by
from kb.learning.trees import BoostedTrees, load_trees

__all__ = [
    "BoostedTrees",
    "ConditionalRandomField",
    "Example",
    "Features",
    "LinearModel",
    "adaptation_to",
    "load",
    "load_crf",
    "load_trees",
    "model_table",
    "scores_by",
]

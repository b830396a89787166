"""The scores of the search; `make check` compares those of the samples with their figures."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from index.query import Query
from kb import evaluation
from kb.evaluation import EvaluationError, JudgedQuery, evaluate, score
from kb.knowledge_base import KnowledgeBase
from kb.library.places import SAMPLES

ROOT = Path(__file__).parents[2]
JAQUAD = ROOT / "../shared/irdata/jaquad-dev"


def test_measures_are_means_over_the_queries_that_have_an_answer() -> None:
    queries = (
        JudgedQuery("a", "一", "x", {"1": 3, "2": 1}),
        JudgedQuery("b", "二", "y", {"1": 1}),
        JudgedQuery("c", "三", "y", {}),
        JudgedQuery("d", "四", "y", {}),
    )
    ranked = {"一": (["1"], ["2"]), "二": (["3"], ["1"]), "三": (["9"], []), "四": ([], ["9"])}

    scores = score(queries, ranked.__getitem__)

    assert (scores.measures["MRR@10"], scores.measures["R@1"], scores.by_type["y"]["MRR@10"]) == (0.75, 0.5, 0.5)
    assert (scores.without_answer, scores.answered_all_the_same) == (2, ("三",))


def test_without_ir_measures_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "find_spec", lambda _: None)

    with pytest.raises(EvaluationError, match=r"pip install 'talk-notes-kb\[evaluate\]'"):
        evaluate()


@pytest.mark.parametrize(("configuration", "embedding"), [("model", ""), ("words", "none")])
def test_the_lowest_figures_of_a_configuration_are_close_to_those_of_today(
    configuration: str, embedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures far below let a signal of the ranking be lost."""
    monkeypatch.setenv("KB_EMBEDDING", embedding)
    lowest = json.loads((ROOT / "data/evaluation/figures.json").read_text("utf-8"))[configuration]
    measures = evaluate().measures

    assert [name for name, figure in measures.items() if not 0 <= figure - lowest[name] <= 0.015] == []


@pytest.mark.skipif(not JAQUAD.exists(), reason="the set is not part of the repository")
def test_questions_on_an_encyclopedia_find_their_paragraph() -> None:
    measures = evaluate(JAQUAD).measures

    assert (measures["MRR@10"] >= 0.91, measures["R@1"] >= 0.86) == (True, True), measures


def test_a_note_is_found_by_each_of_its_own_terms(tmp_path: Path) -> None:
    kb = KnowledgeBase.open(SAMPLES, tmp_path)
    kb.indexer.sync()
    analyzer = kb.collection.tools.analyzer
    ids_of = defaultdict(set)
    for found in kb.searcher.search(Query(limit=None)).hits:
        for term in analyzer.terms(analyzer.morphemes(found.note.text)):
            ids_of[term.text].add(found.note.id)
    rare = {term: ids for term, ids in ids_of.items() if len(ids) <= 8}
    missed = {
        term
        for term, ids in rare.items()
        if ids - {f.note.id for f in kb.searcher.search(Query(term, limit=None)).hits}
    }

    assert missed == {"良く"}  # alone it is read as the auxiliary 良い, which is no term

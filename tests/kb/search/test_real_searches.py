"""Searches over real reports, words alone: they lie beside the project, and are skipped where they do not."""

import re
import shutil
from pathlib import Path

import pytest

from index.query import Query, Step
from index.text import folded
from kb.knowledge_base import KnowledgeBase
from kb.search.results import FoundNote, SearchResults

SHARED = Path(__file__).resolve().parents[4] / "shared"
ABOUT = re.compile("Lambda|コンテナ|Kubernetes|kubernets|Fargate", re.IGNORECASE)

pytestmark = pytest.mark.skipif(not (SHARED / "notes").exists(), reason=f"there are no real reports in {SHARED}")


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    library, index = tmp_path_factory.mktemp("library"), tmp_path_factory.mktemp("index")
    for number, report in enumerate(sorted((*SHARED.glob("notes/**/*.*"), *SHARED.glob("seeds/*.txt")))):
        if report.is_file() and ABOUT.search(report.read_text("utf-8", "replace")):
            shutil.copy(report, library / f"{number}-{report.name}")
    knowledge_base = KnowledgeBase.open(library, index)
    knowledge_base.indexer.sync()
    return knowledge_base


def search(kb: KnowledgeBase, text: str, *, typing: bool = False) -> SearchResults:
    return kb.searcher.search(Query(text, limit=None, typing=typing))


def says(found: FoundNote) -> str:
    return folded(" ".join([found.note.text, *found.note.attached, *(crumb.text for crumb in found.note.trail)]))


def test_a_word_finds_no_note_by_the_title_of_its_talk_and_shows_the_talk(kb: KnowledgeBase) -> None:
    answer = search(kb, "コンテナ")

    assert [says(one) for one in answer.hits if not re.search("コンテナ|container", says(one))] == []
    assert [one.talk.title for one in answer.talks if not re.search("コンテナ|container", folded(one.talk.title))] == []
    assert min(len(answer.talks), answer.total) > 5


def test_what_names_a_service_finds_nothing_that_is_not_about_it(kb: KnowledgeBase) -> None:
    answer = search(kb, "Lambda 監視")

    about = [any(mention.service == "lambda" for mention in one.note.services) for one in answer.hits]
    named = [bool(re.search("lambda|ラムダ(?![ァ-ヶー])", says(one))) for one in answer.hits]
    assert (answer.total > 0, [a or n for a, n in zip(about, named, strict=True) if not (a or n)]) == (True, [])


@pytest.mark.parametrize("word", ["lambda", "kubernetes"])
def test_while_one_types_a_name_something_is_always_found(kb: KnowledgeBase, word: str) -> None:
    totals = [search(kb, word[:end], typing=True).total for end in range(1, len(word) + 1)]

    assert min(totals) > 0


def test_a_name_typed_with_the_input_method_left_on_is_found(kb: KnowledgeBase) -> None:
    answer = search(kb, "ふぁrがて")

    assert answer.steps[0] == Step("keyboard", "ふぁrがて", "fargate")
    assert [says(one) for one in answer.hits if "fargate" not in says(one)] == []


def test_a_slip_that_stands_somewhere_is_found_and_what_may_be_meant_is_told(kb: KnowledgeBase) -> None:
    answer = search(kb, "kubernets")

    assert [(one.word, one.meant) for one in answer.meant] == [("kubernets", "kubernetes")]
    assert [says(one) for one in answer.hits if "kubernets" not in says(one)] == []

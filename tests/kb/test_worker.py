"""A sync in a worker process does the same as a sync, and the parent process follows it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from answering import answering, say

from index.engine import SearchIndexError
from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.worker import sync_in_worker

SERVICE = '[services.batch-portal]\nname = "Batch Portal"\ncategory = "compute"\n'

# Ends while a thread starts a process that has not received its task yet.
ENDING = """
import multiprocessing.util as util, sys, threading, time
from contextlib import suppress
from pathlib import Path
from index.engine import SearchIndexError
from kb.knowledge_base import KnowledgeBase
from kb.worker import sync_in_worker

made, spawn = threading.Event(), util.spawnv_passfds

def slowly(path, args, passfds):
    process = spawn(path, args, passfds)
    if "spawn_main" in str(args):  # else it is the resource tracker
        made.set()
        time.sleep(0.5)
    return process

def sync():
    with suppress(SearchIndexError):
        sync_in_worker(kb, lambda *_: None)

util.spawnv_passfds = slowly
kb = KnowledgeBase.open(Path(sys.argv[1]), Path(sys.argv[2]))
threading.Thread(target=sync, daemon=True).start()
made.wait()
"""


EMBEDDING = """
import sys
from pathlib import Path
from kb.worker import _embed
_embed(*map(Path, sys.argv[1:]))
"""


# Is killed by its worker, which then has much to do.
ORPHANING = """
import os, signal, time
from kb.indexing.staging import _workers

class Endless:
    def write(self, _runs):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)

if __name__ == "__main__":
    with _workers(Endless(), "", str):
        time.sleep(600)
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text("# 勉強会\n\n- SQSは冪等に\n- Batch Portalは夜に\n", encoding="utf-8")
    return tmp_path / "library"


def test_a_sync_in_a_worker_reports_progress_and_the_new_configuration_is_followed(library: Path) -> None:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    (library / "kb.toml").write_text(SERVICE, encoding="utf-8")
    steps: list[tuple[str, int, int]] = []

    outcome = sync_in_worker(kb, lambda *told: steps.append(told))

    found = kb.searcher.search(Query(facets=("service",)).select("service", "batch-portal"))
    assert (outcome.changed, outcome.unchanged, steps) == (0, 1, [("reading", 1, 1), ("writing", 2, 2)])
    assert [one.note.text for one in found.hits] == ["Batch Portalは夜に"]
    assert found.facets["service"][0].label == "Batch Portal"


def test_the_error_of_a_worker_is_raised(library: Path) -> None:
    kb = KnowledgeBase.open(library, library.parent / "index")
    (library.parent / "index").mkdir()
    (library.parent / "index" / "thesis.doc").write_text("mine")

    with pytest.raises(SearchIndexError, match="is no index"):
        sync_in_worker(kb, lambda *_: None)


def test_a_generation_of_another_process_answers_at_once(library: Path) -> None:
    running = KnowledgeBase.open(library, library.parent / "index")
    running.indexer.sync()
    before = running.searcher.search(Query("夜")).total
    (library / "a.md").write_text("# 勉強会\n\n- 夜\n- 夜に\n", encoding="utf-8")
    another = KnowledgeBase.open(library, library.parent / "index")
    sync_in_worker(another, lambda *_: None)

    assert (before, running.searcher.search(Query("夜")).total) == (1, 2)


def test_a_process_that_ends_while_a_worker_starts_writes_no_error(library: Path) -> None:
    command = [sys.executable, "-c", ENDING, str(library), str(library.parent / "index")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def embedded(library: Path, url: str) -> subprocess.CompletedProcess[str]:
    """Return the end of a process that makes vectors with a model at an address."""
    environment = {**os.environ, "KB_EMBEDDING": "", "no_proxy": "127.0.0.1"}
    (library / "kb.toml").write_text(f'[embedding]\nurl = "{url}"\nmodel = "m"\n', "utf-8")
    KnowledgeBase.open(library, library.parent / "index").indexer.sync()
    command = [sys.executable, "-c", EMBEDDING, str(library), str(library.parent / "index")]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def test_a_failing_model_is_one_line_of_the_log(library: Path) -> None:
    with answering(lambda handler, _: say(handler, b"", 404)) as url:
        ended = embedded(library, url)

    told = (
        f"{url}/embeddings answered 404 Not Found; see [embedding] in kb.toml; notes are found by their words alone\n"
    )
    assert (ended.returncode, ended.stderr) == (0, told)


def test_vectors_that_cannot_be_written_are_one_line_of_the_log(library: Path) -> None:
    KnowledgeBase.open(library, library.parent / "index").indexer.sync()
    (library.parent / "index" / "vectors").touch()  # a file where their folder would be

    ended = embedded(library, "http://127.0.0.1:9/v1")

    assert (ended.returncode, ended.stderr.count("\n"), "vectors" in ended.stderr) == (0, 1, True)


def test_a_staging_worker_ends_at_once_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "orphaning.py").write_text(ORPHANING, "utf-8")

    command = [sys.executable, str(tmp_path / "orphaning.py"), str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, timeout=60, check=False)  # until no process holds its output

    assert ended.returncode == -signal.SIGKILL

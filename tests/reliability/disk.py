"""The states of a disk after a power cut: files and names are certain only once they were synced."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Content: TypeAlias = "bytes | None"  # None: a folder
Tree: TypeAlias = dict[str, Content]
Names: TypeAlias = Mapping[str, Mapping[str, int]]  # folder -> name -> number of a file or folder

FATES: Mapping[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda _: None,
    "empty": lambda _: b"",
    "half": lambda data: data[: len(data) // 2],
    "zeros": lambda data: bytes(len(data)),
}
"""The states of a file that was not synced."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A folder at one moment: names and contents as the process sees them, and those that are certain on the disk."""

    names: Names
    contents: Mapping[int, Content]
    certain_names: Names
    certain_contents: Mapping[int, Content]
    acknowledged: bool

    def states(self) -> Iterator[tuple[str, Tree]]:
        """Yield what may be found after a power cut at this moment, each with what befell what."""
        unsynced = [number for number, data in self.contents.items() if data != self.certain_contents.get(number)]
        lost = [folder for folder, names in self.names.items() if names != self.certain_names.get(folder)]
        yield "nothing", self._tree((), (), "missing")
        for fate in FATES:
            for number in unsynced:
                yield f"{fate} {number}", self._tree((number,), (), fate)
            yield f"{fate} all", self._tree(unsynced, (), fate)
            yield f"{fate} all, names lost", self._tree(unsynced, lost, fate)
        for folder in lost:
            yield f"names lost in {folder or '.'}", self._tree((), (folder,), "missing")
        yield "names lost", self._tree((), lost, "missing")

    def _tree(self, fallen: "tuple[int, ...] | list[int]", lost: "tuple[str, ...] | list[str]", fate: str) -> Tree:
        tree: Tree = {}

        def walk(folder: str) -> None:
            names = self.certain_names.get(folder, {}) if folder in lost else self.names.get(folder, {})
            for name, number in names.items():
                path = f"{folder}/{name}".lstrip("/")
                data = self.contents.get(number, self.certain_contents.get(number))
                if data is None:
                    tree[path] = None
                    walk(path)
                else:
                    left = FATES[fate](data) if number in fallen else data
                    if left is not None:
                        tree[path] = left

        walk("")
        return tree


class Recorder:
    """Records a moment for each step by which this process changes a folder; the audit hook cannot be removed."""

    def __init__(self, folder: Path, changes: Callable[[str, tuple[object, ...]], bool]) -> None:
        self.moments: list[Moment] = []
        self.acknowledged = False
        self._folder, self._changes = folder, changes
        self._busy = False
        self._numbers: dict[int, int] = {}  # of inodes: one that is used again is another file
        self._next = 0
        names, contents = self._seen()
        self._certain_names, self._certain_contents = dict(names), dict(contents)
        self._fsync = os.fsync
        os.fsync = self._synced  # type: ignore[assignment]
        sys.addaudithook(self._hook)

    def finish(self) -> list[Moment]:
        """Return all moments, the last one included."""
        self._take()
        self._busy = True
        return self.moments

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._busy and self._changes(event, arguments) and str(arguments[0]).startswith(str(self._folder)):
            self._take()

    def _take(self) -> None:
        names, contents = self._seen()
        certain = dict(self._certain_names), dict(self._certain_contents)
        self.moments.append(Moment(names, contents, *certain, self.acknowledged))

    def _synced(self, descriptor: int) -> None:
        self._fsync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path != self._folder and self._folder not in path.parents:
            return
        names, contents = self._seen()
        folder = path.relative_to(self._folder).as_posix().removeprefix(".")
        if path.is_dir():
            self._certain_names[folder] = names[folder]
            self._certain_contents |= {n: None for n in names[folder].values() if contents[n] is None}
        else:
            number = self._numbers[os.fstat(descriptor).st_ino]
            self._certain_contents[number] = contents[number]
        self._take()

    def _seen(self) -> tuple[dict[str, dict[str, int]], dict[int, Content]]:
        self._busy = True
        names: dict[str, dict[str, int]] = {}
        contents: dict[int, Content] = {}
        inodes = {}
        for folder, _, _ in os.walk(self._folder):
            here = Path(folder).relative_to(self._folder).as_posix().removeprefix(".")
            names[here] = {}
            for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
                inode = entry.inode()
                if inode not in inodes:
                    inodes[inode] = self._numbers.get(inode, self._next)
                    self._next += inodes[inode] == self._next
                names[here][entry.name] = inodes[inode]
                contents[inodes[inode]] = None if entry.is_dir() else Path(entry.path).read_bytes()
        self._numbers = inodes
        self._busy = False
        return names, contents


def lay_out(folder: Path, tree: Tree) -> None:
    """Write a tree into a folder that is empty or missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, data in tree.items():
        if data is None:
            (folder / path).mkdir(parents=True, exist_ok=True)
        else:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)

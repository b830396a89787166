"""Look for small mistakes that no test notices: `make mutate`.

Draws mutants over all modules, each with one small mistake (`changes.py`). The tests that `where.toml` names for the
module run until one fails; a mutant that none notices survives and is printed. At the end the tests that failed run
once more on the unchanged code, because only a test that passes there has seen the mistake.

mutmut and cosmic-ray choose no tests by module: each mutant would cost a whole suite.
"""

import argparse
import importlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
from changes import Change, changes

ROOT = Path(__file__).parent.parent.parent
MAX_SURVIVORS = 0.1  # of the mutants
_MAX_CPU_SECONDS = 400  # a mutant; more is an endless loop
_MAX_SECONDS = 1200  # the same for a mutant that waits for ever
_MAX_MEMORY = 6 << 30  # bytes of address space, with Sudachi's dictionary and the sentence model
_DICTIONARY = "index/analysis/dictionary.py"
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build")
# Imported once, and inherited by every run. A module of ours is imported by each run, because one has a mistake.
_LIBRARIES = (
    *("click.testing", "flask", "httpx", "hypothesis", "lxml.html", "markdown_it", "msgspec", "numpy", "sudachipy"),
    *("onnxruntime", "yaml"),
)
_OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning")


def tests_of(module: str, table: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the test files of a module: those of its own row, then those of its folders from the inside out."""
    rows = (table.get(str(path), ()) for path in (PurePosixPath(module), *PurePosixPath(module).parents))
    return list(dict.fromkeys(f"tests/{test}" for row in rows for test in row))


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one mistake, and its test files."""

    module: str
    change: Change
    tests: tuple[str, ...]


def draw(modules: Iterable[str], number: int, seed: str) -> list[Mutant]:
    """Return mutants of lines drawn at random, at most one a line."""
    table = tomllib.loads((Path(__file__).parent / "where.toml").read_text("utf-8"))
    generator = random.Random(seed)  # noqa: S311  # no secret
    by_line: dict[tuple[str, int], list[Change]] = defaultdict(list)
    for module in modules:
        for change in changes((ROOT / module).read_text("utf-8")):
            by_line[module, change.line].append(change)
    lines = generator.sample(sorted(by_line), min(number, len(by_line)))
    return [Mutant(line[0], generator.choice(by_line[line]), tuple(tests_of(line[0], table))) for line in lines]


class Tree:
    """A copy of the project in which the tests of one mutant run at a time."""

    def __init__(self, folder: Path, dictionaries: Path) -> None:
        self._folder, self._dictionaries = folder, dictionaries
        self._log = folder.with_suffix(".log")
        self._failed = folder.with_suffix(".failed")
        self._module = ""
        shutil.copytree(ROOT, folder, ignore=_NOT_COPIED)

    def start(self, mutant: Mutant) -> int:
        """Run the tests of a mutant in a process of their own; return its id."""
        self._module = mutant.module
        self._write(mutant.change.text())
        return self._fork(mutant.tests)

    def finish(self) -> str:
        """Restore the module; return the id of the test that failed, or "" if none did."""
        self._write((ROOT / self._module).read_text("utf-8"))
        return self._failed.read_text("utf-8") if self._failed.exists() else ""

    def failing(self, tests: Sequence[str]) -> bool:
        """Return whether one of these tests fails in the tree as it is."""
        _, status = os.waitpid(self._fork(tests), 0)
        if status:
            print(self._log.read_text("utf-8")[-3000:])
        return status != 0

    def _write(self, text: str) -> None:
        path = self._folder / self._module
        path.write_text(text, "utf-8")
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()  # Python compares size and second alone

    def _fork(self, tests: Sequence[str]) -> int:
        self._failed.unlink(missing_ok=True)
        process = os.fork()
        if process == 0:
            self._run(tests)
        return process

    def _run(self, tests: Sequence[str]) -> None:
        status = 1
        try:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_SECONDS, _MAX_CPU_SECONDS))
            resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
            os.dup2(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            os.dup2(1, 2)
            os.chdir(self._folder)
            sys.path.insert(0, str(self._folder))
            os.environ["PYTHONPATH"] = str(self._folder)  # for the processes that tests start
            status = pytest.main([*_OPTIONS, *tests], plugins=[self])
        finally:
            sys.stdout.flush()
            os._exit(status)

    def pytest_configure(self) -> None:
        """Share the compiled dictionaries of words, which take seconds, unless the mistake is in making them."""
        if self._module != _DICTIONARY:
            cache = Path(os.environ["XDG_CACHE_HOME"]) / "talk-notes-kb"
            cache.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                (cache / "dictionary").symlink_to(self._dictionaries)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the id of the test that fails."""
        if report.failed:
            self._failed.write_text(report.nodeid, "utf-8")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the test file that cannot be imported."""
        if report.failed:
            self._failed.write_text(report.nodeid, "utf-8")


def run(mutants: Sequence[Mutant], trees: Sequence[Tree]) -> dict[Mutant, str]:
    """Return, for each mutant, the id of the test that noticed it; "" if none did."""
    free, waiting = list(trees), list(reversed(mutants))
    running: dict[int, tuple[Tree, Mutant, float]] = {}
    results: dict[Mutant, str] = {}
    while waiting or running:
        while waiting and free:
            tree, mutant = free.pop(), waiting.pop()
            running[tree.start(mutant)] = tree, mutant, time.monotonic() + _MAX_SECONDS
        time.sleep(0.05)
        for process, (tree, mutant, deadline) in list(running.items()):
            if time.monotonic() > deadline:
                os.killpg(process, signal.SIGKILL)
            ended, status = os.waitpid(process, os.WNOHANG)
            if not ended:
                continue
            with suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)  # processes that its tests left behind
            del running[process]
            free.append(tree)
            failed = tree.finish()
            results[mutant] = failed or "the limit of time or memory" if status else ""
            print("." if results[mutant] else _described(mutant), end="", flush=True)
    return results


def _described(mutant: Mutant) -> str:
    change = mutant.change
    return f"\n{mutant.module}:{change.line}: {change.before}  →  {change.after}\n"


def main() -> None:
    """Print the surviving mutants and a table by room; exit with 1 if too many survive."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", default=["index", "kb", "webui"], help="modules or folders")
    parser.add_argument("--number", type=int, default=300, help="of mutants")
    parser.add_argument("--seed", default="1", help="another one draws other mutants")
    arguments = parser.parse_args()
    found = {path for name in arguments.paths for path in [ROOT / name, *(ROOT / name).rglob("*.py")] if path.is_file()}
    mutants = draw(sorted(path.relative_to(ROOT).as_posix() for path in found), arguments.number, arguments.seed)
    for name in _LIBRARIES:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="kb-mutate-") as scratch:
        dictionaries = Path(scratch) / "dictionary"
        dictionaries.mkdir()
        trees = [Tree(Path(scratch) / f"tree-{number}", dictionaries) for number in range(os.cpu_count() or 1)]
        results = run(mutants, trees)
        failing = trees[0].failing(sorted({test for test in results.values() if "::" in test}))
    drawn = Counter(str(PurePosixPath(mutant.module).parent) for mutant in mutants)
    survived = Counter(str(PurePosixPath(mutant.module).parent) for mutant in mutants if not results[mutant])
    print("\n| room | mutants | survived |", "| --- | ---: | ---: |", sep="\n")
    for room in sorted(drawn):
        print(f"| {room} | {drawn[room]} | {survived[room]} |")
    print(f"| all | {drawn.total()} | {survived.total()} |")
    sys.exit(failing or survived.total() > MAX_SURVIVORS * drawn.total())


if __name__ == "__main__":
    main()

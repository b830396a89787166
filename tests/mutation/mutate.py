"""Which small mistakes would no test notice? Run by `make mutate`, with names of modules or for all of the table.

A module is changed in one place (`changes.py`), the tests that are about it run until one fails, and so on for each
change: one that no test notices survives, and is printed. Where a module has more than MOST changes, so many are drawn
by chance, the same each time. Of libraries mutmut 3 leaves out what stands outside of functions, as our patterns do;
cosmic-ray was not tried.
"""

import importlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from changes import Change, changes

ROOT = Path(__file__).parent.parent.parent
MOST = 150  # changes of a module
NEEDED = 0.9  # of its changes are to be noticed
_MEMORY = 4 << 30  # bytes of addresses, Sudachi's dictionary among them: a loop without end is to end
_PATIENCE = 900  # seconds for whoever waits for ever; whoever runs for ever is ended by its time on a processor
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "docs", "*.md~")
# Other people's modules, imported once; ours are imported by each run of the tests, for one of them is changed.
_IMPORTED = (
    "flask",
    "hypothesis",
    "lxml.html",
    "msgspec",
    "numpy",
    "sudachipy",
    "click.testing",
    "markdown_it",
    "yaml",
    "httpx",
)
# And pytest says of hypothesis, which is a plugin of it, that it was imported too early.
_QUICKLY = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning")

_OF_THE_LIBRARY = tuple(
    f"tests/kb/library/test_{name}.py" for name in ("files", "file_changes", "containers", "configuration")
)
TESTS = {  # those about each module, the quickest first
    "kb/report/identity.py": ("tests/kb/report/test_identity.py", "tests/kb/search/test_ids.py"),
    "kb/pipeline/relations.py": ("tests/kb/pipeline/test_relations.py", "tests/kb/search/test_ids.py"),
    "kb/library/files.py": (*_OF_THE_LIBRARY, "tests/reliability/test_adding.py"),
    "kb/library/file_changes.py": (*_OF_THE_LIBRARY, "tests/reliability/test_adding.py"),
    "kb/indexing/news.py": ("tests/kb/indexing/test_news.py", "tests/kb/indexing/test_differences.py"),
    "kb/search/citation.py": ("tests/kb/search/test_citation.py",),
    "kb/services/inheritance.py": ("tests/kb/services/test_inheritance.py",),
    "webui/http/address.py": ("tests/webui/test_address.py",),
    "index/interpretation.py": ("tests/index/test_interpretation.py", "tests/index/test_relaxation.py"),
    "index/whoosh_engine/generations.py": ("tests/index/test_manifest.py", "tests/index/test_damage.py"),
    "index/opensearch_engine/generations.py": ("tests/index/test_cluster_manifest.py",),
    "webui/http/undo_log.py": (
        "tests/webui/test_undo_log.py",
        "tests/webui/test_correcting.py",
        "tests/webui/test_intake.py",
    ),
}


class Tree:
    """A copy of the project, in which one module at a time is changed and its tests are run."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder = folder
        self._cache = cache  # of compiled words: they take seconds, and are the same for all
        self.log = folder.with_suffix(".log")
        shutil.copytree(ROOT, folder, ignore=_NOT_COPIED)

    def start(self, module: str, text: str, seconds: int) -> int:
        """Run the tests of a module as it would be, in a process that may compute for so long; return its id."""
        path = self._folder / module
        path.write_text(text, "utf-8")
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()  # it is told from another by its length and its second alone
        process = os.fork()
        if process == 0:
            self._run([test for test in TESTS[module] if (self._folder / test).exists()], seconds)
        return process

    def restore(self, module: str) -> None:
        """Put a module back as it is."""
        shutil.copy2(ROOT / module, self._folder / module)

    def pytest_configure(self) -> None:
        """Share the compiled words, but nothing else that a changed module may have written."""
        words = Path(os.environ["XDG_CACHE_HOME"]) / "talk-notes-kb"
        words.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            (words / "dictionary").symlink_to(self._cache)

    def _run(self, tests: Sequence[str], seconds: int) -> None:
        status = 1
        try:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            os.dup2(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            os.dup2(1, 2)
            os.chdir(self._folder)
            sys.path.insert(0, str(self._folder))
            os.environ["PYTHONPATH"] = str(self._folder)  # of the processes that tests start
            for test in tests:  # one by one: most changes are noticed by the first
                status = pytest.main([*_QUICKLY, test], plugins=[self])
                if status:
                    break
        finally:
            sys.stdout.flush()
            os._exit(status)


@dataclass
class Runs:
    """The runs of changed modules, one in each tree at a time."""

    trees: Sequence[Tree]

    def survivors(self, module: str, tried: Sequence[Change], seconds: int) -> list[Change]:
        """Return the changes that no test notices."""
        free, running, left = list(self.trees), dict[int, tuple[Tree, Change, float]](), list(reversed(tried))
        survived = []
        while left or running:
            while left and free:
                tree, change = free.pop(), left.pop()
                running[tree.start(module, change.text, seconds)] = tree, change, time.monotonic() + _PATIENCE
            for process, status in _ended(running, {p: until for p, (_, _, until) in running.items()}):
                tree, change, _ = running.pop(process)
                free.append(tree)
                if status == 0:
                    survived.append(change)
        for tree in self.trees:
            tree.restore(module)
        return sorted(survived, key=tried.index)

    def seconds(self, module: str) -> int:
        """Return how long the tests of a module may compute: ten times what they take without a change."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        tree = self.trees[0]
        process = tree.start(module, (ROOT / module).read_text("utf-8"), resource.RLIM_INFINITY)
        _, status = os.waitpid(process, 0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if status:
            sys.exit(f"{module}: its tests fail without a change\n{tree.log.read_text('utf-8')[-3000:]}")
        return 20 + 10 * int(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _ended(running: Sequence[int] | dict[int, object], until: dict[int, float]) -> Iterator[tuple[int, int]]:
    """Yield the runs that ended, each with its status, once there is one; those that take too long are ended."""
    time.sleep(0.05)
    for process in list(running):
        if time.monotonic() > until[process]:
            os.killpg(process, signal.SIGKILL)
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            with suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)  # what its tests left running
            yield process, status


def main(modules: Sequence[str]) -> None:
    """Print a table of the modules and what survived in each; end with 1 where too much did."""
    if unknown := set(modules) - set(TESTS):
        sys.exit(f"no tests are told for {', '.join(sorted(unknown))}; name them in {Path(__file__).name}")
    for name in _IMPORTED:
        importlib.import_module(name)
    rows, lines = ["| module | made | killed | survived |", "| --- | ---: | ---: | ---: |"], []
    enough = True
    with tempfile.TemporaryDirectory(prefix="kb-mutate-") as scratch:
        cache = Path(scratch) / "dictionary"
        cache.mkdir()
        runs = Runs([Tree(Path(scratch) / f"tree-{number}", cache) for number in range(os.cpu_count() or 1)])
        for module in modules or TESTS:
            made = list(changes((ROOT / module).read_text("utf-8")))
            drawn = random.Random(module).sample(range(len(made)), min(MOST, len(made)))  # noqa: S311  # no secret
            tried = [made[place] for place in sorted(drawn)]
            survived = runs.survivors(module, tried, runs.seconds(module))
            enough &= len(survived) <= (1 - NEEDED) * len(tried)
            number = f"{len(tried)} of {len(made)}" if len(tried) < len(made) else str(len(made))
            rows.append(f"| {module} | {number} | {len(tried) - len(survived)} | {len(survived)} |")
            lines += [f"{module}:{change.line}: {change.before}  →  {change.after}" for change in survived]
            print(*lines[len(lines) - len(survived) :], rows[-1], sep="\n", flush=True)
    print("", *rows, sep="\n")
    sys.exit(not enough)


if __name__ == "__main__":
    main(sys.argv[1:])

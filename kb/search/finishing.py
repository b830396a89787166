"""Files to finished reports: kept from before, or understood now; of many files by several processes."""

import multiprocessing
import os
import signal
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TypeAlias

from kb.library.configuration import Configuration, parse
from kb.library.files import ReportFile
from kb.library.fingerprint import code_digest
from kb.library.kept import Grounds, KeptReport, KeptReports
from kb.report.model import Correction, Given, Report
from kb.report.problems import UnreadableError
from kb.services.concern import names_in
from kb.understanding import Progress, Tools, all_texts, understand

# Until a process is ready a dozen reports of a hundred notes are done by who waits for it.
WORTH_PROCESSES = 50  # files

Corrections: TypeAlias = Mapping[str, Mapping[str, Correction]]
"""Corrections of notes by the report, under the id that it tells itself."""


class Finisher:
    """Finishes reports with some tools, and keeps them in the folder of an index."""

    def __init__(self, index: Path, tools: Tools) -> None:
        self._index = index
        self._tools = tools
        self.kept = KeptReports(index)
        self.corrections = corrections_of(tools.configuration)
        self._domain = tools.configuration.domain_digest

    def finished(self, file: ReportFile) -> KeptReport:
        """Return what a file is understood as, kept from before or understood now. Raises UnreadableError."""
        kept = self.kept.find(file.source)
        if kept and kept.grounds == self._grounds(file, kept.report):
            return kept
        one = understand(file.data, file.source, self._tools)
        names = names_in((one.report.title, *all_texts(one.report)))
        kept = KeptReport(self._grounds(file, one.report), names, one.warnings, one.report)
        self.kept.keep(kept)
        return kept

    def of_any_domain(self, file: ReportFile) -> KeptReport:
        """Return the same, but for what a domain decides: its texts can be relied on, its services cannot."""
        kept = self.kept.find(file.source)
        grounds = kept and replace(kept.grounds, domain=self._domain)
        return kept if kept and grounds == self._grounds(file, kept.report) else self.finished(file)

    def finish_all(self, files: Sequence[ReportFile], progress: Progress) -> None:
        """Have files finished and kept, by a process for each processor where they are many; bad ones are passed over.

        What is kept stays, whatever breaks this off.
        """
        done = self._by_processes(files) if len(files) >= WORTH_PROCESSES else self._one_by_one(files)
        for number, _ in enumerate(done, start=1):
            progress("reading", number, len(files))

    def _one_by_one(self, files: Sequence[ReportFile]) -> Iterator[None]:
        for file in files:
            with suppress(UnreadableError):
                self.finished(file)
            yield

    def _by_processes(self, files: Sequence[ReportFile]) -> Iterator[None]:
        """Yield when a file is done; what a process was given that was killed is left to who asks for it."""
        left = iter(files)
        with _processes(self._index, self._tools.configuration.text) as pipes:
            busy = list(pipes)
            for pipe, file in zip(pipes, left, strict=False):
                pipe.send(file)
            while busy:
                ready = wait(busy)
                for pipe in [pipe for pipe in busy if pipe in ready]:
                    if not _goes_on(pipe, next(left, None)):
                        busy.remove(pipe)
                    yield

    def _grounds(self, file: ReportFile, report: Report) -> Grounds:
        given = self._tools.configuration.given.get(file.source, Given())
        return Grounds(file.digest, code_digest(), self._domain, given, self.corrections.get(report.id, {}))


def corrections_of(configuration: Configuration) -> Corrections:
    """Return the corrections of a kb.toml by report."""
    by_report: defaultdict[str, dict[str, Correction]] = defaultdict(dict)
    for note, told in configuration.corrections.items():
        by_report[note.rpartition("/")[0]][note] = told
    return by_report


def _goes_on(pipe: Connection, file: ReportFile | None) -> bool:
    """Take a process's word that it is done with a file and give it the next, if there is one and it still lives."""
    try:
        pipe.recv()
        if file is not None:
            pipe.send(file)
    except (EOFError, OSError):
        return False
    return file is not None


@contextmanager
def _processes(index: Path, told: str) -> Iterator[list[Connection]]:
    """Give pipes to as many processes as there are processors; they end with their pipe, however we end."""
    spawning = multiprocessing.get_context("spawn")  # a fork would copy threads' locks as they are
    pipes, processes = [], []
    try:
        for _ in range(os.cpu_count() or 1):
            here, there = spawning.Pipe()
            process = spawning.Process(target=_finish, args=(index, told, there), name="finish", daemon=True)
            process.start()
            there.close()
            pipes.append(here)
            processes.append(process)
        yield pipes
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join()


def _finish(index: Path, told: str, pipe: Connection) -> None:
    """Finish the reports that come through a pipe, and tell of each that it is done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches it too; it ends with its pipe
    finisher = Finisher(index, Tools.of(parse(told.encode())))
    with suppress(EOFError, OSError):
        while True:
            with suppress(UnreadableError):
                finisher.finished(pipe.recv())
            pipe.send(None)

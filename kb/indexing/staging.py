"""Many files to documents: a process for each processor understands its share and writes it ahead of the publish.

Each text is analysed once, where it is read; what the library as a whole decides is settled by who publishes.
"""

import gc
import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread
from typing import TypeAlias

from index.engine import StagedSegment, Staging
from index.schema import Document
from kb.indexing.report_cache import ReportLoader, ReportSummary
from kb.kinds import Lesson
from kb.library.configuration import Configuration, parse
from kb.library.files import ReportFile
from kb.pipeline.reports import Progress, Tools
from kb.report.problems import FileProblem, UnreadableError
from kb.search.documents import documents

# Until a process is ready a dozen reports of a hundred notes are done by who waits for it.
WORTH_PROCESSES = 50  # files

FileResult: TypeAlias = ReportSummary | FileProblem
"""What a file is understood as: its report, or why it cannot be read."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What processes understood files as, by the source, and the segments they wrote of those that can be read.

    Of a process that was killed there is no segment, and no result of the file that it was at.
    """

    results: Mapping[str, FileResult]
    segments: Sequence[StagedSegment]


def stage(
    files: Sequence[ReportFile],
    staging: Staging,
    index: Path,
    configuration: Configuration,
    progress: Progress,
    *,
    lesson: Lesson,
) -> Staged:
    """Have the reports of files understood, kept in the folder of an index, and written as documents.

    What is kept stays, whatever breaks this off.
    """
    total, left = len(files), iter(files)
    results: dict[str, FileResult] = {}
    segments: list[StagedSegment] = []
    with _processes(staging, index, configuration.text, lesson) as pipes:
        for pipe in pipes:
            with suppress(OSError):  # of one that has ended already: what it was to do is done by who publishes
                pipe.send(next(left, None))
        while pipes:
            ready = wait(pipes)
            for pipe in [pipe for pipe in pipes if pipe in ready]:
                answer = _answer(pipe, left)
                if isinstance(answer, StagedSegment):
                    segments.append(answer)
                elif answer is not None:
                    source, results[source] = answer
                    progress("reading", len(results), total)
                    continue
                pipes.remove(pipe)
    return Staged(results, segments)


def _answer(pipe: Connection, left: Iterator[ReportFile]) -> tuple[str, FileResult] | StagedSegment | None:
    """Return what a process answers, None where it was killed, and give it the next file until it gives its segment."""
    with suppress(EOFError, OSError):
        answer: tuple[str, FileResult] | StagedSegment = pipe.recv()
        if not isinstance(answer, StagedSegment):
            pipe.send(next(left, None))
        return answer
    return None


@contextmanager
def _processes(staging: Staging, index: Path, configuration: str, lesson: Lesson) -> Iterator[list[Connection]]:
    """Give pipes to as many processes as there are processors; they end with their pipe, however we end."""
    spawning = multiprocessing.get_context("spawn")  # a fork would copy threads' locks as they are
    pipes, processes = [], []
    try:
        for _ in range(os.cpu_count() or 1):
            here, there = spawning.Pipe()
            process = spawning.Process(
                target=_stage, args=(staging, index, configuration, lesson, there), name="stage", daemon=True
            )
            process.start()
            there.close()
            pipes.append(here)
            processes.append(process)
        yield list(pipes)
    except BaseException:
        for process in processes:
            process.terminate()  # it may be writing all it has, and we are to end now
        raise
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join()


def _stage(staging: Staging, index: Path, configuration: str, lesson: Lesson, pipe: Connection) -> None:
    """Write the reports of the files that come through a pipe, and give the segment when there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches it too, but who waits for it ends it
    end_with_parent()
    # A report is thousands of objects that are let go together. Looking for circles among them as often as Python does
    # by itself takes a seventh of the time.
    gc.freeze()
    gc.set_threshold(200_000)
    with suppress(EOFError, OSError):  # who waits finds out and does what is left: of a full disk, say, the message
        pipe.send(staging.write(_documents(index, Tools(parse(configuration.encode())), lesson, pipe)))


def end_with_parent() -> None:
    """Have this process end as soon as the one that started it has, which may not have had the time to end us."""
    parent = multiprocessing.parent_process()

    def end() -> None:
        if parent:
            parent.join()
            os._exit(1)

    Thread(target=end, name="end", daemon=True).start()


def _documents(index: Path, tools: Tools, lesson: Lesson, pipe: Connection) -> Iterator[tuple[str, Iterator[Document]]]:
    """Yield the documents of the files that come through a pipe by their sources, and answer what each holds."""
    finisher = ReportLoader(index, tools, lesson=lesson)
    while (file := pipe.recv()) is not None:
        try:
            finished = finisher.analysed(file)
        except UnreadableError as error:
            pipe.send((file.source, error.problem))
        else:
            yield file.source, documents(finished, tools.analyzer, tools.domain)
            pipe.send((file.source, ReportSummary.of(finished, file)))

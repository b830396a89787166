"""Worker processes that read the files of a large library and write their documents ahead of the publish.

Each worker analyses the texts of its reports once. The parent process relates the reports and publishes.
"""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread
from typing import TypeAlias

from msgspec import Struct

from index.embedding import PassageReader
from index.engine import StagedSegment, Staging
from index.processors import processors
from index.schema import Document
from kb.indexing.report_cache import ReportCache, ReportLoader, ReportSummary
from kb.kinds import Lesson
from kb.library.configuration import Configuration, parse
from kb.library.files import ReportFile
from kb.pipeline.reports import Progress, Tools
from kb.report.problems import FileProblem, UnreadableError
from kb.search.documents import documents

MIN_FILES = 50  # while a worker starts, this process reads a dozen reports of a hundred notes

_LoaderMaker: TypeAlias = Callable[[Tools], ReportLoader]
FileResult: TypeAlias = ReportSummary | FileProblem
"""The report of a file, or why the file is unreadable."""


class StagedReports(Struct, frozen=True):
    """The results of files by source, and the segments with the documents of the readable ones.

    A killed worker leaves no segment, and no result of the file that it was reading.
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
    reader: PassageReader | None,
    lesson: Lesson,
) -> StagedReports:
    """Read files in worker processes, cache their finished reports, and write their documents to segments.

    The model reads no note here; those that it has read already are classified by that. Cached reports stay, even if an
    exception ends the work.
    """
    total, remaining = len(files), iter(files)
    results: dict[str, FileResult] = {}
    segments: list[StagedSegment] = []
    make_loader = partial(ReportLoader, cache=ReportCache(index), reader=reader, lesson=lesson)
    with _workers(staging, configuration.text, make_loader) as pipes:
        for pipe in pipes:
            with suppress(OSError):  # a worker that has ended already: the parent reads its share
                pipe.send(next(remaining, None))
        while pipes:
            ready = wait(pipes)
            for pipe in [pipe for pipe in pipes if pipe in ready]:
                answer = _answer(pipe, remaining)
                if isinstance(answer, StagedSegment):
                    segments.append(answer)
                elif answer is not None:
                    source, results[source] = answer
                    progress("reading", len(results), total)
                    continue
                pipes.remove(pipe)
    return StagedReports(results, segments)


def _answer(pipe: Connection, remaining: Iterator[ReportFile]) -> tuple[str, FileResult] | StagedSegment | None:
    """Return the next answer of a worker, None if it was killed. After the result of a file, send it the next one."""
    with suppress(EOFError, OSError):
        answer: tuple[str, FileResult] | StagedSegment = pipe.recv()
        if not isinstance(answer, StagedSegment):
            pipe.send(next(remaining, None))
        return answer
    return None


@contextmanager
def _workers(staging: Staging, configuration: str, make_loader: _LoaderMaker) -> Iterator[list[Connection]]:
    """Start a worker for each processor and yield the pipes to them. A worker ends with its pipe, or with us."""
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
    pipes, processes = [], []
    try:
        for _ in range(processors()):
            here, there = context.Pipe()
            arguments = (staging, configuration, make_loader, there)
            process = context.Process(target=_work, args=arguments, name="stage", daemon=True)
            process.start()
            there.close()
            pipes.append(here)
            processes.append(process)
        yield list(pipes)
    except BaseException:
        for process in processes:
            process.terminate()  # it may be writing a whole segment, and we have to end now
        raise
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join()


def _work(staging: Staging, configuration: str, make_loader: _LoaderMaker, pipe: Connection) -> None:
    """Write the documents of the files that come through a pipe, then send the segment."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the worker, too; the parent process ends it
    end_with_parent()
    # A report is thousands of objects that are freed together. Python's default thresholds for the search for reference
    # cycles would take a seventh of the time.
    gc.freeze()
    gc.set_threshold(200_000)
    # On an error such as a full disk, the parent process does the rest and raises it.
    with suppress(EOFError, OSError):
        tools = Tools(parse(configuration.encode()))
        pipe.send(staging.write(_documents(make_loader(tools), tools, pipe)))


def end_with_parent() -> None:
    """Have this process end as soon as its parent does, which may be killed before it can end us."""
    parent = multiprocessing.parent_process()

    def end() -> None:
        if parent:
            parent.join()
            os._exit(1)

    Thread(target=end, name="end", daemon=True).start()


def _documents(loader: ReportLoader, tools: Tools, pipe: Connection) -> Iterator[tuple[str, Iterator[Document]]]:
    """Yield the documents of the files that come through a pipe by source, and send the result of each file."""
    while (file := pipe.recv()) is not None:
        try:
            finished = loader.load_analysed(file)
        except UnreadableError as error:
            pipe.send((file.source, error.problem))
        else:
            yield file.source, documents(finished.report, finished.morphemes, tools.analyzer, tools.domain)
            pipe.send((file.source, ReportSummary.of(finished.classified, file)))

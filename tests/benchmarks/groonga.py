"""Groonga, a full-text engine of its own process, as a rival."""

import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from generated import GeneratedNote
from shapes import FACETS, SHOWN, Asked, stored, values


class Groonga:
    """Groonga behind its own command, one process that is spoken to in lines."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "notes.grn"
        self._process: subprocess.Popen[str] | None = None

    def write(self, notes: Iterable[GeneratedNote]) -> None:
        self._start("-n")
        self._tell("table_create Notes TABLE_NO_KEY")
        self._tell("column_create Notes text COLUMN_SCALAR ShortText")
        self._tell("column_create Notes stored COLUMN_SCALAR Text")
        self._tell("table_create Terms TABLE_PAT_KEY ShortText --default_tokenizer TokenDelimit")
        for group in FACETS:
            self._tell(f"table_create {group}s TABLE_PAT_KEY ShortText")
            self._tell(f"column_create Notes {group} COLUMN_{'VECTOR' if group == 'service' else 'SCALAR'} {group}s")
            self._tell(f"column_create {group}s notes COLUMN_INDEX Notes {group}")
        for rows in self._batches(notes):
            self._tell("load --table Notes\n" + json.dumps(rows))
        self._tell("column_create Terms notes COLUMN_INDEX|WITH_POSITION Notes text")
        self._tell("quit")

    @staticmethod
    def _batches(notes: Iterable[GeneratedNote]) -> Iterator[list[dict[str, object]]]:
        rows: list[dict[str, object]] = []
        for note in notes:
            own = {group: list(each) if group == "service" else each[0] for group, each in values(note).items()}
            rows.append({"text": note.text, "stored": stored(note), **own})
            if len(rows) == 1000:
                yield rows
                rows = []
        if rows:
            yield rows

    def open(self) -> None:
        self._start()
        self._tell("cache_limit 0")  # else a query asked twice is not searched for twice

    def ask(self, asked: Asked) -> int:
        between = {"all": " ", "any": " OR ", "phrase": " "}[asked.mode]
        text = between.join(asked.words)
        text = f'"{text}"' if asked.mode == "phrase" else text
        query = f"--match_columns text --query '{text}'" if text else ""
        only = f"--filter 'service @ \"{asked.service}\"'" if asked.service else ""
        order = "--sort_keys -_score" if text else ""
        drill = f"--drilldown {','.join(FACETS)} --drilldown_limit -1" if asked.facets else ""
        answer = self._tell(f"select Notes {query} {only} {order} --limit {SHOWN} --output_columns stored {drill}")
        return int(answer[1][0][0][0])

    def _start(self, *options: str) -> None:
        command = ["groonga", *options, str(self._file)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _tell(self, line: str) -> Any:  # noqa: ANN401
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("groonga is not running")
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        if line == "quit":
            self._process.communicate()
            return None
        return json.loads(self._process.stdout.readline())

    def __del__(self) -> None:
        with suppress(OSError, ValueError):
            if self._process:
                self._process.kill()
                self._process.communicate()

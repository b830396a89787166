"""Runs commands in this process, and has a report to run them on."""

import json
from typing import Any

from click.testing import CliRunner, Result

from kb.cli.group import cli

REPORT = """# サンプル勉強会 2019

## 【A】10:00~10:45:キューとの付き合い方

- SQS
  - 同じメッセージが二度届くことがあるので、受け手を冪等にする
  - 順序は保証されない
- ラムダの同時実行数には上限がある
"""


def kb(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def records(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kb(*arguments, "--json").stdout.splitlines()]


def notes(*arguments: str) -> list[dict[str, Any]]:
    """Return the notes among the records of a search, without events, talks and counts."""
    return [record for record in records(*arguments) if "text" in record]


def texts(*arguments: str) -> list[str]:
    return [note["text"] for note in notes(*arguments)]

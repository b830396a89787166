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


def texts(*arguments: str) -> list[str]:
    return [record["text"] for record in records(*arguments)]

"""What is promised whoever adds something: a facet is one value, a reader one file and one row."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FACET = """
    Facet(
        "length",
        {"ja": "長さ", "en": "Length"},
        lambda note, _catalogue: ("long" if len(note.text) > 9 else "short",),
        roles=frozenset(("page", "table", "suggestion")),
        listed=Listed(9),
        called={"ja": {"short": "短いメモ", "long": "長いメモ"}, "en": {"short": "Short", "long": "Long"}},
        words=("length", "長さ"),
        order="labels",
        option="One of short, long.",
        asked="Only short or long notes.",
    ),
"""
READER = '''
"""A format of questions in JSON, for a test."""

import json

from kb.readers.contract import Parse
from kb.report.outline import Block


def recognises(text: str) -> bool:
    return text.startswith('{"questions": [')


def read(text: str) -> Parse:
    (question,) = json.loads(text)["questions"]
    return Parse(title="会 2018", blocks=(Block("bullet", question, 1, 1, depth=0),))
'''
ROW = """Reader("questions", "Questions", (".questions",), ("text/x-questions",), questions.recognises, questions.read,
           takes_data=True),
"""
ASK = """
import io, json, re, sys
from pathlib import Path
from click.testing import CliRunner
from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from kb.programs import tools
from webui.app import create_app

def kb(*command):
    ran = CliRunner().invoke(cli, [*command, "--library", "library", "--index", "kept"])
    assert ran.exception is None or ran.exit_code in (0, 1), ran.output
    return ran.output

kb("sync")
opened = KnowledgeBase.open(Path("library"), Path("kept"))
client = create_app(opened).test_client()

def page(address, language="ja"):
    text = client.get(address, headers={"Accept-Language": language}).text
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())
"""


def said(folder: Path, changed: Mapping[str, str], reports: Mapping[str, str], script: str) -> Any:  # noqa: ANN401
    """Return what a script says, as JSON, of a copy of the program whose files were changed so."""
    for room in ("index", "kb", "webui"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in changed.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "library").mkdir()
    for name, text in reports.items():
        (folder / "library" / name).write_text(text, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", ASK + script], cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, check=False,
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_facet_that_is_added_as_one_value_is_found_on_every_face(tmp_path: Path) -> None:
    text = (ROOT / "kb/search/facets.py").read_text("utf-8")
    changed = {"kb/search/facets.py": text.replace("FACETS = (", f"FACETS = ({FACET}", 1)}
    reports = {"a.md": "# 会 2018\n\n- SQS は二度届くので冪等にする\n- SQS は安い\n"}

    told = said(
        tmp_path,
        changed,
        reports,
        """
found = json.loads(kb("search", "SQS", "--length", "short", "--json"))
counted = json.loads(kb("search", "SQS", "--facets", "--json").splitlines()[-1])["facets"]["length"]
shown = client.get("/?q=SQS&length=short", headers={"Accept": "application/json"}).json
asked = tools.call(opened, "search", {"query": "SQS", "length": ["long"]}, None)
print(json.dumps({
    "help": [line.strip() for line in kb("search", "--help").splitlines() if "--length" in line or "length, " in line],
    "command": found["text"],
    "counted": [(one["value"], one["label"], one["count"]) for one in counted],
    "box": json.loads(kb("search", "SQS 長さ:長いメモ", "--json"))["text"],
    "address": [one["text"] for one in shown["hits"]],
    "page": [text in page("/?q=SQS") for text in ("長さ", "短いメモ", "長いメモ")],
    "english": [text in page("/?q=SQS", "en") for text in ("Length", "Short", "Long")],
    "suggested": "長いメモ" in page("/suggest?q=長いメ"),
    "programs": [one["text"] for one in asked["notes"]],
    "schema": tools.TOOLS["search"].schema["properties"]["length"]["description"],
}))
""",
    )

    assert told == {
        "help": [
            "--length TEXT                   One of short, long.",
            "--facets                        Also count the hits by length, service,",
        ],
        "command": "SQS は安い",
        "counted": [["short", "短いメモ", 1], ["long", "長いメモ", 1]],
        "box": "SQS は二度届くので冪等にする",
        "address": ["SQS は安い"],
        "page": [True, True, True],
        "english": [True, True, True],
        "suggested": True,
        "programs": ["SQS は二度届くので冪等にする"],
        "schema": "Only short or long notes.",
    }


def test_a_reader_that_is_added_as_one_file_and_one_row_reads_by_command_and_page(tmp_path: Path) -> None:
    text = (ROOT / "kb/readers/formats.py").read_text("utf-8")
    row = text.replace("READERS = (\n    ", f"READERS = (\n    {ROW}    ", 1)
    changed = {
        "kb/readers/formats.py": row.replace("org, review", "org, questions, review", 1),
        "kb/readers/questions.py": READER,
    }
    report = '{"questions": ["SQS は二度届くのか"]}'

    told = said(
        tmp_path,
        changed,
        {"a.questions": report},
        """
added = client.post(
    "/add?name=b.questions", data='{"questions": ["SNS は届くのか"]}'.encode(), content_type="text/x-questions",
    headers={"Sec-Fetch-Site": "same-origin"},
)
print(json.dumps({
    "read": CliRunner().invoke(cli, ["outline", "library/a.questions", "--json"]).output.count('"format": "questions"'),
    "command": json.loads(kb("search", "SQS", "--json"))["text"],
    "page": "SQS は二度届くのか" in page("/?q=SQS"),
    "added": added.status_code in (200, 201) and "SNS は届くのか" in page("/?q=SNS"),
    "accepted": ".questions" in client.get("/add").text,
}))
""",
    )

    assert told == {"read": 1, "command": "SQS は二度届くのか", "page": True, "added": True, "accepted": True}

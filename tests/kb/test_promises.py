"""The recipes of CONTRIBUTING: a facet is a value, a reader a file and a row, a command a function and a row."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
RECIPES = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
SIGNAL_FILES = ("index/ranking.py", "index/whoosh_engine/matching.py", "kb/wording.py", "webui/wording.py")
CATALOGUE = "kb/locale/ja/LC_MESSAGES/kb.po"
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


def recipe(name: str) -> list[str]:
    """Return the blocks of code of a recipe."""
    text = re.split(r"^###? (?=[A-Z])", RECIPES.partition(f"### {name}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def translated(more: str) -> Mapping[str, bytes]:
    """Return the Japanese catalogue with more texts."""
    compiled = io.BytesIO()
    known = (ROOT / CATALOGUE).read_text("utf-8")
    write_mo(compiled, read_po(io.BytesIO(f"{known}\n{more}".encode()), locale="ja"))
    return {f"{CATALOGUE.removesuffix('.po')}.mo": compiled.getvalue()}


def replaced(text: str, old: str, new: str) -> str:
    """Return a text with the first occurrence of a part replaced, which it must have."""
    assert old in text
    return text.replace(old, new, 1)


def said(folder: Path, files: Mapping[str, str | bytes], reports: Mapping[str, str], code: str) -> Any:  # noqa: ANN401
    """Return what a script says, as JSON, of a copy of the program whose files were changed so."""
    for room in ("index", "kb", "webui"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "library").mkdir()
    for name, text in reports.items():
        (folder / "library" / name).write_text(text, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", ASK + code], cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, check=False,
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_facet_that_is_added_as_one_value_is_found_on_every_face(tmp_path: Path) -> None:
    facet, translations = recipe("A facet")
    text = (ROOT / "kb/search/facets.py").read_text("utf-8")
    changed = {
        "kb/search/facets.py": replaced(text, "FACETS = (\n", f"FACETS = (\n{facet},"),
        **translated(translations),
    }
    reports = {"a.md": "# 会 2018\n\n- SQS は二度届くので冪等にする\n- SQS は安い\n"}

    told = said(
        tmp_path,
        changed,
        reports,
        """
found = json.loads(kb("search", "SQS", "--length", "short", "--json").splitlines()[0])
counted = json.loads(kb("search", "SQS", "--facets", "--json").splitlines()[-1])["facets"]["length"]
shown = client.get("/?q=SQS&length=short", headers={"Accept": "application/json"}).json
asked = tools.call(opened, "search", {"query": "SQS", "length": ["long"]}, None)
print(json.dumps({
    "help": [line.strip() for line in kb("search", "--help").splitlines() if "--length" in line or "length, " in line],
    "command": found["text"],
    "counted": [(one["value"], one["label"], one["count"]) for one in counted],
    "box": json.loads(kb("search", "SQS 長さ:長いメモ", "--json").splitlines()[0])["text"],
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
            "--length TEXT                   One of short, long. Repeatable.",
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


def test_a_reader_that_is_added_as_a_table_and_a_row_reads_by_command_and_page(tmp_path: Path) -> None:
    table, row, report, _ = recipe("A reader")
    text, tables = ((ROOT / f"kb/readers/{name}").read_text("utf-8") for name in ("formats.py", "line_formats.toml"))
    changed = {
        "kb/readers/formats.py": replaced(text, '    Reader("text",', f'    {row.strip()},\n    Reader("text",'),
        "kb/readers/line_formats.toml": f"{tables}\n{table}",
    }

    told = said(
        tmp_path,
        changed,
        {"a.pukiwiki": report},
        """
added = client.post(
    "/add?name=b.pukiwiki", data="#contents\\n* 会 2019\\n- SNS は届くのか\\n".encode(), content_type="text/plain",
    headers={"Sec-Fetch-Site": "same-origin"},
)
read = CliRunner().invoke(cli, ["read", "library/a.pukiwiki", "--json"]).output.splitlines()
print(json.dumps({
    "read": [(one["text"], one["depth"], one["held_on"], one["talk"]["title"]) for one in map(json.loads, read)],
    "command": json.loads(kb("search", "冪等", "--json").splitlines()[0])["text"],
    "page": "二度届くので冪等にする" in page("/?q=SQS"),
    "added": added.status_code in (200, 201) and "SNS は届くのか" in page("/?q=SNS"),
    "accepted": ".pukiwiki" in client.get("/add").text,
}))
""",
    )

    assert told == {
        "read": [
            ["SQS", 0, "2019-03-10", "キューの話"],
            ["二度届くので冪等にする", 1, "2019-03-10", "キューの話"],
            ["資料", 1, "2019-03-10", "キューの話"],
        ],
        "command": "二度届くので冪等にする",
        "page": True,
        "added": True,
        "accepted": True,
    }


def test_a_text_that_is_added_in_both_languages_is_shown_in_that_of_the_reader(tmp_path: Path) -> None:
    line, translations = recipe("A text")
    changed: dict[str, str | bytes] = dict(translated(translations))
    start = (ROOT / "webui/templates/start.html").read_text("utf-8")
    changed["webui/templates/start.html"] = replaced(start, "{% block main %}\n", f"{{% block main %}}\n{line}")

    told = said(
        tmp_path,
        changed,
        {"a.md": "# 会 2018\n\n- SQS は二度届く\n"},
        """
print(json.dumps(["どこにも送られません" in page("/"), "is sent nowhere" in page("/", "en"),
                  "どこにも送られません" in page("/", "en")]))
""",
    )

    assert told == [True, True, False]


def test_a_service_that_is_added_as_a_table_is_found_and_its_change_marks_notes_from_before(tmp_path: Path) -> None:
    service, change, _ = recipe("A service, with a dated change")
    tables = {"services/integration.toml": service, "changes/messaging.toml": change}
    places = {f"kb/domains/aws/{name}": table for name, table in tables.items()}
    notes = ["エグザンプルキューに送れるのは一日1万件まで", "Example Queue に一日に1万件ほど送った"]

    told = said(
        tmp_path,
        {place: f"{(ROOT / place).read_text('utf-8')}\n{table}" for place, table in places.items()},
        {f"{year}.md": f"# 勉強会 {year}-05-01\n\n" + "".join(f"- {one}\n" for one in notes) for year in (2018, 2020)},
        """
found = [json.loads(line) for line in kb("search", "--service", "Example Queue", "--json").splitlines()[:-1]]
print(json.dumps(sorted([one["held_on"], one["text"], [each["now"] for each in one["changes"]]] for one in found)))
""",
    )

    now = "2019年6月以降は一日に送れる数に上限がない"
    assert told == [
        ["2018-05-01", notes[1], []],
        ["2018-05-01", notes[0], [now]],
        ["2020-05-01", notes[1], []],
        ["2020-05-01", notes[0], []],
    ]


def test_a_command_that_is_added_as_a_function_and_a_row_prints_lines_json_and_its_help(tmp_path: Path) -> None:
    function, row, texts = recipe("A command")
    places = {name: (ROOT / f"kb/cli/{name}.py").read_text("utf-8") for name in ("commands", "finding")}
    changed = {
        "kb/cli/commands.py": replaced(places["commands"], "COMMANDS = {\n", f"COMMANDS = {{\n    {row}"),
        "kb/cli/finding.py": f"{places['finding']}\n\n{function}",
        **translated(texts),
    }
    talk = "## 【A】10:00~10:45:{}の話\n\n登壇者: 山田 花子\n\n- SQS は{}二度届く\n\n"

    added = said(
        tmp_path,
        changed,
        {"a.md": "# 会 2018\n\n" + "".join(talk.format(name, name) for name in ("箱", "鍵"))},
        """
japanese = CliRunner().invoke(cli, ["--lang", "ja", "speakers", "--help"]).output
print(json.dumps({
    "lines": kb("speakers").splitlines(),
    "json": json.loads(kb("speakers", "--json")),
    "help": [line.strip() for line in CliRunner().invoke(cli, ["--lang", "en", "--help"]).output.splitlines()
             if "speakers" in line],
    "japanese": "登壇者と、そのセッションの数を並べます。" in japanese,
}))
""",
    )

    assert added == {
        "lines": ["    2  山田 花子"],
        "json": {"name": "山田 花子", "talks": 2},
        "help": ["speakers     List the speakers with the number of their talks."],
        "japanese": True,
    }


def test_a_page_that_is_added_as_a_module_and_a_template_answers_people_and_programs(tmp_path: Path) -> None:
    module, template, texts, _ = recipe("A page")
    app = (ROOT / "webui/app.py").read_text("utf-8")
    app = replaced(app, "_READ_ONLY = (", "_READ_ONLY = (longest, ")
    app = replaced(app, "    indexes,\n", "    indexes,\n    longest,\n")
    changed = {
        "webui/app.py": app,
        "webui/pages/longest.py": module,
        "webui/templates/longest.html": template,
        **translated(texts),
    }

    added = said(
        tmp_path,
        changed,
        {"a.md": "# 会 2018\n\n- SQS は二度届く\n- SQS は二度届くので冪等にする\n"},
        """
records = client.get("/longest", headers={"Accept": "application/json"}).json["notes"]
print(json.dumps({
    "json": [record["text"] for record in records],
    "page": page("/longest").index("二度届くので") < page("/longest").rindex("SQS は二度届く"),
    "titles": ["長いメモ" in page("/longest"), "Longest notes" in page("/longest", "en")],
}))
""",
    )

    assert added == {
        "json": ["SQS は二度届くので冪等にする", "SQS は二度届く"],
        "page": True,
        "titles": [True, True],
    }


def test_a_signal_that_is_added_to_the_ranking_changes_the_score_and_is_explained(tmp_path: Path) -> None:
    row, strength, label = recipe("A signal of the ranking")
    texts = {name: (ROOT / name).read_text("utf-8") for name in SIGNAL_FILES}
    ranking, scoring, *wordings = SIGNAL_FILES
    changed = {
        ranking: replaced(
            replaced(texts[ranking], 'Literal["words",', 'Literal["complete", "words",'),
            '    Signal("exact"',
            f'    {row.strip()},\n    Signal("exact"',
        ),
        scoring: replaced(
            texts[scoring], "        if len(self.words) > 1:", f"        {strength}        if len(self.words) > 1:"
        ),
        **{name: replaced(texts[name], "\nSIGNALS = {\n", f"\nSIGNALS = {{\n    {label}") for name in wordings},
    }

    added = said(
        tmp_path,
        changed,
        {"a.md": "# 会 2018\n\n- SQS は二度届くので冪等にする\n"},
        """
reasons = json.loads(kb("search", "SQS 冪等", "--json", "--explain").splitlines()[0])["reasons"]
print(json.dumps({
    "points": [reason["points"] > 0 for reason in reasons if reason["signal"] == "complete"],
    "terminal": "all of the words" in CliRunner().invoke(
        cli, ["--lang", "en", "search", "SQS 冪等", "--explain", "--library", "library", "--index", "kept"]
    ).output,
    "page": "all of the words" in page("/?q=SQS 冪等", "en"),
}))
""",
    )

    assert added == {"points": [True], "terminal": True, "page": True}

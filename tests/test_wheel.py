"""What is installed works where it is installed: each command, from the built wheel, in an empty folder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUN_EACH = """
import json, sys
from click.testing import CliRunner
from webui.app import create_app
from kb.cli.group import cli
import kb.knowledge_base

def run(*arguments):
    result = CliRunner().invoke(cli, arguments, input="# 見本の会 2020\\n\\n- SQS は便利\\n", catch_exceptions=False)
    print(json.dumps([arguments[0], result.exit_code, result.stdout.splitlines()]))
    return result.stdout

run("--help")
run("--version")
run("--lang", "ja", "--help")
run("sync")
note = json.loads(run("search", "SQS", "--limit", "1", "--json").splitlines()[0])
run("show", note["id"])
run("pairs", "--service", "lambda")
run("services")
run("evaluate", "--json")
run("status")
page = create_app(kb.knowledge_base.KnowledgeBase.open()).test_client().get("/?q=SQS")
print(json.dumps(["page", page.status_code, [kb.knowledge_base.__file__]]))
run("add", "-", "--date", "2020-03")
for command in ("read", "outline", "lint"):
    run(command, "data/reports")
run("remove", json.loads(run("search", "SQS", "--json").splitlines()[0])["report"])
"""

Outputs = dict[str, tuple[int, list[str]]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an unpacked wheel; its dependencies are those of whoever runs the tests."""
    built = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(built)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (file,) = built.glob("*.whl")
    zipfile.ZipFile(file).extractall(built / "unpacked")
    return built / "unpacked"


@pytest.fixture(scope="module")
def outputs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """Return what each command printed in an empty folder, with its exit code."""
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    empty = tmp_path_factory.mktemp("empty")
    command = [sys.executable, "-c", RUN_EACH]
    done = subprocess.run(command, cwd=empty, env=environment, stdout=subprocess.PIPE, check=True)
    return {name: (code, lines) for name, code, lines in map(json.loads, done.stdout.splitlines())}


def test_every_command_of_a_wheel_works_in_an_empty_folder(outputs: Outputs) -> None:
    codes = {name: code for name, (code, _) in outputs.items()}

    assert codes == dict.fromkeys(codes, 0) | {"page": 200}


def test_a_wheel_brings_its_own_code_samples_and_judged_queries(outputs: Outputs, wheel: Path) -> None:
    figures = json.loads((ROOT / "data/evaluation/figures.json").read_text("utf-8"))
    reached = json.loads(outputs["evaluate"][1][0])

    assert Path(outputs["page"][1][0]).is_relative_to(wheel)
    assert outputs["sync"][1][0].startswith("Showing samples  reports: 9 new")
    assert [name for name, figure in figures["words"].items() if reached[name] < figure] == []


def test_a_wheel_speaks_japanese(outputs: Outputs) -> None:
    assert outputs["--lang"][1][0].startswith("使い方: kb")


def test_adding_to_a_wheel_in_an_empty_folder_makes_the_library_there(outputs: Outputs) -> None:
    assert outputs["add"][1][1].startswith("reports: 1 new, 0 changed, 0 gone, 0 unchanged; 1 notes")

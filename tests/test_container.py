"""The container's files are held to the code: they are read here, and what they name is tried; no Docker is needed."""

import json
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import click
import yaml
from werkzeug.serving import make_server

import webui.command  # noqa: F401 (it adds `serve`)
from index.opensearch_engine import Address
from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
KB, NODE = (COMPOSE["services"][name] for name in ("kb", "opensearch"))


def instructions() -> Iterator[tuple[str, str]]:
    """Yield the instructions of the Dockerfile, each with what follows it."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            instruction, _, rest = line.partition(" ")
            yield instruction, rest.strip()


FINAL = list(instructions())[[name for name, _ in instructions()].index("FROM", 1) :]


ENVIRONMENT = dict(pair.split("=", 1) for name, rest in FINAL if name == "ENV" for pair in rest.split())


def final(name: str) -> str:
    """Return what the last stage says once by an instruction."""
    (told,) = (rest for instruction, rest in FINAL if instruction == name)
    return told


def test_the_image_runs_as_nobody_and_writes_below_its_volumes_alone() -> None:
    volumes = json.loads(final("VOLUME"))
    written = {ENVIRONMENT[name] for name in ("HOME", "XDG_CACHE_HOME", "KB_LIBRARY")}

    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", final("USER"))
    assert [path for path in written if not path.startswith(tuple(volumes))] == []
    assert all(volume.startswith(f"{final('WORKDIR')}/") for volume in volumes)
    assert f"chown -R {final('USER')} {final('WORKDIR')}" in final("RUN")
    assert ENVIRONMENT["PATH"].split("/bin")[0] == final("COPY").split()[-1]


def test_the_command_of_the_image_is_one_and_its_port_is_told() -> None:
    program, name, *words = json.loads(final("CMD"))
    command = cli.get_command(click.Context(cli), name)
    assert command
    given = command.make_context(name, words).params

    assert (program, given["host"], str(given["port"])) == ("kb", str(IPv4Address(0)), final("EXPOSE"))


def test_the_health_check_of_the_image_asks_what_the_server_answers(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    app = create_app(KnowledgeBase.open(tmp_path / "library", tmp_path / "index"))
    program, *words = json.loads(final("HEALTHCHECK").partition(" CMD ")[2])
    server = make_server("127.0.0.1", 0, app)
    asks = [word.replace(f":{final('EXPOSE')}/", f":{server.port}/") for word in words]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    healthy = subprocess.run([sys.executable, *asks], check=False).returncode
    server.shutdown()
    thread.join()
    server.server_close()
    gone = subprocess.run([sys.executable, *asks], check=False, capture_output=True).returncode

    assert (program, asks != words, healthy, gone != 0) == ("python", True, 0, True)


def test_compose_gives_kb_no_more_than_its_data() -> None:
    written = {volume.split(":")[1] for volume in KB["volumes"]}

    assert KB["read_only"]
    assert (KB["cap_drop"], KB["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    assert KB["user"].split(":-")[1].rstrip("}") == final("USER")
    assert all(any(path.startswith(volume) for volume in json.loads(final("VOLUME"))) for path in written)
    assert "KB_TOKEN" in KB["environment"]
    assert "?" in KB["environment"]["KB_TOKEN"], "without a token it is not to start"


def test_compose_has_kb_ask_its_node_where_nobody_else_can() -> None:
    url, _, index = KB["environment"]["KB_ENGINE"].rpartition("/")
    published = [port.split(":") for service in (KB, NODE) for port in service.get("ports", ())]

    assert str(Address((url,), index)) == f"{url} {index}"
    assert KB["network_mode"] == "service:opensearch"
    assert NODE["environment"]["network.host"] == "127.0.0.1"
    assert published == [["127.0.0.1", final("EXPOSE"), final("EXPOSE")]]
    assert url in " ".join(NODE["healthcheck"]["test"])
    assert NODE["image"].split(":")[1] in (ROOT / "docs/scaling.md").read_text("utf-8")


def test_what_the_image_is_built_of_is_all_that_the_package_is_made_of(tmp_path: Path) -> None:
    everything, *kept = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for name in (line[1:] for line in kept if line.startswith("!")):
        place = tmp_path / "context" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place)
        else:
            shutil.copy(ROOT / name, place)

    assert everything == "*"
    assert packed(tmp_path / "context", tmp_path / "one") == packed(ROOT, tmp_path / "two")
    copied = [words for name, rest in instructions() if name == "COPY" for words in rest.split()[:-1]]
    assert [name for name in copied if name.endswith(".lock") and not (tmp_path / "context" / name).exists()] == []


def packed(folder: Path, into: Path) -> list[str]:
    """Return the names in the wheel that a folder is built into."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into)]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    (file,) = into.glob("*.whl")
    return sorted(zipfile.ZipFile(file).namelist())

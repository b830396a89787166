"""`kb serve` as a process: where it listens, what it says, how it stops."""

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    library = tmp_path / "library"
    library.mkdir()
    (library / "report.md").write_text("# 見本勉強会 2019 レポート\n\n- SQS は便利\n", "utf-8")
    places = ["--library", str(library), "--index", str(tmp_path / "index")]
    subprocess.run([sys.executable, "-c", KB, "sync", *places], check=True, capture_output=True)
    running = []

    def started(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-u", "-c", KB, "serve", *places, *options]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return running[-1]

    yield started
    for process in running:
        process.kill()
        process.communicate()


KB = "from webui.command import main; main(prog_name='kb')"


def address_in(process: subprocess.Popen[str]) -> tuple[list[str], str]:
    """Return the lines up to the one that names the address, and the address."""
    lines = []
    assert process.stdout
    for line in process.stdout:
        lines.append(line.strip())
        if "http://" in line:
            break
    return lines, lines[-1].split()[1]


def test_serve_takes_another_port_where_the_first_is_taken_and_says_which(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        lines, address = address_in(start("--port", str(port)))

    assert lines[0] == f"Port {port} is taken; using {address.rsplit(':')[-1].strip('/')}."
    with urllib.request.urlopen(address + "?q=SQS") as response:  # noqa: S310 (our own)
        assert response.status == 200


@pytest.mark.parametrize(
    ("token", "told"),
    [("", "set KB_TOKEN to a secret of at least 16 characters"), ("short", "KB_TOKEN is shorter than 16 characters")],
)
def test_beyond_this_machine_it_does_not_start_without_a_token(
    start: Start, monkeypatch: pytest.MonkeyPatch, token: str, told: str
) -> None:
    monkeypatch.setenv("KB_TOKEN", token)
    process = start("--host", "0.0.0.0")  # noqa: S104
    error, _ = process.communicate(timeout=30)

    assert (process.returncode, told in error.splitlines()[-1]) == (2, True)


def test_a_host_of_another_machine_is_refused_in_one_line(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_TOKEN", "a-token-of-twenty-chars")
    process = start("--host", "192.0.2.1")
    told, _ = process.communicate(timeout=30)

    assert (process.returncode, told.splitlines()[-1]) == (
        2,
        "Error: cannot listen at 192.0.2.1:8000: Cannot assign requested address; choose another --host or --port",
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_quietly(start: Start, number: signal.Signals) -> None:
    process = start("--port", "0")
    address_in(process)
    process.send_signal(number)
    told, _ = process.communicate(timeout=10)

    assert (process.returncode, told) == (0, "")

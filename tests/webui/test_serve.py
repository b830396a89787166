"""`kb serve` as a process: where it listens, what it says, how it stops."""

import ctypes
import json
import platform
import re
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kb.knowledge_base import KnowledgeBase
from webui.http.security import HEADERS

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    library = tmp_path / "library"
    library.mkdir()
    (library / "report.md").write_text("# 見本勉強会 2019 レポート\n\n- SQS は便利\n", "utf-8")
    places = ["--library", str(library), "--index", str(tmp_path / "index")]
    running = []

    def started(*options: str, before: Callable[[], None] | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, "-u", "-c", KB, "serve", *places, *options]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        running.append(subprocess.Popen(command, **streams, text=True, preexec_fn=before))  # noqa: PLW1509  # no thread
        return running[-1]

    yield started
    for process in running:
        process.kill()
        process.communicate()


KB = "from webui.command import main; main()"


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
    [
        ("", "set KB_TOKEN to a secret of at least 16 characters"),
        ("short", "KB_TOKEN is shorter than 16 characters"),
        (" " * 20, "KB_TOKEN is shorter than 16 characters"),
    ],
)
def test_beyond_this_machine_it_does_not_start_without_a_token(
    start: Start, monkeypatch: pytest.MonkeyPatch, token: str, told: str
) -> None:
    monkeypatch.setenv("KB_TOKEN", token)
    process = start("--host", "0.0.0.0")  # noqa: S104
    error, _ = process.communicate(timeout=60)

    assert (process.returncode, told in error.splitlines()[-1]) == (2, True)


@pytest.mark.parametrize("host", ["a..b", "a" * 70])
def test_a_host_that_is_none_is_refused_in_one_line(start: Start, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("KB_TOKEN", "a-token-of-twenty-chars")
    process = start("--host", host, "--port", "0")
    told, _ = process.communicate(timeout=60)

    assert (process.returncode, told.splitlines()[-1].partition(": ")[2].partition(";")[0]) == (
        2,
        f"cannot listen at {host}:0: no name that a machine can have",
    )


def test_a_host_of_another_machine_is_refused_in_one_line(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_TOKEN", "a-token-of-twenty-chars")
    process = start("--host", "192.0.2.1")
    told, _ = process.communicate(timeout=60)

    assert (process.returncode, told.splitlines()[-1]) == (
        2,
        "Error: cannot listen at 192.0.2.1:8000: Cannot assign requested address; choose another --host or --port",
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_quietly(start: Start, number: signal.Signals) -> None:
    process = start("--port", "0")
    address_in(process)
    process.send_signal(number)
    told, _ = process.communicate(timeout=60)

    assert (process.returncode, told) == (0, "")


def exchange(address: str, *sent: bytes) -> bytes:
    """Return all that the server answers to these bytes, sent as they are."""
    host, _, port = address.removeprefix("http://").strip("/").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        for part in sent:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        answered = b""
        while received := connection.recv(65536):
            answered += received
    return answered


def statuses(answered: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", answered, re.MULTILINE)]


GET = b"GET /?q=SQS HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
POST = (
    b"POST /add?name=a.md HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
    b"Content-Type: text/plain\r\nConnection: close\r\n"
)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
LONG = 11 * 1024 * 1024
RAW = {
    "as it should be": (GET + b"\r\n", [200]),
    "no Host": (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", [400]),
    "two Hosts": (GET + b"Host: evil.example\r\n\r\n", [400]),
    "another Host": (GET.replace(b"localhost", b"evil.example") + b"\r\n", [400]),
    "two Content-Lengths": (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n- a", [400]),
    "a negative Content-Length": (POST + b"Content-Length: -1\r\n\r\n", [400]),
    "Content-Length and chunks": (POST + b"Content-Length: 5\r\n" + CHUNKED + SMUGGLED, [422]),
    "an unknown transfer coding": (POST + b"Transfer-Encoding: cow\r\n\r\n", [501]),
    "a broken chunk": (POST + CHUNKED + b"zz\r\n- a\r\n", [400]),
    "a body in chunks": (POST + CHUNKED + b"3\r\n- a\r\n0\r\n\r\n", [201]),
    "a body too long": (POST + b"Content-Length: %d\r\n\r\n" % LONG + b"- " + b"x" * (LONG - 2), [413]),
    "a body too long, in chunks": (POST + CHUNKED + b"%x\r\n- " % LONG + b"x" * (LONG - 2) + b"\r\n0\r\n\r\n", [413]),
    "an address of 5 kB": (GET.replace(b"SQS", b"a" * 5000) + b"\r\n", [200]),
    "an address of 16 kB": (GET.replace(b"SQS", b"a" * 16_384)[:16_384], [431]),
    "a header of 16 kB": ((GET + b"X: ").ljust(16_384, b"a"), [431]),
    "an address as it is typed": (GET.replace(b"SQS", "冪等".encode()) + b"\r\n", [200]),
    "an address in Shift_JIS": (GET.replace(b"SQS", "冪等".encode("cp932")) + b"\r\n", [200]),
    "a path as it is typed": (GET.replace(b"/?q=SQS", "/speaker/山田".encode()) + b"\r\n", [404]),
    "an open bracket": (GET.replace(b"/?q=SQS", b"http://[") + b"\r\n", [400]),
    "a port that is none": (GET.replace(b"/?q=SQS", b"http://localhost:x/") + b"\r\n", [200]),
    "a Content-Length of 5,000 digits": (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", [400]),
    "nothing to go on with": (GET + b"Expect: 100-continue\r\n\r\n", [200]),
    "something to go on with": (POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n- a", [100, 201]),
    "another's name": (GET + b"Remote_User: root\r\nX-Forwarded-Host: evil.example\r\n\r\n", [200]),
}


def test_what_is_sent_raw_gets_the_answer_that_is_documented(start: Start) -> None:
    _, address = address_in(start("--port", "0"))
    answers = {name: statuses(exchange(address, sent)) for name, (sent, _) in RAW.items()}

    assert answers == {name: wanted for name, (_, wanted) in RAW.items()}


def test_words_in_an_address_are_found_however_they_are_sent(start: Start) -> None:
    _, address = address_in(start("--port", "0"))
    ask = GET.replace(b"Host", b"Accept: application/json\r\nHost") + b"\r\n"
    found = [exchange(address, ask.replace(b"SQS", word)) for word in ("便利".encode(), b"%E4%BE%BF%E5%88%A9")]

    assert [b'"total":1' in answered for answered in found] == [True, True]


def test_after_a_request_of_two_lengths_nothing_more_is_read_from_the_connection(start: Start) -> None:
    _, address = address_in(start("--port", "0"))
    kept = POST.replace(b"Connection: close\r\n", b"")
    both = kept + b"Content-Length: 5\r\n" + CHUNKED + b"0\r\n\r\n"
    chunked = kept + CHUNKED + b"0\r\n\r\n"

    assert [exchange(address, sent + GET + b"\r\n").count(b"HTTP/1.1 ") for sent in (both, chunked)] == [1, 2]


@pytest.mark.parametrize("name", ["two Content-Lengths", "an unknown transfer coding", "a header of 16 kB"])
def test_what_is_no_request_is_answered_with_our_headers(start: Start, name: str) -> None:
    _, address = address_in(start("--port", "0"))
    answered = exchange(address, RAW[name][0]).decode()

    assert [header for header in HEADERS if f"{header}: {HEADERS[header]}" not in answered] == []


TOKEN = "a-token-of-twenty-chars"  # noqa: S105


def enter(address: str, token: str, **headers: str) -> tuple[int, bool]:
    """Return the status of an answer to a key, and whether its cookie is for https only."""
    body = f"token={token}"
    fields = {
        "Host": "localhost",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": len(body),
        "Connection": "close",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    answered = exchange(address, f"POST /key HTTP/1.1\r\n{lines}\r\n{body}".encode())
    return statuses(answered)[0], b"; Secure;" in answered


def test_behind_a_proxy_the_address_the_scheme_and_the_host_are_those_that_it_forwards(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_TOKEN", TOKEN)
    _, address = address_in(start("--port", "0", "--name", "notes.example.com", "--trusted-proxies", "1"))
    page = {"Origin": "https://notes.example.com", "X_Forwarded_Proto": "https", "Host": "127.0.0.1:8000"}
    through = {**page, "X_Forwarded_Host": "notes.example.com"}
    # A client may send such a header itself; the proxy adds the address that it sees.
    one = [
        enter(address, f"{number}", X_Forwarded_For=f"192.0.2.{number}, 198.51.100.1", **through)
        for number in range(11)
    ]
    answers = {
        "another client": enter(address, "wrong", X_Forwarded_For="198.51.100.2", **through),
        "the right key": enter(address, TOKEN, X_Forwarded_For="198.51.100.1", **through),
        "a page of another scheme": enter(address, TOKEN, **{**through, "X_Forwarded_Proto": "http"}),
        "a page of another site": enter(address, TOKEN, **{**through, "Origin": "https://evil.example"}),
        "a host of another name": enter(address, TOKEN, **{**through, "X_Forwarded_Host": "evil.example"}),
        "no forwarded host": enter(address, TOKEN, **{**page, "Host": "notes.example.com"}),
        "a host that is none": enter(address, TOKEN, **{**through, "X_Forwarded_Host": "["}),
    }

    assert [status for status, _ in one] == [403] * 10 + [429]
    assert answers == {
        "another client": (403, False),
        "the right key": (303, True),
        "a page of another scheme": (403, False),
        "a page of another site": (403, False),
        "a host of another name": (400, False),
        "no forwarded host": (303, True),
        "a host that is none": (400, False),
    }


def test_of_two_proxies_the_first_names_the_client(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_TOKEN", TOKEN)
    _, address = address_in(start("--port", "0", "--trusted-proxies", "2"))
    page = {"Origin": "http://localhost"}
    chain = "192.0.2.{0}, 198.51.100.1, 10.0.0.{0}"
    one = [enter(address, f"{number}", X_Forwarded_For=chain.format(number), **page)[0] for number in range(11)]

    assert one == [403] * 10 + [429]


def test_without_trusted_proxies_a_client_cannot_choose_its_address_scheme_or_host(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_TOKEN", TOKEN)
    _, address = address_in(start("--port", "0"))
    page = {"Origin": "http://localhost", "X_Forwarded_Proto": "https", "X_Forwarded_Host": "evil.example"}
    one = [enter(address, f"{number}", X_Forwarded_For=f"192.0.2.{number}", **page)[0] for number in range(11)]

    assert (one, enter(address, TOKEN, **page)) == ([403] * 10 + [429], (303, False))


def test_behind_a_proxy_it_does_not_start_without_a_token(start: Start) -> None:
    process = start("--port", "0", "--trusted-proxies", "1")
    told, _ = process.communicate(timeout=60)

    assert (process.returncode, told.splitlines()[-1]) == (
        2,
        "Error: behind a proxy other machines can write: set KB_TOKEN to a secret of at least 16 characters",
    )


def test_a_stop_answers_what_runs_and_keeps_uploads_whole(start: Start, tmp_path: Path) -> None:
    process = start("--port", "0")
    _, address = address_in(process)
    host, port = address.removeprefix("http://").strip("/").split(":")
    body = b"# \xe8\xa6\x8b\xe6\x9c\xac\n\n" + b"- SQS\n" * 3000
    upload = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    requests = [GET + b"\r\n"] * 20 + [upload.replace(b"a.md", b"%d.md" % number) for number in range(2)]
    connections = [socket.create_connection((host, int(port)), timeout=60) for _ in requests]
    for connection, request in zip(connections, requests, strict=True):
        connection.sendall(request)
    connections[0].recv(1)  # the first is being answered
    process.send_signal(signal.SIGTERM)
    answers = [b"H" + connections[0].makefile("rb").read(), *(c.makefile("rb").read() for c in connections[1:])]
    told, _ = process.communicate(timeout=60)
    for connection in connections:
        connection.close()
    stored = {path.read_bytes() == body for path in (tmp_path / "library").glob("[01]*.md")}

    assert [status for answer in answers for status in statuses(answer)] == [200] * 20 + [201] * 2
    assert (process.returncode, told, stored) == (0, "", {True})


@pytest.mark.parametrize("many", [700, 1500])
def test_slow_clients_do_not_stop_the_others(start: Start, many: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * many:
        pytest.skip(f"{hard} open files are too few to be {many} slow clients")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * many), hard))
    _, address = address_in(start("--port", "0"))
    host, port = address.removeprefix("http://").strip("/").split(":")
    half_open = [socket.create_connection((host, int(port))) for _ in range(many)]
    for connection in half_open:
        with suppress(OSError):  # the oldest may have had to make room already
            connection.sendall(b"GET / HTTP/1.1\r\nHost: local")
    answers = [statuses(exchange(address, GET + b"\r\n")) for _ in range(20)]
    for connection in half_open:
        connection.close()

    assert answers == [[200]] * 20


def unprivileged() -> None:
    """Let not even root write where the mode of a file forbids it (Linux: CAP_DAC_OVERRIDE is dropped for good)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(24, 1)


def test_the_index_of_another_library_is_not_served_for_this_one(start: Start, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.md").write_text("# 会\n\n- 冪等に\n", "utf-8")
    KnowledgeBase.open(tmp_path / "other", tmp_path / "index").indexer.sync()
    process = start("--port", "0", "--no-watch")
    told, _ = process.communicate(timeout=300)

    assert (process.returncode, "the index is that of" in told, "Serving" in told) == (2, True, False)


def test_an_index_that_cannot_be_written_and_is_behind_its_library_is_served_and_each_page_says_so(
    start: Start, tmp_path: Path
) -> None:
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    (tmp_path / "library" / "new.md").write_text("# 新しい勉強会 2020\n\n- 冪等にする\n", "utf-8")
    folders = [tmp_path / "index", *(path for path in (tmp_path / "index").rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    lines, address = address_in(start("--port", "0", "--no-watch", before=unprivileged))
    told = {}
    for path in ("?q=SQS", "readyz", "sync"):
        asked = urllib.request.Request(f"{address}{path}", headers={"Accept": "application/json"})  # noqa: S310
        with urllib.request.urlopen(asked) as response:  # noqa: S310 (our own)
            told[path] = json.load(response)
    with urllib.request.urlopen(address) as response:  # noqa: S310
        page = response.read().decode()
    for folder in folders:
        folder.chmod(0o755)

    why = told["readyz"]["behind"]
    assert (lines[0].rpartition("/")[2], told["?q=SQS"]["total"], told["sync"]["error"]) == (
        f"{why}; the index answers as it was before",
        1,
        why,
    )
    assert (why.endswith(": Permission denied"), "索引を更新できませんでした" in page) == (True, True)


def test_a_report_that_is_put_into_the_library_is_found_without_being_asked_for(start: Start, tmp_path: Path) -> None:
    _, address = address_in(start("--port", "0"))
    (tmp_path / "library" / "bad.md").write_bytes(b"\0\1\2")
    (tmp_path / "library" / "new.md").write_text("# 新しい勉強会 2020\n\n- 冪等にする\n", "utf-8")

    headers = {"Accept": "application/json"}
    asked = urllib.request.Request(address + "?q=%E5%86%AA%E7%AD%89", headers=headers)  # noqa: S310
    for _ in range(600):
        with urllib.request.urlopen(asked) as response:  # noqa: S310 (our own)
            found = json.load(response)["total"]
        if found:
            break
        time.sleep(0.1)

    assert found == 1


_TRIMMING = """
import os, signal, socket
from pathlib import Path
from flask import Flask
from webui import server

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

server._TRIM_SECONDS, trim = 0, server._one_pool()
kept, before = [bytes(600) for _ in range(100_000)][::100], resident()  # too large for Python's own pools

def trim_and_stop():
    trim()
    print("returned" if before - resident() > 30 else before - resident())
    os.kill(os.getpid(), signal.SIGTERM)

server._run(Flask("none"), socket.create_server(("127.0.0.1", 0)), {}, trim_and_stop, lambda: None)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc returns freed memory on request")
def test_the_running_server_returns_freed_memory_to_the_system() -> None:
    command = [sys.executable, "-c", _TRIMMING]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert (done.stdout.split(), done.stderr) == (["returned"], "")

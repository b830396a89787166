"""OpenSearch nodes on this machine for developers and tests, each in a process of its own on loopback.

    python tests/cluster/nodes.py start [COUNT] | stop | status | check | run COMMAND…

Maven fetches the jars once. Nodes, data and logs are in KB_CLUSTER_FOLDER, else in the user's cache. Maven Central has
no distribution of OpenSearch. `ClusterNode.java` starts a node from its parts, for tests only: without modules,
keystore or security manager.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

import platformdirs

HERE = Path(__file__).parent
GIVEN = "KB_TEST_CLUSTER"  # the environment variable with the folder of the nodes for tests
_FIRST_HTTP, _FIRST_TRANSPORT = 9211, 9311
_JAVA = range(17, 24)  # later versions lack the security manager, which OpenSearch 2 needs
# A small heap, and code that is compiled once: half the time to start, and tests hardly repeat a request.
_FOR_TESTS = ("-Xms512m", "-Xmx512m", "-XX:TieredStopAtLevel=1")
_JVM = (
    "-XX:+UseSerialGC",
    "-Xshare:auto",
    "-Dfile.encoding=UTF-8",
    "-Djava.awt.headless=true",
    "-Dlog4j2.disable.jmx=true",
    "-Dlog4j.shutdownHookEnabled=false",
    "-Dio.netty.noUnsafe=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dio.netty.allocator.numDirectArenas=0",
    "-Djava.locale.providers=SPI,COMPAT",
)
_LOGGING = """
status = error
appender.file.type = File
appender.file.name = file
appender.file.fileName = {log}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = [%d{{ISO8601}}][%-5p][%c{{1.}}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
"""


def missing() -> str | None:
    """Return the reason why this machine cannot start nodes, None if it can."""
    for program in ("java", "javac", "mvn", "setsid"):
        if not shutil.which(program):
            return f"there is no {program} on this machine"
    printed = subprocess.run(("java", "-version"), capture_output=True, text=True, check=False).stderr
    version = re.search(r'"(\d+)', printed)
    if version is None or int(version[1]) not in _JAVA:
        return f"they run on Java {_JAVA.start} to {_JAVA.stop - 1}, and this machine has {printed.splitlines()[0]}"
    return None


class Cluster:
    """Nodes that find each other, in a folder of their own."""

    def __init__(self, folder: Path, count: int = 3, shift: int = 0, options: Sequence[str] = _FOR_TESTS) -> None:
        self.folder = folder
        self._count = count
        self._shift = shift  # of the ports
        self._options = options

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses at which the nodes answer."""
        return tuple(f"http://127.0.0.1:{self._port(number)}" for number in self.numbers)

    @property
    def numbers(self) -> range:
        """The numbers of the nodes."""
        return range(self._count)

    def start(self) -> None:
        """Start the nodes that do not run, and wait until all have joined."""
        for number in self.numbers:
            self.start_node(number)
        self.wait(self._count)

    def start_node(self, number: int) -> None:
        """Start one node unless it runs."""
        if self.pid(number) is not None:
            return
        home = self._home(number)
        for name in ("config", "tmp"):
            (home / name).mkdir(parents=True, exist_ok=True)
        (home / "config" / "opensearch.yml").write_text(json.dumps(self._settings(number)), "utf-8")  # JSON is YAML
        (home / "config" / "log4j2.properties").write_text(_LOGGING.format(log=home / "node.log"), "utf-8")
        logging = f"-Dlog4j.configurationFile={home / 'config' / 'log4j2.properties'}"
        classes = _prepared()
        path = os.pathsep.join((str(classes), f"{_jars()}/*"))
        (home / "pid").unlink(missing_ok=True)
        command = (
            "setsid",
            "--fork",
            "java",
            *self._options,
            *_JVM,
            logging,
            f"-Djava.io.tmpdir={home / 'tmp'}",
            "-cp",
            path,
            "ClusterNode",
        )
        with (home / "output.log").open("ab") as output:
            subprocess.run((*command, str(home)), stdout=output, stderr=output, check=True)

    def pid(self, number: int) -> int | None:
        """Return the process of a node, None if it does not run."""
        try:
            pid = int((self._home(number) / "pid").read_text("utf-8"))
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self._home(number)).encode() in command.split(b"\0") else None

    def signal(self, number: int, which: signal.Signals) -> None:
        """Send a signal to the process of a node."""
        if pid := self.pid(number):
            os.kill(pid, which)

    def kill(self, number: int) -> None:
        """Kill a node, and wait until it is gone."""
        self.signal(number, signal.SIGKILL)
        self._wait_gone(number)

    def stop(self) -> None:
        """Stop all nodes."""
        for number in self.numbers:
            self.signal(number, signal.SIGCONT)
            self.signal(number, signal.SIGTERM)
        for number in self.numbers:
            self._wait_gone(number)

    def wait(self, count: int, colour: str = "green", seconds: int = 120) -> None:
        """Wait until this many nodes have joined and every index has a colour."""
        deadline = time.monotonic() + seconds
        question = f"/_cluster/health?wait_for_nodes={count}&wait_for_status={colour}&timeout=5s"
        while time.monotonic() < deadline:
            for url in self.urls:
                answer = asked(url + question)
                if answer and not answer.get("timed_out"):
                    return
            time.sleep(0.2)
        raise TimeoutError(f"{self.folder}: {count} nodes were not {colour} within {seconds} s; see node.log there")

    def _wait_gone(self, number: int) -> None:
        deadline = time.monotonic() + 30
        while self.pid(number) is not None and time.monotonic() < deadline:
            time.sleep(0.05)

    def _home(self, number: int) -> Path:
        return self.folder / f"node-{number}"

    def _port(self, number: int) -> int:
        return _FIRST_HTTP + self._shift + number

    def _settings(self, number: int) -> Mapping[str, Any]:
        names = [f"n{each}" for each in self.numbers]
        ports = [_FIRST_TRANSPORT + self._shift + each for each in self.numbers]
        met = {
            "discovery.seed_hosts": [f"127.0.0.1:{port}" for port in ports],
            "cluster.initial_cluster_manager_nodes": names,
        }
        return {
            "cluster.name": "kb-tests",
            "node.name": names[number],
            "path.data": str(self._home(number) / "data"),
            "network.host": "127.0.0.1",
            "http.port": self._port(number),
            "transport.port": ports[number],
            "node.processors": 2,
            "cluster.routing.allocation.disk.threshold_enabled": False,
            "indices.breaker.total.use_real_memory": False,
            "action.auto_create_index": False,
            "indexing_pressure.memory.limit": "50%",  # a document of 60 MB is more than a tenth of so small a heap
            **(met if self._count > 1 else {"discovery.type": "single-node"}),
        }


def asked(url: str, seconds: float = 10) -> Any:  # noqa: ANN401  # JSON
    """Return the JSON at an address, None if there is none."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return json.load(answer)
    except (OSError, ValueError, HTTPException):
        return None


def _cache() -> Path:
    return Path(os.environ.get("KB_CLUSTER_FOLDER") or platformdirs.user_cache_path("talk-notes-kb") / "cluster")


def _jars() -> Path:
    return _cache() / "jars"


def _prepared() -> Path:
    """Return the folder of the compiled node, after fetching the jars and compiling it if needed."""
    classes, source, pom = _cache() / "classes", HERE / "ClusterNode.java", HERE / "pom.xml"
    done = classes / "ClusterNode.class"
    if not done.exists() or done.stat().st_mtime < max(source.stat().st_mtime, pom.stat().st_mtime):
        maven = ("mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={_jars()}")
        subprocess.run(maven, check=True)
        subprocess.run(("javac", "-cp", f"{_jars()}/*", "-d", str(classes), str(source)), check=True)
    return classes


def given() -> Cluster:
    """Return the nodes of this test run (`run`)."""
    return Cluster(Path(os.environ[GIVEN]))


@contextmanager
def running(folder: Path, count: int = 3, shift: int = 0, options: Sequence[str] = _FOR_TESTS) -> Iterator[Cluster]:
    """Give a cluster that runs until the end."""
    cluster = Cluster(folder, count, shift, options)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def main(arguments: Sequence[str]) -> int:
    """Start, stop or list the developer's own nodes."""
    what, *rest = arguments or ["status"]
    if lacking := missing():
        print(f"Nodes cannot be started: {lacking}.")
        return 1
    if what == "check":
        return 0
    if what == "run":
        with tempfile.TemporaryDirectory(prefix="kb-cluster-") as folder, running(Path(folder)):
            return subprocess.run(rest, check=False, env={**os.environ, GIVEN: folder}).returncode
    cluster = Cluster(_cache() / "nodes", int(rest[0]) if rest else 3)
    if what == "start":
        cluster.start()
    elif what == "stop":
        cluster.stop()
    for number, url in zip(cluster.numbers, cluster.urls, strict=True):
        print(url, "runs" if cluster.pid(number) else "does not run")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

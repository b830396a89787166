"""Archives: their files are read in memory under any name, and hostile archives are refused."""

import gzip
import io
import os
import random
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from index.messages import translatable
from kb.readers.archives import MAX_ARCHIVE_BYTES, MAX_FILES, MAX_REPORT_BYTES
from kb.readers.containers import Member, container_ending, members_of
from kb.readers.formats import read_outline
from kb.report.problems import FileProblem, UnreadableError

ID = "0123456789abcdef0123456789abcdef"
BOMB = "a: an archive packed to less than 1:100, as hostile archives are; unpack it yourself"
CROWD = dict.fromkeys(map(str, range(MAX_FILES + 1)), b"")
CROWDED = "a: an archive of more than 10,000 files; divide it"
LEADS_OUT = "has a name that leads out of the archive; it is left out"
BROKEN_OFF = "a!/(2): the tar is damaged; pack it again: the files from here on are not read"


def zipped(files: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def tarred(files: Mapping[str, bytes], *others: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in others:
            archive.addfile(entry)
    return file.getvalue()


def linked(name: str, kind: bytes, target: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def sources_and_problems(data: bytes) -> list[str]:
    """Return the sources of the files in an archive, and its problems as messages."""
    return [each.source if isinstance(each, Member) else str(each) for each in members_of(data, "a")]


@pytest.mark.parametrize("pack", [zipped, tarred, lambda files: gzip.compress(tarred(files))])
def test_the_files_of_an_archive_are_members_except_attachments_and_hidden_files(
    pack: Callable[[Mapping[str, bytes]], bytes],
) -> None:
    files = {
        "2018/講演.md": "- 一".encode(), "b.txt": "・二".encode(), "photo.PNG": b"x", "style.css": b"x",
        ".DS_Store": b"x", "__MACOSX/._b.txt": b"x", ".obsidian/app.json": b"{}", "a.md~": b"x", "kb.toml": b"x",
    }  # fmt: skip

    assert list(members_of(pack(files), "a")) == [
        Member("a!/2018/講演.md", "- 一".encode()),
        Member("a!/b.txt", "・二".encode()),
    ]


@pytest.mark.parametrize(("name", "flag"), [("講演.md", 0x800), ("講演.md", 0), ("ソ表能.md", 0)])
def test_names_from_windows_are_decoded_as_japanese(name: str, flag: int) -> None:
    encoding = "utf-8" if flag else "cp932"
    data = zipped({"x" * len(name.encode(encoding)): b"x"})
    data = data.replace(b"x" * len(name.encode(encoding)), name.encode(encoding))
    if flag:
        data = data.replace(b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x00\x08").replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x00\x08"
        )

    assert sources_and_problems(data) == [f"a!/{name}"]


def test_ids_of_notion_are_removed_from_names_unless_two_names_differ_only_by_them() -> None:
    other = ID[::-1]
    names = (f"会 {ID}/夜の会 {ID}.md", f"メモ {ID}.md", f"メモ {other}.md", f"{ID}.md")

    assert sources_and_problems(zipped(dict.fromkeys(names, b"x"))) == [
        "a!/会/夜の会.md",
        f"a!/メモ {ID}.md",
        f"a!/メモ {other}.md",
        f"a!/{ID}.md",
    ]


def test_archives_are_read_one_level_deep_in_others() -> None:
    inner = zipped({"memo.md": b"x", "deep.zip": zipped({"memo.md": b"x"})})

    assert sources_and_problems(zipped({"part.zip": inner, "b.md": b"x"})) == [
        "a!/part.zip!/memo.md",
        "a!/part.zip!/deep.zip: an archive nested too deep; unpack it",
        "a!/b.md",
    ]


def test_office_files_are_not_read_as_archives() -> None:
    data = zipped({"[Content_Types].xml": b"x", "word/document.xml": b"x"})

    assert (container_ending(data), list(members_of(data, "a"))) == (None, [Member("a", data)])


def first_line(value: bytes | list[str]) -> str:
    """Return the name of a test case: its first verdict, because the bytes of an archive hold the time."""
    return "archive" if isinstance(value, bytes) else "".join(value[:1])


def bomb(times: int) -> bytes:
    return zipped({"bomb.md": b"0" * (times * 50_000)}, zipfile.ZIP_DEFLATED)


def overlapping() -> bytes:
    """Return a zip in which two files share their bytes."""
    data = zipped({"a.md": b"a" * 100, "b.md": b"b" * 100}, zipfile.ZIP_STORED)
    begin = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", begin + 1)
    return data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]


def lying(size: int) -> bytes:
    """Return a zip that gives a wrong size of its file."""
    data = zipped({"a.md": b"- x\n" * 100})
    begin = data.index(b"PK\x01\x02")
    return data[: begin + 24] + struct.pack("<I", size) + data[begin + 28 :]


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (bomb(1), ["a!/bomb.md"]),
        (zipped({"b.md": os.urandom(5000) + b"0" * 1_000_000}), ["a!/b.md"]),
        (zipped({"b.md": os.urandom(5000) + b"0" * 2_000_000}), [BOMB]),
        (bomb(200), [BOMB]),
        (gzip.compress(b"0" * 20_000_000), [BOMB]),
        (overlapping(), ["a: a zip whose files overlap, as in hostile archives; pack it again"]),
        (lying(50), ["a!/a.md: is damaged; pack it again"]),
        (lying(40_000), ["a!/a.md"]),
        (lying(0xFFFFFFF0), ["a!/a.md: longer than 10 MB; divide it, or remove all but its text"]),
        (zipped(CROWD), [CROWDED]),
        (gzip.compress(tarred(CROWD), 1), [CROWDED]),
        (tarred(CROWD), [CROWDED]),
        (
            zipped({"../a.md": b"x", "/b.md": b"x", "C:\\c.md": b"x", "d/../../e.md": b"x"}),
            [f"a!/{name}: {LEADS_OUT}" for name in ("../a.md", "/b.md", "C:/c.md", "d/../../e.md")],
        ),
        (tarred({"../a.md": b"x"}), [f"a!/../a.md: {LEADS_OUT}"]),
        (
            tarred(
                {"a.md": b"x"},
                linked("b.md", tarfile.SYMTYPE, "/etc/passwd"),
                linked("c.md", tarfile.LNKTYPE, "a.md"),
                linked("d.md", tarfile.CHRTYPE, ""),
            ),
            ["a!/a.md"],
        ),
        (gzip.compress(b"- x"), ["a: a gzip that holds no tar; unpack it, and add what is in it"]),
        (gzip.compress(tarred({"a.md": b"x"}))[:-20], ["a: a gzip that is damaged; pack it again"]),
        (b"PK\x03\x04" + bytes(99), ["a: a zip that is damaged; pack it again"]),
        (tarred({"a.md": b"x", "b.md": b"x"})[:1024] + b"x" * 1024, ["a!/a.md", BROKEN_OFF]),
        (tarred({"a.md": b"x", "b.md": b"x" * 3000})[:2048], ["a: a tar that is damaged; pack it again"]),
        (zipped({"a.md": b"x"}, zipfile.ZIP_LZMA), ["a!/a.md: is compressed by a rare method; pack the archive again"]),
        (zipped({}), []),
    ],
    ids=first_line,
)  # fmt: skip
def test_an_archive_is_read_or_refused_with_a_message(data: bytes, verdict: list[str]) -> None:
    assert sources_and_problems(data) == verdict


def test_links_in_a_zip_are_not_followed() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        entry = zipfile.ZipInfo("link.md")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")

    assert sources_and_problems(file.getvalue()) == []


def test_of_two_files_with_one_name_the_first_is_read() -> None:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a.md", b"1")
        archive.writestr("a.md", b"2")

    assert list(members_of(file.getvalue(), "a")) == [
        Member("a!/a.md", b"1"),
        FileProblem("a!/a.md", None, translatable("this name occurs twice in the archive; the first is read")),
    ]


def test_the_unpacked_size_of_nested_archives_is_limited() -> None:
    part = zipped({"a.md": bytes(MAX_REPORT_BYTES - 1000)}, zipfile.ZIP_STORED)
    inner = {f"{at}.zip": part for at in range(4)}

    assert sources_and_problems(zipped(inner, zipfile.ZIP_STORED)) == [
        f"a: an archive of more than {MAX_ARCHIVE_BYTES >> 20} MB; divide it, or remove all but its text"
    ]


@pytest.mark.parametrize(
    ("whole", "least"),
    [
        (zipped({"a.md": b"- x\n" * 9, "b/c.md": b"- y\n"}), 100),
        (tarred({"a.md": b"- x\n" * 9, "b/c.md": b"- y\n"}, linked("d", tarfile.SYMTYPE, "a.md")), 1000),
        (tarred({"長" * 60: b"- x\n"}, form=tarfile.GNU_FORMAT), 500),
        (gzip.compress(tarred({"a.md": b"- x\n" * 9})), 1),
    ],
    ids=["zip", "tar", "tar with long names", "tar.gz"],
)
def test_a_damaged_archive_raises_nothing_and_writes_nothing(
    whole: bytes, least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    chance = random.Random(2018)  # noqa: S311 - bytes to read, no secrets
    read = 0
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
        for each in members_of(bytes(data), "a"):
            if isinstance(each, Member):
                try:
                    read += bool(read_outline(each.data, each.source).blocks)
                except UnreadableError:
                    continue

    assert (read >= least, [*tmp_path.iterdir()]) == (True, [])

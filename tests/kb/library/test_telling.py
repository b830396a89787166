"""What is told by hand is written into kb.toml: with the report that it is about, and beside what others tell."""

import errno
import os
import re
from pathlib import Path

import pytest

from kb.library import files
from kb.library.configuration import parse
from kb.library.files import Library
from kb.library.rewriting import with_correction, with_override, with_talk
from kb.library.tables import ConfigurationError
from kb.report.model import Correction, MetadataOverride, ToldTalk
from kb.report.problems import LibraryError


def test_what_is_told_of_a_report_is_there_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []

    def watched(path: Path, data: bytes) -> None:
        seen.append((path.name, (tmp_path / "a.md").exists()))
        path.write_bytes(data)

    monkeypatch.setattr(files, "write_whole", watched)
    Library(tmp_path).put(b"# a", "a.md", MetadataOverride(event="会"))

    assert seen == [(".kb-begun", False), ("kb.toml", False), ("a.md", False)]


def test_where_the_report_cannot_be_written_nothing_is_told_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = '# 私の覚え書き\n[reports."b.md"]\ndate = "2018"\n'
    (tmp_path / "kb.toml").write_text(written, "utf-8")
    whole = files.write_whole

    def full(path: Path, data: bytes) -> None:
        if path.suffix == ".md":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(path, data)

    monkeypatch.setattr(files, "write_whole", full)
    with pytest.raises(LibraryError, match=r"a\.md: cannot be written"):
        Library(tmp_path).put(b"# a", "a.md", MetadataOverride(event="会"))

    assert (tmp_path / "kb.toml").read_text("utf-8") == written


WRITTEN = """\
# 私の覚え書き
ignore = ["drafts/**"]

[notes."r/1"] # 確かめた
add = ["sqs"]

# 会場は札幌
[reports."b.md"]
date = 2018-03-10 # 二日目

[words]
"冪等" = ["べきとう"]

[reports."a.md"]
event = "会"
"""


def test_what_the_author_wrote_stays_where_and_as_it_was_written() -> None:
    told = with_override(WRITTEN.encode(), "b.md", MetadataOverride(event="札幌の会", held_on="2018-03-10"))
    told = with_talk(told, "t/1", ToldTalk(talk=True, speakers=("山田 花子",)))
    told = with_correction(told, "r/1", Correction(adds=("sqs",), kind="advice"))
    after = told.decode().splitlines()

    assert [line for line in WRITTEN.splitlines() if line not in after] == []
    assert [line for line in after if line not in WRITTEN.splitlines()] == [
        'kind = "advice"',
        'event = "札幌の会"',
        '[talks."t/1"]',
        "talk = true",
        'speakers = ["山田 花子"]',
    ]
    told = with_override(told, "b.md", MetadataOverride(held_on="2018-03-10"))
    told = with_correction(with_talk(told, "t/1", ToldTalk()), "r/1", Correction(adds=("sqs",)))
    assert told.decode() == WRITTEN


@pytest.mark.parametrize(
    "told", [ToldTalk(speakers=()), ToldTalk(talk=False), ToldTalk(talk=True, speakers=("山田 花子",))]
)
def test_what_is_told_of_a_talk_is_what_is_read(told: ToldTalk) -> None:
    assert parse(with_talk(b"", "t/1", told)).talks == {"t/1": told}


def test_that_nobody_speaks_is_told_in_one_way_and_read_in_two() -> None:
    before = b'[talks."t/1"]\nspeakers = []\n'

    assert with_talk(before, "t/1", parse(before).talks["t/1"]) == b'[talks."t/1"]\nspeaker = false\n'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("talk = 1", '[talks."t/1"] talk cannot be 1; write true or false'),
        ("speaker = true", 'speaker cannot be true; write who speaks: speakers = ["…"]'),
        ('speaker = false\nspeakers = ["a"]', "speaker = false says that nobody speaks, and speakers who does"),
        ("speker = false", "speker"),
    ],
)
def test_what_cannot_be_told_of_a_talk_is_refused_with_its_remedy(line: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        parse(f'[talks."t/1"]\n{line}\n'.encode())

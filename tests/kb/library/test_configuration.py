"""The kb.toml of a library: read, applied to its files, and rewritten."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.library.configuration import parse, parse_whole
from kb.library.files import Library
from kb.library.rewriting import (
    line_of,
    with_correction,
    with_override,
    with_overrides,
    with_search,
    with_seen,
    with_talk,
    without_search,
)
from kb.library.tables import ConfigurationError
from kb.readers.archives import MAX_REPORT_BYTES
from kb.report.model import Correction, MetadataOverride, TalkCorrection
from kb.report.problems import LibraryError


def sources(library: Path) -> list[str]:
    return [file.source for file in Library(library).scan().files]


def test_the_readme_and_ignored_files_are_skipped_and_listed(tmp_path: Path) -> None:
    for name in ("README.md", "2019/readme.ja.md", "2019/ReadMe", "readme-of-a-talk.md", "drafts/2019/a.md", "b.memo"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "kb.toml").write_text('ignore = ["drafts/**", "*.memo"]', "utf-8")

    scan = Library(tmp_path).scan()

    assert ([file.source for file in scan.files], scan.left_alone) == (
        ["readme-of-a-talk.md", "2019/ReadMe", "2019/readme.ja.md"],
        ("README.md", "b.memo", "drafts/2019/a.md"),
    )


def test_a_library_of_readmes_and_drafts_holds_no_report(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "a.md").write_text("x")
    (tmp_path / "kb.toml").write_text('ignore = ["a*"]', "utf-8")

    assert not Library(tmp_path).holds_reports()


@pytest.mark.parametrize("patterns", ["'drafts'", "[1]", "['']"])
def test_ignore_is_a_list_of_patterns(tmp_path: Path, patterns: str) -> None:
    (tmp_path / "kb.toml").write_text(f"ignore = {patterns}", "utf-8")

    (problem,) = Library(tmp_path).scan().problems
    assert str(problem.message).startswith("not used: ignore cannot ")


def test_kb_toml_overrides_event_date_and_address(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text(
        '[reports."a.md"]\nevent = "社内勉強会"\ndate = 2018-03-10\nurl = "https://example.com/a"\n'
        '[reports."b.md"]\ndate = "2018-03"\n',
        "utf-8",
    )

    assert Library(tmp_path).scan().configuration.overrides == {
        "a.md": MetadataOverride("社内勉強会", "2018-03-10", "https://example.com/a"),
        "b.md": MetadataOverride(None, "2018-03", None),
    }


def test_kb_toml_names_files_that_are_no_reports(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text('ignore = ["drafts/**", "*.csv"]\n', "utf-8")

    assert Library(tmp_path).scan().configuration.ignore == ("drafts/**", "*.csv")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[reports", "Expected ']' at the end of a table declaration (at end of document)"),
        ("reports = 1", 'reports cannot be 1; write tables like [reports."name"]'),
        (
            "[services.portal]\nname = 'Portal'",
            (
                "[services.portal] has no category; write tables like [services.portal], "
                'with name = "…" and category = "…"'
            ),
        ),
        (
            "[services.portal]\nname = 'SQS'\ncategory = 'compute'",
            "[services.portal] the name 'SQS' belongs to sqs; leave it out",
        ),
        ("ignore = 'a.md'", "ignore cannot be 'a.md'; write patterns of files: ignore = [\"drafts/**\"]"),
        ("ignore = [1]", 'ignore cannot hold 1; write patterns of files: ignore = ["drafts/**"]'),
    ],
)
def test_a_broken_kb_toml_is_a_problem_and_reports_are_read_without_it(tmp_path: Path, text: str, wrong: str) -> None:
    (tmp_path / "kb.toml").write_text(text, "utf-8")
    (tmp_path / "a.md").write_text("x")

    scan = Library(tmp_path).scan()

    assert ([file.source for file in scan.files], [*map(str, scan.problems)]) == (
        ["a.md"],
        [f"kb.toml: not used: {wrong}; fix it, the reports are indexed without it"],
    )


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            '[reports."a.md"]\nday = 1',
            "[reports.\"a.md\"] has unknown key 'day'; known are event, date, published, url, former",
        ),
        ("[notes.'a/b']\nadd = ['ほげ']", "[notes.\"a/b\"] add: no service is called 'ほげ'"),
        ("[notes.'a/b']\nadd = 'sqs'", '[notes."a/b"] add cannot be \'sqs\'; write a list of texts, as in ["sqs"]'),
        (
            "[notes.'a/b']\nkind = 'advise'",
            (
                "[notes.\"a/b\"] kind cannot be 'advise' (did you mean 'advice'?); "
                "write one of advice, problem, question, statement, impression, label"
            ),
        ),
        (
            f'[reports."a.md"]\nevent = "{"会" * 201}"',
            f'[reports."a.md"] event cannot be \'{"会" * 99}…; write at most 200 characters',
        ),
        (
            '[reports."a.md"]\ndate = "3月"',
            "[reports.\"a.md\"] date: '3月' is no date; write 2026-11-25, 2026/11/25, 2026年11月25日 or 2026",
        ),
        (
            '[reports."a.md"]\ndate = "2018年3月10日(日)"',
            '[reports."a.md"] date: 2018-03-10 is a Saturday, not a Sunday; correct the day or the day of the week',
        ),
        (
            '[reports."a.md"]\ndate = 2018.10',
            '[reports."a.md"] date cannot be 2018.1; write 2018, 2018-03 or 2018-03-10',
        ),
    ],
)
def test_an_invalid_correction_is_a_problem_with_its_line_and_the_rest_of_kb_toml_holds(
    tmp_path: Path, text: str, wrong: str
) -> None:
    others = '[notes."c/d"]\nkind = "advice"\n[talks."c/d"]\ntalk = false\n[reports."c.md"]\nevent = "鍵の会"\n'
    (tmp_path / "kb.toml").write_text(f"{others}{text}\n", "utf-8")

    configuration, _, problems = Library(tmp_path).configuration()

    assert [*map(str, problems)] == [f"kb.toml:7: not used: {wrong}; correct it, the rest of kb.toml holds"]
    assert (configuration.corrections, configuration.talks, configuration.overrides) == (
        {"c/d": Correction(kind="advice")},
        {"c/d": TalkCorrection(talk=False)},
        {"c.md": MetadataOverride("鍵の会")},
    )


@pytest.mark.parametrize("header", ['[notes."a/b"]', "[notes.'a/b']", ' [ notes . "a/b" ] # 手で', "[notes.ab]"])
def test_the_line_of_a_table_is_found_however_it_is_written(header: str) -> None:
    assert line_of(f"\n# [notes]\n{header}\nkind = 'label'\n", "notes", "ab" if "ab" in header else "a/b") == 3


def test_a_table_within_a_line_has_no_line() -> None:
    assert line_of('notes = {"a/b" = {kind = "label"}}\n', "notes", "a/b") is None


def test_kb_toml_with_an_invalid_correction_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text('[notes."a/b"]\nkind = "advise"\n', "utf-8")

    with pytest.raises(LibraryError, match=r"kind cannot be 'advise' .*; fix it first, nothing was written"):
        Library(tmp_path).configure(with_overrides({"a.md": MetadataOverride("会")}))

    assert (tmp_path / "kb.toml").read_text("utf-8") == '[notes."a/b"]\nkind = "advise"\n'


def long(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_REPORT_BYTES + 1)


NOT_REGULAR = [
    (os.mkfifo, "cannot be opened (it is a pipe or a device); put a file in its place"),
    (lambda path: path.symlink_to("/dev/zero"), "cannot be opened (it is a pipe or a device); put a file in its place"),
    (Path.mkdir, "cannot be opened (Is a directory); put a file in its place"),
    (long, "longer than 10 MB; take out what no report needs"),
]


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize(("make", "wrong"), NOT_REGULAR)
def test_a_kb_toml_that_is_no_file_is_a_problem_and_is_never_overwritten(
    tmp_path: Path, make: Callable[[Path], None], wrong: str
) -> None:
    make(tmp_path / "kb.toml")
    (tmp_path / "a.md").write_text("x", "utf-8")
    scan = Library(tmp_path).scan()
    with pytest.raises(LibraryError) as refused:
        Library(tmp_path).configure(lambda data, _: with_seen(data, "https://a.example/feed", ["1"]))

    assert ([file.source for file in scan.files], [*map(str, scan.problems)]) == (["a.md"], [f"kb.toml: {wrong}"])
    assert str(refused.value) == f"{tmp_path / 'kb.toml'}: {wrong}; fix it first, nothing was written"


def test_an_impossible_date_is_a_problem_with_its_line_and_the_rest_of_kb_toml_holds(tmp_path: Path) -> None:
    told = '[reports."b.md"]\nevent = "会"\ndate = "2018-02-30"\n\n[reports."a.md"]\n'
    (tmp_path / "kb.toml").write_text(f"{told}date = '2018-02-30' # 手で\npublished = \"٢٠١٨\"\n", "utf-8")
    scan = Library(tmp_path).scan()

    how = "write 2018, 2018-03 or 2018-03-10"
    assert scan.configuration.overrides == {"b.md": MetadataOverride("会"), "a.md": MetadataOverride()}
    assert list(map(str, scan.problems)) == [
        f"kb.toml:3: not used: [reports.\"b.md\"] date '2018-02-30' is not a date; {how}",
        f"kb.toml:6: not used: [reports.\"a.md\"] date '2018-02-30' is not a date; {how}",
        f"kb.toml:7: not used: [reports.\"a.md\"] published '٢٠١٨' is not a date; {how}",
    ]


def test_a_date_in_kb_toml_is_read_as_people_write_it(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text('[reports."a.md"]\ndate = "令和元年7月"\npublished = 2019-07-08\n', "utf-8")

    overrides = Library(tmp_path).scan().configuration.overrides

    assert overrides == {"a.md": MetadataOverride(held_on="2019-07", published="2019-07-08")}


def test_an_override_is_removed_with_its_report_and_comments_stay(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text('# 手で書いた\n[reports."b.md"]\ndate = "2018" # 年だけ\n', "utf-8")
    library = Library(tmp_path)
    source = library.put(b"x", "a.md").source

    library.configure(with_overrides({source: MetadataOverride("社内勉強会", "2018-03", None)}))
    told = library.scan().configuration.overrides
    written = (tmp_path / "kb.toml").read_bytes()
    kept = library.discard(source).kept

    assert (
        told["a.md"],
        [(tmp_path / name).read_bytes() for name in kept],
        (tmp_path / "kb.toml").read_text("utf-8"),
    ) == (
        MetadataOverride("社内勉強会", "2018-03", None),
        [b"x", written],
        '# 手で書いた\n[reports."b.md"]\ndate = "2018" # 年だけ\n',
    )


def test_a_broken_kb_toml_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text("[reports", "utf-8")

    with pytest.raises(LibraryError, match="fix it first, nothing was written"):
        Library(tmp_path).configure(with_overrides({"a.md": MetadataOverride("会")}))

    assert (tmp_path / "kb.toml").read_text("utf-8") == "[reports"


def test_a_change_that_would_break_kb_toml_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text("# 覚え書き\n", "utf-8")

    with pytest.raises(LibraryError, match="control character; leave that out; nothing was written"):
        Library(tmp_path).configure(
            lambda data, _: with_seen(data, "https://example.com/feed", ["https://example.com/\x07"])
        )

    assert (tmp_path / "kb.toml").read_text("utf-8") == "# 覚え書き\n"


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


def test_the_lines_of_the_author_stay_as_written() -> None:
    told = with_override(WRITTEN.encode(), "b.md", MetadataOverride(event="札幌の会", held_on="2018-03-10"))
    told = with_talk(told, "t/1", TalkCorrection(talk=True, speakers=("山田 花子",)))
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
    told = with_correction(with_talk(told, "t/1", TalkCorrection()), "r/1", Correction(adds=("sqs",)))
    assert told.decode() == WRITTEN


def test_a_saved_search_is_taken_out_and_put_back_to_the_byte() -> None:
    table = '[[searches]]\nname = "{0}"\naddress = "q={0}"\n'
    tables = "\n".join(map(table.format, ("鍵", "錠", "扉")))
    text = f"ignore = []\n\n{tables}# 会場は札幌\n\n[words]\n"
    saved = parse(text.encode()).searches

    assert with_search(without_search(text.encode(), 0), saved[0], 0).decode() == text
    assert with_search(without_search(text.encode(), 1), saved[1], 1).decode() == text
    assert without_search(text.encode(), 2).decode() == text.replace("\n" + table.format("扉"), "")


@pytest.mark.parametrize(
    "correction",
    [TalkCorrection(speakers=()), TalkCorrection(talk=False), TalkCorrection(talk=True, speakers=("山田 花子",))],
)
def test_the_correction_of_a_talk_is_read_as_written(correction: TalkCorrection) -> None:
    assert parse(with_talk(b"", "t/1", correction)).talks == {"t/1": correction}


def test_no_speakers_is_written_in_one_way_and_read_in_two() -> None:
    before = b'[talks."t/1"]\nspeakers = []\n'

    assert with_talk(before, "t/1", parse(before).talks["t/1"]) == b'[talks."t/1"]\nspeaker = false\n'


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("talk = 1", '[talks."t/1"] talk cannot be 1; write true, false, or "ends" if the talk above ends there'),
        ("speaker = true", 'speaker cannot be true; write who speaks: speakers = ["…"]'),
        ('speaker = false\nspeakers = ["a"]', "speaker = false says that nobody speaks, and speakers who does"),
        ("speker = false", "speker"),
    ],
)
def test_an_impossible_correction_of_a_talk_is_refused_with_a_remedy(line: str, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(wrong)):
        parse_whole(f'[talks."t/1"]\n{line}\n'.encode())

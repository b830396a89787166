"""The commands that need no index: read, outline, lint, evaluate."""

from pathlib import Path

import pytest
from typed import REPORT, kb, records

from kb.readers.archives import MAX_REPORT_BYTES

# Files beyond a limit, each with its error.
REFUSED = {
    "bullets.md": ("- 一\n" * 10_001, "10001: more than 10,000 notes; divide the file"),
    "elements.html": ("<html>" + "<p>一</p>" * 10_001, "1: more than 10,000 notes; divide the file"),
    "headings.md": ("# 一\n" * 501, "501: more than 500 headings; divide the file"),
    "long.txt": ("x" * (MAX_REPORT_BYTES + 1), " longer than 10 MB; divide it, or remove all but its text"),
    "lines.rst": ("\n" * 50_001, "50001: more than 50,000 lines; divide the file"),
}
TAKEN = {
    "entities.html": "<html><h1>一</h1><p>" + "&amp;" * 200_000,
    "good.md": "# 二\n\n- 冪等にする\n",
    "line.md": "# 三\n\n- " + "SQSは順番を守らない。" * 50_000,
    "token.txt": "漢" * 300_000,
}


def test_read_reports_a_missing_file_and_shows_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(REPORT, "utf-8")

    result = kb("read", str(tmp_path / "none.md"), str(tmp_path / "a.md"), "--json")

    assert (result.exit_code, len(result.stdout.splitlines()), result.stderr) == (
        0,
        4,
        f"kb: {tmp_path / 'none.md'}: cannot be opened (No such file or directory); check its name\n",
    )


@pytest.mark.parametrize("command", ["read", "outline", "lint"])
def test_a_folder_is_walked_as_a_library_is(tmp_path: Path, command: str) -> None:
    (tmp_path / "2019").mkdir()
    for name in ("2019/a.md", "2019/a.md~", ".b.md", "README.md", "draft.md"):
        (tmp_path / name).write_text(REPORT, "utf-8")
    (tmp_path / "kb.toml").write_text('ignore = ["draft*"]', "utf-8")
    (tmp_path / "gone.md").symlink_to(tmp_path / "gone.md")

    of_folder, of_file = kb(command, str(tmp_path)), kb(command, str(tmp_path / "2019" / "a.md"))

    assert (of_folder.exit_code, of_folder.stdout, of_folder.stderr) == (
        0,
        of_file.stdout,
        (
            f"kb: {tmp_path}/gone.md: cannot be opened (Too many levels of symbolic links); "
            "the link leads to no file; remove it, or let it lead to a report\n"
        ),
    )


def test_a_folder_without_reports_is_an_error(tmp_path: Path) -> None:
    result = kb("read", str(tmp_path))

    assert (result.exit_code, result.stderr) == (2, f"kb: {tmp_path}: no report is in this folder\n")


def test_a_readme_is_read_if_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(REPORT, "utf-8")

    assert len(records("read", str(tmp_path / "README.md"))) == 4


def test_outline_accounts_for_every_line(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(REPORT, "utf-8")

    (record,) = records("outline", str(tmp_path / "a.md"))
    lines = [line for block in record["blocks"] for line in range(block["first_line"], block["last_line"] + 1)]

    assert (lines, record["event"], [talk["title"] for talk in record["talks"]]) == (
        list(range(1, record["lines"] + 1)),
        "サンプル勉強会 2019",
        ["キューとの付き合い方"],
    )


def test_lint_reports_what_is_missing_or_unknown(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# メモ\n\n- AWS Frobnicator を使う\n", "utf-8")

    findings = [
        (problem["line"], problem["message"].split(";")[0]) for problem in records("lint", str(tmp_path / "a.md"))
    ]

    assert findings == [
        (None, "no talk"),
        (None, "no event is named"),
        (None, "no date"),
        (3, "「AWS Frobnicator」 looks like a service that the catalogue does not know"),
    ]


def test_evaluate_scores_a_set_of_passages(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"id": "q", "text": "冪等"}\n{"id": "n", "text": "茶道"}\n', "utf-8")
    (tmp_path / "qrels.tsv").write_text("q\tp1\t1\n", "utf-8")
    (tmp_path / "passages.jsonl").write_text(
        '{"id": "p1", "title": "キュー", "text": "受け手は冪等にする"}\n{"id": "p2", "text": "順序は守られない"}\n',
        "utf-8",
    )

    (figures,) = records("evaluate", "--set", str(tmp_path))

    assert {key: figures[key] for key in ("MRR@10", "R@1", "nDCG@10", "Recall@5", "answered_all_the_same")} == {
        "MRR@10": 1.0,
        "R@1": 1.0,
        "nDCG@10": 1.0,
        "Recall@5": 1.0,
        "answered_all_the_same": [],
    }


def test_evaluate_fails_if_a_figure_has_fallen(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"id": "q", "text": "順序"}\n', "utf-8")
    (tmp_path / "qrels.tsv").write_text("q\tp1\t1\n", "utf-8")
    (tmp_path / "passages.jsonl").write_text('{"id": "p1", "text": "冪等"}\n{"id": "p2", "text": "順序"}\n', "utf-8")
    (tmp_path / "figures.json").write_text('{"MRR@10": 0.5}', "utf-8")

    result = kb("evaluate", "--set", str(tmp_path), "--at-least", str(tmp_path / "figures.json"))

    assert (result.exit_code, result.stderr) == (
        1,
        f"kb: MRR@10 fell to 0.0 from 0.5; see {tmp_path / 'figures.json'}\n",
    )


@pytest.mark.parametrize(
    ("figures", "code", "said"),
    [
        ('{"model": {"MRR@10": 0.5}, "words": {"MRR@10": 0.0}}', 0, ""),
        ('{"model": {"MRR@10": 0.0}, "words": {"MRR@10": 0.5}}', 1, "MRR@10 fell to 0.0 from 0.5"),
        ('{"MRR@10": 0.5, "words": {"R@1": 0.0}}', 1, "MRR@10 fell to 0.0 from 0.5"),
        ('{"model": {"MRR@10": 0.5}}', 2, "no figures for 'words'"),
        ('{"words": {"mrr": 0.5}}', 2, "nothing is measured as 'mrr'"),
    ],
)
def test_evaluate_requires_the_figures_of_the_configuration_in_use(
    tmp_path: Path, figures: str, code: int, said: str
) -> None:
    (tmp_path / "queries.jsonl").write_text('{"id": "q", "text": "順序"}\n', "utf-8")
    (tmp_path / "qrels.tsv").write_text("q\tp1\t1\n", "utf-8")
    (tmp_path / "passages.jsonl").write_text('{"id": "p1", "text": "冪等"}\n{"id": "p2", "text": "順序"}\n', "utf-8")
    (tmp_path / "figures.json").write_text(figures, "utf-8")

    result = kb("evaluate", "--set", str(tmp_path), "--at-least", str(tmp_path / "figures.json"))

    assert (result.exit_code, said in result.stderr, bool(result.stderr)) == (code, True, bool(said))


def test_evaluate_fails_if_a_required_figure_cannot_be_measured(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"id": "q", "text": "順序"}\n', "utf-8")
    (tmp_path / "qrels.tsv").write_text("", "utf-8")
    (tmp_path / "passages.jsonl").write_text('{"id": "p1", "text": "冪等"}\n', "utf-8")
    (tmp_path / "figures.json").write_text('{"MRR@10": 0.5}', "utf-8")

    assert kb("evaluate", "--set", str(tmp_path), "--at-least", str(tmp_path / "figures.json")).exit_code == 1


def test_an_unknown_figure_is_refused(tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_text('{"ndcg@10": 0.9}', "utf-8")
    refused = kb("evaluate", "--at-least", str(tmp_path / "figures.json"))

    assert (refused.exit_code, refused.stderr) == (
        2,
        (
            f"kb: {tmp_path / 'figures.json'}: nothing is measured as 'ndcg@10'; write one of "
            "nDCG@10, Recall@5, MRR@10, R@1, answered_all_the_same\n"
        ),
    )


def test_evaluate_refuses_a_folder_without_queries(tmp_path: Path) -> None:
    result = kb("evaluate", "--set", str(tmp_path))

    assert (result.exit_code, result.stderr.startswith(f"kb: {tmp_path}: no set of judged queries")) == (2, True)


@pytest.mark.parametrize("text", ["{", "[1]", '{"R@1": "x"}'])
def test_malformed_figures_are_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "figures.json").write_text(text, "utf-8")
    refused = kb("evaluate", "--at-least", str(tmp_path / "figures.json"))

    (line,) = refused.stderr.splitlines()
    assert (refused.exit_code, line.partition(": no figures")[0]) == (2, f"kb: {tmp_path / 'figures.json'}")


@pytest.mark.parametrize("text", ["[1]\n", "[]\n", "1\n", "{\n", '{"id": "q"}\n'])
def test_malformed_queries_are_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "queries.jsonl").write_text(text, "utf-8")
    (tmp_path / "qrels.tsv").write_text("q\td\t1\n", "utf-8")
    refused = kb("evaluate", "--set", str(tmp_path))

    (line,) = refused.stderr.splitlines()
    assert (refused.exit_code, line.partition(" (")[0]) == (2, f"kb: {tmp_path}: no set of judged queries")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    for name, text in (*TAKEN.items(), *((name, text) for name, (text, _) in REFUSED.items())):
        (folder / name).write_text(text, "utf-8")
    return folder


def test_sync_refuses_files_beyond_a_limit_and_indexes_the_rest(hostile: Path, tmp_path: Path) -> None:
    done, status = (
        kb(command, "--library", str(hostile), "--index", str(tmp_path / "index")) for command in ("sync", "status")
    )
    problems = [line for line in status.stdout.splitlines() if line.startswith("kb: ")]

    assert (done.exit_code, sorted(problems), done.stdout.partition(",")[0]) == (
        0,
        [f"kb: {name}:{reason}" for name, (_, reason) in sorted(REFUSED.items())],
        f"reports: {len(TAKEN)} new",
    )


def test_read_refuses_files_beyond_a_limit_and_shows_the_rest(hostile: Path) -> None:
    done = kb("read", str(hostile))

    assert (done.exit_code, sorted(done.stderr.splitlines()), "冪等にする" in done.stdout) == (
        0,
        [f"kb: {hostile}/{name}:{reason}" for name, (_, reason) in sorted(REFUSED.items())],
        True,
    )

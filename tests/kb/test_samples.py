"""The bundled samples are what a newcomer sees first: marked as samples, readable whole, and our own words."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from kb.readers.formats import read_outline
from kb.report.identity import normalized
from kb.report.model import Report
from kb.talks import report_of

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "data/samples").iterdir())
EVALUATION = ROOT / "data/evaluation"
SEED = ROOT.parent / "shared/seeds/jaws-days-2018.txt"


def read(path: Path) -> Report:
    return report_of(read_outline(path.read_bytes(), path.name))


def test_there_are_samples_in_both_layouts() -> None:
    suffixes = [path.suffix for path in SAMPLES]

    assert (suffixes.count(".txt") >= 2, suffixes.count(".md") >= 2, len(suffixes) >= 5) == (True, True, True)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_sample_says_that_it_is_one_in_its_first_lines(path: Path) -> None:
    first_lines = path.read_text("utf-8").splitlines()[:12]

    assert [line for line in first_lines if "見本" in line and "kb に付属" in line] != []


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_sample_is_read_whole(path: Path) -> None:
    outline = read_outline(path.read_bytes(), path.name)
    unparsed = [block for block in outline.blocks if block.type == "unparsed"]

    assert (unparsed, outline.warnings) == ([], ())


def test_the_samples_tell_their_events_and_first_days() -> None:
    events = {path.name: (report.event, report.held_on) for path in SAMPLES for report in [read(path)]}

    assert events == {
        "2016-reinvent.md": ("AWS re:Invent 2016", "2016-11-28"),
        "2017-reinvent.txt": ("AWS re:Invent 2017", "2017-11-27"),
        "2018-jaws-days.txt": ("JAWS DAYS 2018", "2018-03-10"),
        "2018-reinvent.md": ("AWS re:Invent 2018", "2018-11-26"),
        "2019-reinvent.txt": ("AWS re:Invent 2019", "2019-12-02"),
        "2019-summit-tokyo.md": ("AWS Summit Tokyo 2019", "2019-06-12"),
        "2020-reinvent.md": ("AWS re:Invent 2020", "2020-11-30"),
        "2022-reinvent.txt": ("AWS re:Invent 2022", "2022-11-28"),
        "2023-reinvent.md": ("AWS re:Invent 2023", "2023-11-27"),
    }


def test_the_jaws_days_sample_has_the_six_talks_of_the_day() -> None:
    talks = read(ROOT / "data/samples/2018-jaws-days.txt").talks

    assert [(talk.track, talk.start, talk.end) for talk in talks] == [
        ("ALL", "10:10", "11:00"),
        ("A", "11:10", "12:00"),
        ("ALL", "13:00", "13:50"),
        ("G", "14:00", "14:50"),
        ("A", "15:00", "15:50"),
        ("H", "16:00", "16:50"),
    ]


def test_no_sample_repeats_a_note_within_one_talk() -> None:
    repeated = [note.id for path in SAMPLES for note in read(path).notes if re.search(r"/[0-9a-f]{8}-\d+$", note.id)]

    assert repeated == []


@pytest.mark.skipif(not SEED.exists(), reason="the report that one sample retells is not part of the repository")
def test_the_jaws_days_sample_repeats_no_sentence_of_the_report_it_retells() -> None:
    sentence = re.compile(r"[ぁ-ん].{4}.*[ぁ-ん]")  # names and terms are nobody's
    theirs = {normalized(note.text) for note in read(SEED).notes if sentence.search(note.text)}
    ours = {normalized(note.text) for note in read(ROOT / "data/samples/2018-jaws-days.txt").notes}

    assert sorted(theirs & ours) == []


def queries() -> list[dict[str, str]]:
    return [json.loads(line) for line in (EVALUATION / "queries.jsonl").read_text("utf-8").splitlines()]


def judgements() -> list[list[str]]:
    return [line.split("\t") for line in (EVALUATION / "qrels.tsv").read_text("utf-8").splitlines()]


def test_every_judged_note_stands_where_the_judgement_says() -> None:
    notes = {f"{path.name}:{note.line}": note.text for path in SAMPLES for note in read(path).notes}
    astray = [row for row in judgements() if not notes.get(row[1], "").startswith(row[3])]

    assert astray == []


def test_each_query_is_judged_unless_it_must_find_nothing() -> None:
    judged = {row[0] for row in judgements() if int(row[2]) > 1}

    assert judged == {query["id"] for query in queries() if query["type"] != "nothing"}


def test_no_note_is_judged_twice_for_a_query_and_every_grade_is_one_to_three() -> None:
    rows = judgements()

    assert (len({(row[0], row[1]) for row in rows}), {row[2] for row in rows}) == (len(rows), {"1", "2", "3"})


def test_the_evaluation_tells_how_many_queries_of_each_type_there_are() -> None:
    told = re.findall(r"^\| `(\w+)` \| (\d+) \|", (EVALUATION / "README.md").read_text("utf-8"), re.MULTILINE)

    assert {kind: int(number) for kind, number in told} == Counter(query["type"] for query in queries())

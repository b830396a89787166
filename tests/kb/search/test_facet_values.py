"""What values each facet has of the notes of a small report: a new facet has its row here."""

from collections import Counter

import pytest
from msgspec.structs import replace

from kb.cli.finding import search
from kb.pipeline.reports import Tools, finish_report
from kb.readers.formats import read_outline
from kb.search.facets import BY_KEY, FACETS
from kb.services import domain

REPORT = """# 見本勉強会 2019-07-06

## 【A】10:00~10:40:箱の話 登壇者: 山田 花子

- SQS
  - 同じメッセージが二度届く
- 課題: ログを追えなくて困った
"""
NOTES = finish_report(read_outline(REPORT.encode(), "folder/a.md"), Tools()).report.notes
CATALOGUE = domain("aws").catalogue


@pytest.mark.parametrize(
    ("facet", "values"),
    [
        ("service", [["sqs"], ["sqs"], []]),
        ("category", [["integration"], ["integration"], []]),
        ("year", [["2019"]] * 3),
        ("speaker", [["山田 花子"]] * 3),
        ("state", [[], [], ["unsolved"]]),
        ("via", [["explicit"], ["inherited"], []]),
    ],
)
def test_the_values_of_a_facet_are_those_of_each_note(facet: str, values: list[list[str]]) -> None:
    assert [list(BY_KEY[facet].values(note, CATALOGUE)) for note in NOTES] == values


@pytest.mark.parametrize(
    ("event", "names"),
    [
        ("AWS re:Invent 2019", ["awsreinvent2019", "awsreinvent", "reinvent2019", "reinvent"]),
        ("JAWS DAYS 2018", ["jawsdays2018", "jawsdays"]),
        ("PyCon JP 2015 in TOKYO", ["pyconjp2015intokyo", "pyconjpintokyo", "jp2015intokyo", "jpintokyo", "pyconjp"]),
        ("JAWS-UG 金沢 #45", ["jawsug金沢45", "jawsug金沢", "ug金沢45", "ug金沢"]),
        ("鍵の会福岡2019", ["鍵の会福岡2019", "鍵の会福岡", "鍵会福岡2019", "鍵会福岡"]),
        ("2018", ["2018"]),
        ("見本の会", ["見本の会", "見本会"]),
        (None, []),
    ],
)
def test_an_event_is_also_called_like_its_series_and_a_long_name_without_its_first_word(
    event: str | None, names: list[str]
) -> None:
    note = replace(NOTES[0], event=event)

    assert [*BY_KEY["name"].values(note, CATALOGUE)] == [*names, "山田花子"]


@pytest.mark.parametrize("name", ["2019", "2019年", "令和元年", "平成31年"])
def test_a_year_is_selected_by_each_of_its_names(name: str) -> None:
    find = BY_KEY["year"].find

    assert find
    assert find(CATALOGUE, name) == "2019"


def test_no_two_facets_are_asked_for_by_one_word_in_the_box() -> None:
    words = Counter(word for facet in FACETS for word in facet.words)

    assert [word for word, facets in words.items() if facets > 1] == []


def test_no_facet_has_the_key_of_another_option_of_search() -> None:
    options = Counter(parameter.name for parameter in search.params)

    assert [name for name, several in options.items() if several > 1] == []

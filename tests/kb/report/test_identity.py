"""Ids, which are in links, bookmarks and kb.toml, are checked to the letter."""

import hashlib

import pytest

from kb.report.identity import (
    digest,
    event_key,
    ids_of,
    longer_id,
    normalized,
    note_id,
    report_id,
    series,
    slug,
    talk_id,
)


def sha(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＪＡＷＳ　Ｄａｙｓ", "jaws days"),
        (" a \n\t b ", "a b"),
        ("a b", "a b"),
        ("a\nb", "a b"),
        ("a  b", "a b"),
        ("ﾗﾑﾀﾞ", "ラムダ"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
    ],
)
def test_width_case_and_the_amount_of_white_space_make_no_difference(text: str, expected: str) -> None:
    assert normalized(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("JAWS DAYS 2018!", "jaws-days-2018"),
        ("_鍵の会_ (第2回)", "鍵の会-第2回"),
        ("！？", "untitled"),
        ("", "untitled"),
        ("あ" * 61, "あ" * 60),
        ("あ" * 59 + " い", "あ" * 59),
    ],
)
def test_a_slug_is_letters_and_digits_joined_by_hyphens(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_the_digest_of_two_texts_differs_from_that_of_both_in_one() -> None:
    assert (digest("A", "b", length=8), digest("a b", length=4)) == (sha("a\nb", 8), sha("a b", 4))


def test_the_id_of_a_report_is_made_of_its_event_and_title() -> None:
    assert report_id("鍵の会 2018", "行ってきた") == f"鍵の会-2018-{sha('行ってきた', 4)}"
    assert report_id(None, "行ってきた") == f"行ってきた-{sha('行ってきた', 4)}"


def test_a_longer_id_is_made_of_the_address_or_file_as_written() -> None:
    assert longer_id("r", "A.md") == f"r-{sha('A.md', 8)}"
    assert longer_id("r", "\udcff.md") == f"r-{hashlib.sha256(bytes([0xFF]) + b'.md').hexdigest()[:8]}"


def test_the_ids_of_a_report_include_former_and_longer_ones() -> None:
    assert ids_of("r", "a.md", None) == ("r", longer_id("r", "a.md"))
    assert ids_of("r", "a.md", "https://e.jp/", ("old", "r")) == (
        "old",
        "r",
        longer_id("r", "a.md"),
        longer_id("r", "https://e.jp/"),
    )


def test_the_id_of_a_talk_is_made_of_its_event_and_title() -> None:
    assert talk_id("鍵の会 2018", "Ｓ３の話") == f"鍵の会-2018/{sha('s3の話', 6)}"
    assert talk_id(None, "鍵") == f"untitled/{sha('鍵', 6)}"


def test_the_id_of_a_note_is_made_of_its_text_and_talk() -> None:
    assert note_id("r", "鍵は二つ", "鍵の話") == f"r/{sha('鍵は二つ' + chr(10) + '鍵の話', 8)}"
    assert note_id("r", "鍵は二つ", None) == f"r/{sha('鍵は二つ' + chr(10), 8)}"


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("JAWS DAYS 2018", "JAWS DAYS"),
        ("見本カンファレンス福岡2019", "見本カンファレンス福岡"),
        ("見本勉強会 第12回", "見本勉強会"),
        ("第８２回 見本の会", "見本の会"),
        ("第七回見本勉強会", "見本勉強会"),
        ("Sample Meetup Tokyo #15", "Sample Meetup Tokyo"),
        ("Sample Night Vol.3", "Sample Night"),
        ("Sample Conference 2019 Autumn", "Sample Conference"),
        ("Sample Days Summer 2024", "Sample Days"),
        ("sample 2019-08-30", "sample"),
        ("Sample '19", "Sample"),
        ("Sample Days v18.12", "Sample Days"),
        ("HTML5 の会", "HTML5 の会"),
        ("Springの会", "Springの会"),
        ("AWS re:Invent", "AWS re:Invent"),
    ],
)
def test_the_name_of_a_series_has_no_years_numbers_and_seasons(event: str, name: str) -> None:
    assert series(event) == name


@pytest.mark.parametrize("event", ["2018", "第3回", "#12"])
def test_an_event_named_only_by_a_number_keeps_its_name(event: str) -> None:
    assert series(event) == event


@pytest.mark.parametrize(
    "spellings",
    [
        ("JAWS DAYS 2018", "JAWSDAYS 2018", "jaws days 2018年", "JAWS DAYS'18", "ＪＡＷＳ　ＤＡＹＳ　２０１８"),
        ("第5回 鍵の会", "第五回鍵の会", "鍵の会#5", "鍵の会 vol.5", "鍵の会 5回目", "鍵の会5"),
        ("第二十一回 鍵の会", "鍵の会 #21"),
        ("OSC2015 Tokyo/Fall", "OSC 2015 Tokyo/Fall"),
        ("鍵学園 1時限目", "鍵学園1限目"),
    ],
)
def test_spellings_of_an_events_name_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len({*map(event_key, spellings)}) == 1


@pytest.mark.parametrize(
    ("event", "other"),
    [
        ("鍵の会 #5", "鍵の会 #6"),
        ("鍵の会 2018", "鍵の会 2019"),
        ("鍵の会 2018", "鍵の会"),
        ("鍵の会 #1", "鍵の会 1周年"),
        ("一太郎の会", "太郎の会"),
        ("鍵の会 2018 #2", "鍵の会 2018"),
    ],
)
def test_other_events_have_other_keys(event: str, other: str) -> None:
    assert event_key(event) != event_key(other)

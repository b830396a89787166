"""The words of the field in the analysis and the search: names of services, spellings and field words."""

from collections import Counter

import pytest

from index.readings import NamesByReading, heard
from index.text import KATAKANA
from kb.pipeline.reports import Tools
from kb.search.search_box import query_parser

TOOLS = Tools()
VOCABULARY = TOOLS.domain.vocabulary


def terms(text: str) -> list[str]:
    analyzer = TOOLS.analyzer
    return [term.text for term in analyzer.terms(analyzer.morphemes(text))]


@pytest.mark.parametrize(
    "names",
    [
        ("Lambda", "lambda", "ラムダ", "ＬＡＭＢＤＡ"),
        ("CloudFormation", "Cloud Formation", "cloud formation", "CFn", "クラウドフォーメーション"),
        ("SQS", "Simple Queue Service"),
        ("サーバーレス", "サーバレス", "Serverless", "serverless"),
        ("Kubernetes", "k8s"),
        ("デッドレターキュー", "DLQ"),
        ("リトライ", "retry"),
    ],
)
def test_names_of_one_thing_have_the_same_first_term(names: tuple[str, ...]) -> None:
    assert len({terms(name)[0] for name in names}) == 1


def test_readings_are_in_katakana_and_each_is_listed_once() -> None:
    rows = [(name, reading) for name, each in VOCABULARY.readings.items() for reading in each]
    rows += [(name, reading) for name, each in VOCABULARY.parts.items() for reading in each]

    assert [row for row in rows if not KATAKANA.fullmatch(row[1])] == []
    assert len({(name.casefold(), heard(reading)) for name, reading in rows}) == len(rows)
    names = Counter(heard(reading) for each in VOCABULARY.readings.values() for reading in each)
    assert [sound for sound, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("JWT", "ジェーダブリューティー"),
        ("CDK", "シーデーケー"),
        ("S3", "エスサン"),
        ("GitHub Actions", "ギットハブアクションズ"),
        ("Service Quotas", "サービスクォータ"),
        ("Aurora", "オーロラ"),
        ("Lambda", "ラムダ"),
        ("冪等", "ベキトウ"),
    ],
)
def test_a_name_is_read_as_its_words_and_capital_letters_are(name: str, reading: str) -> None:
    assert NamesByReading(TOOLS.domain.readings).of(reading) == name


@pytest.mark.parametrize(
    ("kana", "name"),
    [("ならべる", "Laravel"), ("たすける", "Haskell"), ("はっしゅ", "Bash"), ("チャート", "Dart")],
)
def test_a_word_of_the_dictionary_is_no_slip_of_a_name(kana: str, name: str) -> None:
    words = query_parser(TOOLS).words

    assert (words.names.readings.near(kana), words.names.similar(kana)) == (name, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("冪等性", ["冪等性", "冪等", "性"]),
        ("Step Functions", ["step functions", "step", "functions"]),
        ("EC2X", ["ec2x"]),
        ("processes", ["processes"]),
    ],
)
def test_units_of_names_and_field_words_are_terms_too(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_a_feature_has_other_terms_than_its_service() -> None:
    assert not set(terms("Lambda@Edge")) & set(terms("CloudFront"))


def test_the_units_of_every_word_concatenate_to_it() -> None:
    assert [word for word in TOOLS.domain.words if word.units and "".join(word.units) != word.surface] == []


def test_every_slip_and_related_word_has_terms() -> None:
    words = {word for pair in (*VOCABULARY.slips, *VOCABULARY.related) for word in pair}

    assert [word for word in words if not terms(word)] == []


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("service:ラムダ", ("service", ("lambda",))),
        ("サービス：CFn", ("service", ("cloudformation",))),
        ("種別:助言", ("kind", ("advice",))),
        ("via:明示", ("via", ("explicit",))),
    ],
)
def test_fields_have_english_and_japanese_names(text: str, condition: tuple[str, tuple[str, ...]]) -> None:
    (node,) = query_parser(TOOLS).parse(text).conditions

    assert (node.group, node.values) == condition  # type: ignore[union-attr]  # a facet

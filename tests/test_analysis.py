"""Japanese text to terms: what becomes one, and that every offset is exact."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.analysis import Analyzer
from index.highlight import marks
from index.query import Query

ANALYZER = Analyzer(
    {"サーバレス": "サーバーレス", "Serverless": "サーバーレス", "ラムダ": "Lambda", "クラウドウォッチ": "CloudWatch"}
)

anything = st.text(
    st.one_of(
        st.sampled_from(
            "監視性は、。！？!?…・EC2 ａｚ０９ｶﾞか\u3099\u3000\n\t㍿㌔ﷺ①👨\u200d👩𠮷\x00\ud800\udfff@/-_'\"サーバー"
        ),
        st.characters(),
    ),
    max_size=60,
)


def terms(text: str) -> list[str]:
    return [term.text for term in ANALYZER.terms(ANALYZER.morphemes(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("監視は、メトリクスを集約することです。", ["監視", "メトリクス", "集約", "こと"]),
        ("信頼性", ["信頼", "性"]),
        ("EC2よりS3、Route53とＳ３とk8s", ["ec2", "s3", "route53", "s3", "k8s"]),
        ("API Gatewayとゲートウェイ", ["api", "ゲートウェー", "ゲートウェー"]),
        ("打合せと打ち合わせ", ["打ち合わせ", "打ち合わせ"]),
        ("サーバレスとサーバーレスとServerless", ["サーバーレス", "サーバーレス", "サーバーレス"]),
        ("ラムダとLambda、ｌａｍｂｄａ", ["lambda", "lambda", "lambda"]),
        ("１５分と十五分", ["15", "分", "15", "分"]),
        ("！？…、。は\u3000 ", []),
        ("", []),
    ],
)
def test_terms_are_the_content_words_of_a_text(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_words_that_differ_by_one_sound_stay_apart() -> None:
    assert len({tuple(terms(word)) for word in ("パリ", "バリ", "ハリ")}) == 3


@settings(max_examples=300, deadline=None)
@given(anything)
@example("か\u3099ｶﾞ㍿𠮷で👨\u200d👩…EC2\ud800S3")
def test_morphemes_are_pieces_of_the_text_in_order(text: str) -> None:
    morphemes = ANALYZER.morphemes(text)
    every = [piece for morpheme in morphemes for piece in (morpheme, *morpheme.units)]
    bounds = [0, *(bound for morpheme in morphemes for bound in (morpheme.begin, morpheme.end)), len(text)]

    assert ([text[m.begin : m.end] for m in every], bounds) == ([m.surface for m in every], sorted(bounds))


@settings(max_examples=50, deadline=None)
@given(anything, st.integers(1, 200))
def test_a_long_text_has_the_terms_of_its_sentences(sentence: str, times: int) -> None:
    sentence = sentence.replace("\n", "") + "。\n"

    assert terms(sentence * times) == terms(sentence) * times


@pytest.mark.parametrize(
    "text", ["㍿" * 10_000, "ﷺ" * 10_000, "あ" * 200_000, "a" * 200_000, "𠮷" * 60_000, "👨\u200d👩" * 30_000]
)
def test_no_length_is_too_much_for_sudachi(text: str) -> None:
    morphemes = ANALYZER.morphemes(text)

    assert (morphemes[0].begin, morphemes[-1].end) == (0, len(text))


def test_threads_share_an_analyzer() -> None:
    texts = [f"監視を{n}分ごとに行う" for n in range(200)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(terms, texts))

    assert found == [terms(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("監視の信頼性とEC2の監視", "監視　信頼性", ["監視", "信頼性", "監視"]),
        ("サーバレスなら", "Serverless", ["サーバレス"]),
        ("監視", "", []),
        ("監視", "の", []),
    ],
)
def test_marks_are_what_the_query_sought(text: str, query: str, expected: list[str]) -> None:
    assert [text[begin:end] for begin, end in marks(text, Query(query), ANALYZER)] == expected


@settings(max_examples=100, deadline=None)
@given(anything, anything)
def test_marks_never_overlap_and_stay_in_the_text(text: str, query: str) -> None:
    bounds = [bound for pair in marks(text, Query(query), ANALYZER) for bound in pair]

    assert bounds == sorted({0, len(text), *bounds} & set(bounds))

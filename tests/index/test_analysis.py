"""Japanese text to terms: their forms and their exact offsets."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.analysis import Analyzer, LexiconEntry, dictionary, marks, morphemes, phonetic_key, snippet
from index.analysis.morphemes import CHUNK_LENGTH, MAX_ANALYSED, chunks

ANALYZER = Analyzer(
    [
        LexiconEntry("サーバーレス"),
        LexiconEntry("サーバレス", "サーバーレス"),
        LexiconEntry("Serverless", "サーバーレス"),
        LexiconEntry("ラムダ", "lambda", name=True),
        LexiconEntry("EC2", name=True),
        LexiconEntry("SES", name=True),
        LexiconEntry("Step Functions", "step functions", ("Step", " ", "Functions"), name=True),
        LexiconEntry("ステップファンクション", "step functions", name=True),
        LexiconEntry("冪等", reading="ベキトウ"),
        LexiconEntry("冪等性", "", ("冪等", "性"), "ベキトウセイ"),
        LexiconEntry("障害訓練", compound=True),
        LexiconEntry("障害訓練計画", compound=True),
        LexiconEntry("ゲームデー", "障害訓練", compound=True),
        LexiconEntry("15分ラムダ勉強会", compound=True),
        LexiconEntry("冪等性検証", compound=True),
        LexiconEntry("設計書", compound=True),
        LexiconEntry("甲,e,"),
    ]
)

STATUS = Path("/proc/self/status")


def private_memory() -> int:
    """Return the private memory of this process in MB."""
    return int(STATUS.read_text().partition("RssAnon:")[2].split()[0]) // 1024


def dictionaries() -> int:
    """Return the number of Sudachi's dictionaries that this process has mapped."""
    return Path("/proc/self/maps").read_text().count("/system.dic")


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
        ("信頼性", ["信頼性", "信頼", "性"]),
        ("冪等性は冪等", ["冪等性", "冪等", "性", "冪等"]),
        ("EC2よりS3、Route53とＳ３とk8s", ["ec2", "s3", "route53", "s3", "k8s"]),
        ("EC2XとAmazonEC2", ["ec2x", "amazonec2"]),
        ("ラムダ・ｴｯｼﾞとラムダ関数", ["lambda", "エッジ", "lambda", "関数"]),
        ("ラムダノートとサーバーラムダ", ["ラムダ", "ノート", "サーバー", "ラムダ"]),
        ("sessionにSESを使う", ["セッション", "ses", "使う"]),
        ("API Gatewayとゲートウェイ", ["api", "ゲートウェー", "ゲートウェー"]),
        ("Ｓｔｅｐ　Functions", ["step functions", "step", "functions"]),
        ("ステップファンクション", ["step functions"]),
        ("打合せと打ち合わせ", ["打ち合わせ", "打ち合わせ"]),
        ("サーバレスシステムとサーバーレスとServerless", ["サーバーレス", "システム", "サーバーレス", "サーバーレス"]),
        ("ラムダとLambda、ｌａｍｂｄａ", ["lambda", "lambda", "lambda"]),
        ("１５分で5GB、85%", ["15分", "15", "5gb", "5", "85%", "85"]),
        ("始めるようにしている", ["始める"]),
        ("障害訓練の障害", ["障害訓練", "障害", "訓練", "障害"]),
        ("障害訓練計画", ["障害訓練計画", "障害訓練", "障害", "訓練", "計画"]),
        ("ゲームデー", ["障害訓練"]),
        ("１５分ラムダ勉強会", ["15分ラムダ勉強会", "15分", "15", "lambda", "勉強会", "勉強", "会"]),
        ("冪等性検証", ["冪等性検証", "冪等性", "冪等", "性", "検証"]),
        ("運用設計書", ["運用", "設計書", "設計", "書"]),
        ("甲,e,と乙", ["甲,e,", "乙"]),
        ("！？…、。は\u3000 ", []),
        ("", []),
    ],
)
def test_terms_are_the_content_words_of_a_text(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize("words", [("パリ", "バリ", "ハリ"), ("ビール", "ビル"), ("S3", "S4")])
def test_words_that_differ_by_one_sound_stay_distinct(words: tuple[str, ...]) -> None:
    assert len({tuple(terms(word)) for word in words}) == len(words)


@pytest.mark.parametrize("words", [("ビーガン", "ヴィーガン"), ("ｶﾞｲﾄﾞ", "ガイド"), ("ＡＰＩ", "api")])
def test_spellings_of_a_word_give_one_term(words: tuple[str, ...]) -> None:
    assert len({tuple(terms(word)) for word in words}) == 1


def test_adjacent_words_are_shingles_and_words_have_phonetic_keys() -> None:
    morphemes = ANALYZER.morphemes("冪等性の検証を15分")

    assert [(term.kind, term.text) for term in ANALYZER.shingles(morphemes)] == [
        ("pair", "冪等 性"),
        ("pair", "性 検証"),
        ("pair", "検証 15分"),
    ]
    assert [(term.kind, term.text) for term in ANALYZER.phonetic_keys(morphemes)] == [
        ("sound", "ベキトウセイ"),
        ("sound", "ケンショウ"),
    ]


def test_a_compound_has_the_shingles_of_its_shortest_units_and_their_reading() -> None:
    morphemes = ANALYZER.morphemes("障害訓練計画を検証")

    assert [term.text for term in ANALYZER.shingles(morphemes)] == ["障害 訓練", "訓練 計画", "計画 検証"]
    assert [term.text for term in ANALYZER.phonetic_keys(morphemes)] == ["ショウガイクンレンケイカク", "ケンショウ"]


@settings(max_examples=300)
@given(anything)
@example("か\u3099ｶﾞ㍿𠮷で👨\u200d👩…EC2\ud800S3")
def test_morphemes_are_substrings_of_the_text_in_order(text: str) -> None:
    morphemes = ANALYZER.morphemes(text)
    every = [piece for morpheme in morphemes for piece in (morpheme, *morpheme.units)]
    bounds = [0, *(bound for morpheme in morphemes for bound in (morpheme.begin, morpheme.end)), len(text)]

    assert ([text[m.begin : m.end] for m in every], bounds) == ([m.surface for m in every], sorted(bounds))


@given(anything)
def test_terms_of_every_kind_have_valid_offsets(text: str) -> None:
    morphemes = ANALYZER.morphemes(text)
    every = (*ANALYZER.terms(morphemes), *ANALYZER.shingles(morphemes), *ANALYZER.phonetic_keys(morphemes))

    assert [term for term in every if not (term.text and 0 <= term.begin < term.end <= len(text))] == []


def test_a_long_text_is_split_after_a_sentence_else_at_a_pause_else_anywhere() -> None:
    sentence, pause, anywhere = "あ" * 500 + "。", "い" * 300 + "、", "う" * (CHUNK_LENGTH + 1)

    sizes = [len(chunk) for _, chunk in chunks(sentence + pause + anywhere)]

    assert sizes == [len(sentence), len(pause), CHUNK_LENGTH, 1]


@pytest.mark.parametrize(
    ("reading", "expected"),
    [("カイ", "カイ"), ("サーバー", "サバ"), ("ヴィヂ", "ブィジ"), ("カ", None), ("カー", None), ("AB", None)],
)
def test_a_long_enough_reading_has_a_phonetic_key(reading: str, expected: str | None) -> None:
    assert phonetic_key(reading) == expected


# Natural text: Sudachi splits `は。` or `[/[\\[` differently at the beginning of a text and after a line.
CLAUSES = ("監視を始める", "冪等性はメトリクス", "EC2で15分", "サーバレスの信頼性", "打ち合わせとSES")


@settings(max_examples=50)
@given(st.lists(st.sampled_from(CLAUSES), min_size=1, max_size=30), st.integers(1, 200))
def test_a_long_text_has_the_terms_of_its_sentences(clauses: list[str], times: int) -> None:
    sentence = "、".join(clauses) + "。\n"

    assert terms(sentence * times) == terms(sentence) * times


@pytest.mark.parametrize(
    "text",
    ["㍿" * 10_000, "ﷺ" * 10_000, "あ" * 49_999, "a" * 49_999, "1" * 49_999, "𠮷" * 49_999, "👨\u200d👩" * 15_000],
)
def test_no_length_is_too_much_for_sudachi(text: str) -> None:
    morphemes = ANALYZER.morphemes(text)

    assert (morphemes[0].begin, morphemes[-1].end) == (0, len(text))


@pytest.mark.parametrize("text", ["監視する。" * 400_000, "あ" * 1_000_000, "a" * 10_000_000, "監視 " * 3_000_000])
def test_only_the_beginning_of_a_huge_text_is_analysed(text: str) -> None:
    end = ANALYZER.morphemes(text)[-1].end

    assert MAX_ANALYSED <= end <= MAX_ANALYSED + CHUNK_LENGTH


def test_threads_share_an_analyzer_and_its_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(morphemes, "MAX_CACHED", 3)  # so that every thread clears it while others use it
    analyzer = Analyzer()
    texts = [f"監視を{n}分ごとに行う" for n in range(100)] * 3

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(analyzer.terms_of, texts))

    alone = Analyzer()
    assert found == [alone.terms(alone.morphemes(text)) for text in texts]


def test_words_are_compiled_once_for_many_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    compiling = dictionary._compile  # noqa: SLF001  # it takes seconds

    def counted(lexicon: str, folder: Path, name: str) -> Path:
        compiled.append(name)
        return compiling(lexicon, folder, name)

    monkeypatch.setattr(dictionary, "_compile", counted)
    analyzer = Analyzer([LexiconEntry("粗結合")], tmp_path)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(analyzer.terms_of, [f"粗結合{number}" for number in range(8)]))

    assert (len(compiled), {terms[0].text for terms in found}) == (1, {"粗結合"})


def test_compiled_words_are_stored_and_reused(tmp_path: Path) -> None:
    words = [LexiconEntry("疎結合", "", ("疎", "結合"))]
    Analyzer(words, tmp_path).morphemes("")
    (kept,) = tmp_path.iterdir()
    before = kept.stat()
    dictionary.load.cache_clear()

    found = Analyzer(words, tmp_path).morphemes("疎結合")

    assert ([m.surface for m in found], kept.stat()) == (["疎結合"], before)


def test_damaged_compiled_words_are_compiled_again(tmp_path: Path) -> None:
    words = [LexiconEntry("疎結合", "", ("疎", "結合"))]
    Analyzer(words, tmp_path).morphemes("")
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1])
    dictionary.load.cache_clear()

    found = Analyzer(words, tmp_path).morphemes("疎結合")

    assert [m.surface for m in found] == ["疎結合"]
    assert [len(path.read_bytes()) for path in tmp_path.iterdir()] == [len(whole)]


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux reports the private memory of a process")
def test_compiling_words_leaves_no_memory_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, mapped = private_memory(), dictionaries()
    Analyzer([LexiconEntry("疎結合")], tmp_path).morphemes("")
    made = private_memory() - before
    (kept,) = tmp_path.iterdir()
    monkeypatch.setattr(dictionary, "_compiled", lambda *_: kept)
    for number in range(5):
        Analyzer([LexiconEntry(f"語彙{number}")], tmp_path).morphemes("")

    assert made < 200  # MB; compiling takes 500
    assert dictionaries() - mapped <= 2  # each takes 75 to 240 MB


def test_words_are_compiled_without_a_writable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    found = Analyzer([LexiconEntry("密結合", "", ("密", "結合"))], tmp_path / "file").morphemes("密結合")

    assert [m.surface for m in found] == ["密結合"]


@pytest.mark.parametrize(
    ("text", "searched", "expected"),
    [
        ("監視の信頼性とEC2の監視", "監視 信頼性", ["監視", "信頼性", "監視"]),
        ("サーバレスなら", "Serverless", ["サーバレス"]),
        ("障害訓練計画", "訓練", ["訓練"]),
        ("障害訓練計画と計画", "障害訓練", ["障害訓練"]),
        ("監視", "", []),
        ("監視", "の", []),
    ],
)
def test_marks_are_the_searched_terms(text: str, searched: str, expected: list[str]) -> None:
    assert [text[begin:end] for begin, end in marks(text, terms(searched), ANALYZER)] == expected


@given(anything, anything)
def test_marks_never_overlap_and_stay_in_the_text(text: str, searched: str) -> None:
    bounds = [bound for pair in marks(text, terms(searched), ANALYZER) for bound in pair]

    assert bounds == sorted({0, len(text), *bounds} & set(bounds))


LONG = "前置きの文です。" * 20 + "ここで冪等の話をし、例も出す。" + "そのあとの文です。" * 20


@pytest.mark.parametrize(
    ("text", "marked", "shown"),
    [
        ("短い文。", [(0, 2)], "短い文。"),
        (LONG, [(LONG.index("冪等"), LONG.index("冪等") + 2)], "ここで冪等の話をし、例も出す。そのあとの文です。"),
        (LONG, [], "前置きの文です。" * 3),
        ("あ" * 300, [(200, 202)], "あ" * 30),
    ],
)
def test_a_snippet_is_of_whole_sentences_around_the_first_mark(
    text: str, marked: list[tuple[int, int]], shown: str
) -> None:
    begin, end = snippet(text, marked, 30)

    assert text[begin:end] == shown


@given(st.text("あ。、い", max_size=80), st.integers(0, 80), st.integers(1, 40))
def test_a_snippet_holds_the_first_mark_and_is_never_too_long(text: str, place: int, length: int) -> None:
    marked = [(place, place + 1)] if place < len(text) else []
    begin, end = snippet(text, marked, length)

    assert 0 <= begin <= end <= len(text)
    assert end - begin <= length
    assert not marked or begin <= place < end

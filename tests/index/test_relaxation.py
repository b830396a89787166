"""Correction and relaxation of queries that find little, and how each step is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from index.analysis import Analyzer, LexiconEntry
from index.engine import Engine, MeantCount, Publication
from index.query import Query, Step, StepName
from index.query_parser import QueryParser
from index.query_words import QueryWords
from index.readings import NamesByReading, heard, kana_of, keys_of
from index.schema import Document, Schema, TextField
from index.terms import SpellChecker, shortest_with_prefix
from index.text import hiragana, katakana
from index.whoosh_engine import WhooshEngine

ANALYZER = Analyzer(
    [LexiconEntry("冪等", reading="ベキトウ"), LexiconEntry("冪等性", "", ("冪等", "性"), "ベキトウセイ")]
)
WORDS = QueryWords(ANALYZER, slips=[("asid", "acid")], related=[("コスト", "料金"), ("遅い", "遅延")])
SCHEMA = Schema((TextField("own", 1.0, length=0.75), TextField("below", 0.3, score_only=True)), ("year",))
NOTES = (
    "処理は冪等性を保つ",
    "Lambdaの起動は遅延しやすい",
    "Fargateの料金は秒単位",
    "セキュリティグループを絞る",
    "ACIDなトランザクション",
    "監視はメトリクスから",
    "監視の通知はチャットへ",
    "監視の担当を決める",
    "国内のリージョン",
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return filled(tmp_path_factory.mktemp("index"), NOTES)


def filled(folder: Path, notes: tuple[str, ...]) -> Engine:
    engine = WhooshEngine(folder, SCHEMA, lambda _meta: QueryParser(WORDS))
    documents = (
        Document(str(n), {"own": own}, {"year": ("2018",)}, stored=text)
        for n, text in enumerate(notes)
        for m in [ANALYZER.morphemes(text)]
        for own in [(*ANALYZER.terms(m), *ANALYZER.shingles(m), *ANALYZER.phonetic_keys(m))]
    )
    engine.publish(Publication({"notes": documents}, ["notes"], {}))
    return engine


@pytest.mark.parametrize(
    ("text", "steps", "first"),
    [
        ("監視", [], "監視の通知はチャットへ"),
        ("監視とは何ですか", [], "監視の通知はチャットへ"),
        ("監視の方法", [Step("function", "方法")], "監視の通知はチャットへ"),
        ("監視 and 通知", [], "監視の通知はチャットへ"),
        ("監視または通知", [], "監視の通知はチャットへ"),
        ("監視 vs 通知の違い", [Step("function", "違い")], "監視の通知はチャットへ"),
        ("fargte", [Step("spelling", "fargte", "fargate")], "Fargateの料金は秒単位"),
        ("ふぁrがて", [Step("keyboard", "ふぁrがて", "fargate")], "Fargateの料金は秒単位"),
        ("ぁmbだ", [Step("keyboard", "ぁmbだ", "lambda")], "Lambdaの起動は遅延しやすい"),
        (
            "せきゅりてぃぐるーぷ",
            [Step("keyboard", "せきゅりてぃぐるーぷ", "セキュリティグループ")],
            "セキュリティグループを絞る",
        ),
        ("べきとうせい", [Step("sound", "べきとうせい", "ベキトウセイ")], "処理は冪等性を保つ"),
        ("kanshi", [Step("sound", "kanshi", "カンシ")], "監視の通知はチャットへ"),
        ("asid", [], "ACIDなトランザクション"),
        ("コスト", [Step("related", "コスト")], "Fargateの料金は秒単位"),
        ("Lambdaが遅いのはなぜ？", [Step("function", "なぜ"), Step("related", "遅い")], "Lambdaの起動は遅延しやすい"),
    ],
)
def test_a_query_that_finds_little_is_relaxed_and_the_steps_are_listed(
    engine: Engine, text: str, steps: list[Step], first: str
) -> None:
    results = engine.search(Query(text, limit=1))

    assert ([*results.steps], [hit.stored for hit in results.hits]) == (steps, [first])


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("fargte", "spelling"),
        ("ふぁrがて", "keyboard"),
        ("べきとうせい", "sound"),
        ("コスト", "related"),
        ("監視とは何ですか", "function"),
    ],
)
def test_every_step_can_be_refused(engine: Engine, text: str, step: StepName) -> None:
    assert engine.search(Query(text, without=(step,))).total == 0


@pytest.mark.parametrize(
    "text",
    [
        "社員食堂",
        "育児休業の申請",
        "asdfghjkl",
        "ぬるぽがっ",
        "Azureの料金",
        "機械学習エンジニアの年収",
        "口腔内",
        "パスタ",
    ],
)
def test_a_query_without_an_answer_finds_nothing(engine: Engine, text: str) -> None:
    assert engine.search(Query(text)).total == 0


@pytest.mark.parametrize(
    ("text", "is_real"),
    [
        *(("洗濯機", True), ("猫", True), ("ねこ", True), ("IT", True), ("flamingo", True), ("なぜか 洗濯機", True)),
        *(("ふぁげーと", True), ("AKB", True), ("xqの", True), ("ｑの", False), ("猫の話", True), ("ねこの", False)),
        *(("asdfgh", False), ("ｄｋｆじゃ", False), ("ふじゃおｓｄｊ", False), ("ｋｊんｋｊ", False), ("あ", False)),
        *(("ほげほげ", False), ("ああ", False), ("12345", False), ("15分", False), ("なぜ", False), ("！？ 　", False)),
    ],
)
def test_a_real_word_is_in_the_dictionary_or_a_name(text: str, is_real: bool) -> None:  # noqa: FBT001  # from the table
    words = QueryWords(
        Analyzer([LexiconEntry("akb", name=True), LexiconEntry("Xq", "", ("X", "q"), name=True)]),
        readings=lambda: [("ファゲート", "fargate")],
    )

    assert words.has_real_word(text) is is_real


@pytest.mark.parametrize("text", ["社員食堂", "asdfghjkl", "ぬるぽがっ", "口腔内", "パスタ"])
def test_without_vectors_nothing_is_near_to_words_of_no_document(engine: Engine, text: str) -> None:
    assert engine.search(Query(text)).near == ()


def test_documents_with_some_of_the_words_are_near_and_not_counted(engine: Engine) -> None:
    results = engine.search(Query("監視 通知", facets=("year",)))

    assert (results.total, [hit.stored for hit in results.hits]) == (1, [NOTES[6]])
    assert sorted(hit.stored for hit in results.near) == sorted([NOTES[5], NOTES[7]])
    assert [value.count for value in results.facets["year"]] == [1]


def test_near_documents_follow_the_last_hit_obey_selections_and_can_be_refused(engine: Engine) -> None:
    asked = Query("国内の監視の担当", limit=1)

    assert [hit.stored for hit in engine.search(asked).near] == [NOTES[7]]
    assert len(engine.search(replace(asked, limit=20)).near) == 4
    assert len(engine.search(Query("監視", limit=2)).near) == 0
    assert engine.search(replace(asked, offset=1)).near == ()
    assert engine.search(replace(asked, limit=None)).near == ()
    assert engine.search(asked.select("year", "2020")).near == ()
    assert engine.search(replace(asked, without=("near",))).near == ()


def test_the_total_without_a_group_shows_the_filter_to_blame(engine: Engine) -> None:
    assert engine.search(Query("監視").select("year", "2020")).without_group == {"year": 3}


@pytest.mark.parametrize(
    ("kana_text", "letters"),
    [
        ("ふぁrがて", "fargate"),
        ("くべrねてs", "kubernetes"),
        ("てっrあふぉrm", "terraform"),
        ("えcs", "ecs"),
        ("漢字", None),
    ],
)
def test_the_keys_of_kana(kana_text: str, letters: str | None) -> None:
    assert next(iter(keys_of(kana_text)), None) == letters


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("kanshi", "カンシ"),
        ("sa-baresu", "サーバレス"),
        ("kyasshu", "キャッシュ"),
        ("konna", "コンア"),
        ("fargate", None),
    ],
)
def test_the_kana_of_letters(letters: str, expected: str | None) -> None:
    assert kana_of(letters) == expected


def test_kana_are_folded_both_ways() -> None:
    assert (katakana("らむだｶﾞ"), hiragana("ラムダＡ")) == ("ラムダガ", "らむだa")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fargte", "fargate"),
        ("Frgaate", None),
        ("snapstrat", "snapstart"),
        ("セキリュティ", "セキュリティ"),
        ("s4", None),
        ("監規", None),
        ("lambda", "lambda"),
    ],
)
def test_a_misspelling_is_an_edit_or_two_away(text: str, expected: str | None) -> None:
    words = {"fargate": 3, "snapstart": 1, "セキュリティ": 2, "s3": 9, "監視": 4, "lambda": 5}

    assert SpellChecker(lambda: words, lambda word: words.get(word, 0)).similar(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("kubernets", "kubernetes"), ("Kubernets", "kubernetes"), ("kuberntes", "kubernetes"), ("kubernetes", None)],
)
def test_a_far_more_frequent_term_may_be_meant(text: str, expected: str | None) -> None:
    words = {"kubernets": 2, "kuberntes": 1, "kubernetes": 40, "kubelet": 90}

    assert SpellChecker(lambda: words, lambda word: words.get(word, 0)).more_frequent(text) == expected


@pytest.mark.parametrize(
    ("rare", "frequent", "expected"),
    [(1, 20, "kubernetes"), (1, 19, None), (10, 200, "kubernetes"), (11, 220, None), (0, 500, None)],
)
def test_only_a_rare_term_may_mean_another_and_only_one_of_twenty_times_its_documents(
    rare: int, frequent: int, expected: str | None
) -> None:
    words = {"kubernets": rare, "kubernetes": frequent, "terraform": 900}

    assert SpellChecker(lambda: words, lambda word: words.get(word, 0)).more_frequent("kubernets") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fargae", "fargate"),  # an edit from fargas too, which fewer documents have
        ("fargatte", "fargate"),  # two from forgatta, which far more have
        ("kubernts", "kubernetes"),  # eight letters: two edits
        ("kuberne", None),
        ("abce", "abcd"),
        ("abd", None),
        ("クラウト", None),
        ("クラウトス", "クラウドス"),
    ],
)
def test_the_nearest_of_similar_terms_is_meant_then_the_most_frequent(text: str, expected: str | None) -> None:
    words = {"fargas": 2, "fargate": 3, "forgatta": 90, "kubernetes": 1, "abcd": 1, "クラウド": 1, "クラウドス": 1}

    assert SpellChecker(lambda: words, lambda word: words.get(word, 0)).similar(text) == expected


def test_at_most_thirty_terms_complete_a_word_the_shortest_first_then_by_the_alphabet() -> None:
    terms = [*(f"la{letter}" for letter in "zyxwvutsrqponmlkjihgfedcba"), *(f"laaa{n}" for n in range(9)), "lob"]
    completions = shortest_with_prefix("La", terms)

    assert completions == (*(f"la{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"), *(f"laaa{n}" for n in range(4)))


def test_of_names_that_are_read_alike_the_first_counts_and_beginnings_come_by_length() -> None:
    readings = NamesByReading(
        lambda: [("らむだらきか", "third"), ("らむ", "first"), ("ラーム", "other"), ("らむだ", "second")]
    )

    assert readings.of("ラム") == "first"
    assert [readings.near(kana) for kana in ("らむだらきさ", "らむたらきか", "らむたらき", "らむ")] == [
        "third",
        "third",
        None,
        None,
    ]
    assert readings.beginning("ら") == ("first", "second", "third")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(
            ("えらすてぃっく", "エラスチック"),
            ("れでぃす", "レジス"),
            ("でゅーてぃー", "ジューチー"),
            ("ぐらゔぃとん", "グラビトン"),
        ),
        *(("えいと", "エート"), ("こうど", "コード"), ("れつど", "レッド"), ("えすきゅうえす", "エスキューエス")),
    ],
)
def test_kana_that_sound_the_same_have_the_same_marks(one: str, other: str) -> None:
    assert heard(one) == heard(other) != ""


def test_only_kana_have_a_sound() -> None:
    assert [heard(text) for text in ("lambda", "冪等", "らむd", "")] == [""] * 4


def test_a_known_rare_word_is_searched_and_the_frequent_one_is_suggested(tmp_path: Path) -> None:
    engine = filled(tmp_path, ("kubernetsは綴りにくい", *(f"Kubernetesの話{number}" for number in range(30))))

    results = engine.search(Query("kubernets"))

    assert [hit.stored for hit in results.hits] == ["kubernetsは綴りにくい"]
    assert (results.steps, results.meant) == ((), (MeantCount("kubernets", "kubernetes", 30),))
    assert engine.search(Query("kubernets OR kubernetes")).meant == ()
    assert engine.search(Query("kubernets kubernetes")).meant == ()


def test_a_word_is_corrected_though_documents_have_its_fragments(tmp_path: Path) -> None:
    engine = filled(tmp_path, ("Fargateの料金", "ふ", "r"))

    assert engine.search(Query("ふぁrがて")).steps == (Step("keyboard", "ふぁrがて", "fargate"),)


def test_an_unknown_name_is_not_corrected(tmp_path: Path) -> None:
    named = Analyzer([LexiconEntry("Fargete Hosting", units=("Fargete", " ", "Hosting"), name=True)])
    steps = []
    for analyzer in (ANALYZER, named):
        engine = filled(tmp_path / str(len(steps)), NOTES)
        engine = WhooshEngine(
            tmp_path / str(len(steps)), SCHEMA, lambda _meta, own=analyzer: QueryParser(QueryWords(own))
        )
        steps.append(engine.search(Query("fargete")).steps)

    assert steps == [(Step("spelling", "fargete", "fargate"),), ()]

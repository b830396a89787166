"""What is typed in kana finds what is written otherwise: whole, begun, with a slip; and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.query import Query, Step
from kb.knowledge_base import KnowledgeBase
from kb.search.searcher import without_a_word

NOTES = (
    "Lambda は起動が遅い",
    "Terraform で環境を作る",
    "Kubernetes を更新する",
    "SQS は順番を守らない",
    "DynamoDB の課金を見積もる",
    "Aurora は切り替わりが速い",
    "SageMaker で推論する",
    "CloudFront から配る",
    "Fargate の料金は秒単位",
    "EC2 を止め忘れる",
    "S3 に置く",
    "Kinesis で受ける",
    "Athena で集計する",
    "Redshift に貯める",
    "Cognito で認証する",
    "Docker で固める",
    "GitHub で管理する",
    "Jenkins を捨てた",
    "Prometheus に集める",
    "Kafka は運用が重い",
    "Ansible で配る",
    "PostgreSQL から移す",
    "Vault に鍵を置く",
    "Slack に流す",
    "Python で書いた",
    "Azure と比べる",
    "TLS は必須",
    "冪等に作る",
    "監視はメトリクスから",
    "障害の訓練を毎月する",
    "可用性を測る",
    "コールドスタートに注意",
    "マイクロサービスに分ける",
    "セキュリティグループを絞る",
    "オブジェクトを数える",
    "どの値も r と d で始まる",
)


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("readings")
    (folder / "library").mkdir()
    report = "# 読みの会 2019\n\n## 10:00 箱の話\n\n" + "".join(f"- {note}\n" for note in NOTES)
    (folder / "library" / "a.md").write_text(report, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


def found(knowledge_base: KnowledgeBase, text: str, *, typing: bool = False) -> list[str]:
    return [one.note.text for one in knowledge_base.searcher.search(Query(text, typing=typing)).hits]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("らむだ", "Lambda"),
        ("ラムダ", "Lambda"),
        ("ramuda", "Lambda"),
        ("ｌａｍｂｄａ", "Lambda"),
        ("てらふぉーむ", "Terraform"),
        ("テラフォーム", "Terraform"),
        ("くばねてす", "Kubernetes"),
        ("くーばねてぃす", "Kubernetes"),
        ("えすきゅーえす", "SQS"),
        ("だいなもでぃーびー", "DynamoDB"),
        ("だいなも", "DynamoDB"),
        ("おーろら", "Aurora"),
        ("オーロラ", "Aurora"),
        ("せーじめーかー", "SageMaker"),
        ("くらうどふろんと", "CloudFront"),
        ("ふぁーげーと", "Fargate"),
        ("きねしす", "Kinesis"),
        ("あてな", "Athena"),
        ("れっどしふと", "Redshift"),
        ("こぐにーと", "Cognito"),
        ("どっかー", "Docker"),
        ("ぎっとはぶ", "GitHub"),
        ("じぇんきんす", "Jenkins"),
        ("ぷろめてうす", "Prometheus"),
        ("かふか", "Kafka"),
        ("あんしぶる", "Ansible"),
        ("ぽすぐれ", "PostgreSQL"),
        ("ぼーると", "Vault"),
        ("すらっく", "Slack"),
        ("ぱいそん", "Python"),
        ("あじゅーる", "Azure"),
        ("てぃーえるえす", "TLS"),
        ("べきとう", "冪等"),
        ("かんし", "監視"),
        ("しょうがい", "障害"),
        ("かようせい", "可用性"),
        ("まいくろさーびす", "マイクロサービス"),
        ("せきゅりてぃぐるーぷ", "セキュリティグループ"),
        ("せーじめいかー", "SageMaker"),
        ("くらうどふろん", "CloudFront"),
        ("ぷろめてうづ", "Prometheus"),
        ("らむだー", "Lambda"),  # a long vowel more or less
        ("どっか", "Docker"),
        ("おろーら", "Aurora"),
        ("くーべねてぃす", "Kubernetes"),
        ("くばねちす", "Kubernetes"),  # ティ is heard as チ
        ("きねじす", "Kinesis"),  # voicing
        ("らむた", "Lambda"),
        ("てらほーむ", "Terraform"),  # フォ is heard as ホ
        ("ふあーげーと", "Fargate"),  # a small kana is large
        ("どつかー", "Docker"),
        ("すらつく", "Slack"),
        ("れっどシフト", "Redshift"),  # in both kana
        ("ラムだ", "Lambda"),
        ("いーしーに", "EC2"),  # letters and digits spelt out
        ("えすさん", "S3"),
        ("だいなもでーびー", "DynamoDB"),
        ("えす きゅー えす", "SQS"),  # with spaces
    ],
)
def test_a_reading_finds_what_is_read_so_and_nothing_else(knowledge_base: KnowledgeBase, text: str, first: str) -> None:
    assert found(knowledge_base, text) == [note for note in NOTES if note.startswith(first)]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("らむだ きどう", "Lambda は起動が遅い"),
        ("おそい らむだー", "Lambda は起動が遅い"),
        ("らむだの起動", "Lambda は起動が遅い"),
        ("起動が遅いらむだ", "Lambda は起動が遅い"),
        ("推論とせーじめーか", "SageMaker で推論する"),
        ("てらほーむで環境を作る", "Terraform で環境を作る"),
        ("くばねちすをこうしん", "Kubernetes を更新する"),
        ("どっかーでかためる", "Docker で固める"),
        ("どつかーかためる", "Docker で固める"),
        ("だいなもでぃーびーのかきん", "DynamoDB の課金を見積もる"),
        ("ふぁーげーと こーるどすたーと", None),
    ],
)
def test_a_reading_means_the_name_next_to_other_words_too(
    knowledge_base: KnowledgeBase, text: str, note: str | None
) -> None:
    assert found(knowledge_base, text) == ([note] if note else [])


@pytest.mark.parametrize(
    "text",
    [
        *("らむたー", "らんだ", "てらふぃー", "すらいす", "たてもの", "いたりあ", "なくす", "のは", "だと", "はある"),
        *("やめる", "そら", "ひろく", "あつかう", "どうか", "セキュリティはどう", "クラウドなら"),
    ],
)
def test_other_words_are_not_taken_for_names(knowledge_base: KnowledgeBase, text: str) -> None:
    steps = knowledge_base.searcher.search(Query(text)).steps

    assert [step for step in steps if step.instead.isascii()] == []


@pytest.fixture
def with_rust(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "a.md").write_text("# 会 2019\n\n- ラストの五分で試した\n- Rust で書いた\n- Go で書いた\n", "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path, tmp_path / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


def test_a_word_that_reads_like_a_name_finds_both(with_rust: KnowledgeBase) -> None:
    assert found(with_rust, "らすと") == found(with_rust, "ラスト") == ["ラストの五分で試した", "Rust で書いた"]
    assert found(with_rust, "ラスト 五分") == ["ラストの五分で試した"]


def test_the_name_that_a_word_reads_like_can_be_refused(with_rust: KnowledgeBase) -> None:
    refused = with_rust.searcher.search(Query("ラスト", without=("keyboard",)))

    assert [one.note.text for one in refused.hits] == ["ラストの五分で試した"]


def typed(word: str) -> Iterator[str]:
    """Yield what an input method shows while a word is typed: its syllables, and before each the keys of it."""
    for syllable in word.split():
        kana, *keys = syllable.split("/")
        yield from keys
        yield kana


@pytest.mark.parametrize(
    ("word", "first", "suggested"),
    [
        ("ら らむ/らm/らｍ らむだ/らむd", "Lambda", "lambda"),
        ("て てら/てr てらふ/てらf てらふぉ てらふぉー てらふぉーむ/てらふぉーm", "Terraform", "terraform"),
        ("く くば/くb くばね/くばn くばねて/くばねt くばねてす/くばねてs", "Kubernetes", "kubernetes"),
        ("え えす/えs えすき/えすk えすきゅ/えすky えすきゅー えすきゅーえ えすきゅーえす/えすきゅーえs", "SQS", "sqs"),
        ("だ だい だいな/だいn だいなも/だいなm だいなもで/だいなもd だいなもでぃ だいなもでぃーびー/だいなもでぃーb", "DynamoDB", "dynamodb"),
        ("お おー おーろ/おーr おーろら/おーろr", "Aurora", "aurora"),
        ("せ せー せーじ/せーz/せーj せーじめ/せーじm せーじめー せーじめーか/せーじめーk せーじめーかー", "SageMaker", "sagemaker"),
        ("ラ ラム ラムダ", "Lambda", "lambda"),
        ("l la lam lamb lambd lambda", "Lambda", "lambda"),
        ("ｌ ｌａ ｌａｍ ｌａｍｂｄａ", "Lambda", "lambda"),
        ("す すら/すr すらっ/すらx すらっく/すらっk", "Slack", None),
        ("か かん かんし/かんs", "監視", None),
        ("be bek beki bekit bekito bekitou", "冪等", None),
    ],
)  # fmt: skip
def test_letter_by_letter_there_are_hits_and_suggestions(
    knowledge_base: KnowledgeBase, word: str, first: str, suggested: str | None
) -> None:
    for text in typed(word):
        answer = knowledge_base.searcher.search(Query(text, typing=True))
        assert any(one.note.text.startswith(first) for one in answer.hits), text
        assert answer.steps == (), text
        offered = [one.value for one in knowledge_base.searcher.suggest(text)]
        assert suggested is None or suggested in offered, text


@pytest.mark.parametrize(
    ("text", "typing"),
    [
        ("らむd", False),
        ("らむz", True),
        ("くばねz", True),
        ("いたりあ", True),
        ("いたりr", True),
        ("ぎたー", True),
    ],
)
def test_one_letter_of_a_word_finds_nothing(
    knowledge_base: KnowledgeBase,
    text: str,
    typing: bool,  # noqa: FBT001
) -> None:
    assert found(knowledge_base, text, typing=typing) == []


def test_of_at_most_eight_words_each_is_left_out_by_itself(knowledge_base: KnowledgeBase) -> None:
    def outcome(text: str) -> list[tuple[str, str, int, int]]:
        found = without_a_word(Query(text, offset=20), knowledge_base.searcher)
        return [(word, query.text, query.offset, count) for word, query, count in found]

    eight = " ".join(["監視"] * 7)

    assert outcome(f"{eight} 量子暗号") == [("量子暗号", eight, 0, 1)]
    assert (outcome(f"監視 {eight} 量子暗号"), outcome("監視"), outcome("監視 -量子暗号")) == ([], [], [])


def test_what_may_yet_become_a_word_takes_nothing_away(knowledge_base: KnowledgeBase) -> None:
    assert found(knowledge_base, "監視 とは", typing=True) == found(knowledge_base, "監視") != []


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("らむだ", Step("keyboard", "らむだ", "ラムダ")),
        ("おーろら", Step("keyboard", "おーろら", "Aurora")),
        ("くらうどふろんと", Step("keyboard", "くらうどふろんと", "クラウドフロント")),
        ("すいろん", Step("sound", "すいろん", "スイロン")),
        ("せーじめいかー", Step("keyboard", "せーじめいかー", "SageMaker")),
        ("てらほーむ", Step("spelling", "てらほーむ", "terraform")),
        ("てらほーむを環境", Step("spelling", "てらほーむ", "terraform")),
        ("おぶじぇくど", Step("spelling", "おぶじぇくど", "オブジェクト")),
    ],
)
def test_what_was_done_is_told_and_can_be_refused(knowledge_base: KnowledgeBase, text: str, step: Step) -> None:
    told = knowledge_base.searcher.search(Query(text)).steps
    refused = knowledge_base.searcher.search(Query(text, without=(step.name,)))

    assert (told, refused.total) == ((step,), 0)

"""What guides make of reports in which the same advice stands in three wordings, the contrary of it, and two takers."""

import pytest

from kb.knowledge_base import KnowledgeBase
from kb.search.guiding import Guide

REPORTS = {
    "2018": """# JAWS DAYS 2018 参加レポート
開催日: 2018-03-10
## サーバーレスの落とし穴
登壇者: 山田 太郎
- SQS は複数回動くことがある → 冪等に
- VPC Lambda は遅い → 書き込みは非同期に
- Lambda のメモリを増やすと CPU も速くなる
- Lambda の最大実行時間は5分
- S3 のキーの先頭はランダムにする
- RDS への接続が枯渇するので Lambda からは直接つながない
- SNS は冪等にしておくこと
""",
    "2018-too": """# JAWS DAYS 2018 に行ってきた
開催日: 2018-03-10
## サーバーレスの落とし穴
登壇者: 山田 太郎
- SQS は何度も実行されうるので冪等性を確保
- VPC の Lambda は起動が遅い、書き込みは非同期で
""",
    "2019": """# AWS Summit Tokyo 2019 参加レポート
開催日: 2019-06-12
## サーバーレス実践
登壇者: 佐藤 花子
- SQS
  - メッセージは重複して届くことがあるため、処理は冪等にしておくこと
- Lambda
  - VPC に入れると起動に時間がかかるので、書き込みは非同期にしている
  - メモリを上げれば CPU も割り当てが増えて速くなる
  - 実行時間の上限は15分
  - RDS につなぐとコネクションが足りなくなる。直接接続しない
- S3
  - プレフィックスのランダム化はもう不要
""",
    "2020": """# ServerlessDays Tokyo 2020 参加レポート
開催日: 2020-09-25
## Lambda 運用の話
登壇者: 鈴木 一郎
- Amazon SQS では同じメッセージが二度来る前提で、二重に処理しても大丈夫な作りにする
- Lambda を VPC 内に置くとコールドスタートが重い。書き込みは後回し(非同期)で逃がす
- Lambda はメモリ量に比例して CPU が増えるので、遅ければメモリを足す
- SQS FIFO なら冪等にしなくてもよい
- SQS の上限は緩和申請できる
""",
}


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    library = tmp_path_factory.mktemp("planted")
    for name, text in REPORTS.items():
        (library / f"{name}.md").write_text(text, "utf-8")
    opened = KnowledgeBase.open(library, tmp_path_factory.mktemp("index"))
    opened.keeper.sync()
    return opened


def guide(knowledge_base: KnowledgeBase, service: str) -> Guide:
    return knowledge_base.guides.of(knowledge_base.collection.catalogue.by_slug[service])


def said_by_several(guide: Guide) -> set[tuple[int, int]]:
    """Return of each point that several talks make how many they are, and how many notes tell it."""
    return {(point.talks, len(point.notes)) for point in guide.points if point.talks > 1}


def test_three_wordings_of_three_talks_are_one_point_and_two_takers_count_once(knowledge_base: KnowledgeBase) -> None:
    told = guide(knowledge_base, "lambda")

    assert said_by_several(guide(knowledge_base, "sqs")) == {(3, 4)}
    assert [(point.talks, len(point.notes)) for point in told.points if "VPC" in point.notes[0].text] == [(3, 4)]
    assert [point.talks for point in told.points if "メモリ" in point.notes[0].text] == [3]
    assert [point.talks for point in told.points if "RDS" in point.notes[0].text] == [2]


@pytest.mark.parametrize(
    ("service", "differs", "one", "other"),
    [
        ("sqs", "denied", "冪等に", "しなくてもよい"),
        ("lambda", "figures", "5分", "15分"),
        ("s3", "denied", "ランダムにする", "もう不要"),
    ],
)
def test_what_contradicts_each_other_stands_side_by_side(
    knowledge_base: KnowledgeBase, service: str, differs: str, one: str, other: str
) -> None:
    [told] = guide(knowledge_base, service).contradictions

    assert (told.differs, one in told.notes[0].text, other in told.notes[1].text) == (differs, True, True)


def test_the_same_words_about_another_service_are_no_point_of_this_one(knowledge_base: KnowledgeBase) -> None:
    assert said_by_several(guide(knowledge_base, "sns")) == set()
    assert not any("SNS" in note.text for point in guide(knowledge_base, "sqs").points for note in point.notes)

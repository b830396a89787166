"""Inherited services, corrections, and a real report."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from tagged import DOMAIN, read, tags

from kb.report.model import Correction, Talk, Why
from kb.services.tagger import candidates, tag

SEED = Path(__file__).parents[3] / "../shared/seeds/jaws-days-2018.txt"


def test_a_note_inherits_from_the_label_above() -> None:
    assert tags("- S3\n  - 一覧に頼らない\n    - 移動にも\n- 次の話") == [
        ["s3"],
        ["s3 < 「S3」 1行目"],
        ["s3 < 「S3」 1行目"],
        [],
    ]


def test_the_nearest_label_comes_first() -> None:
    assert tags("- EC2\n  - EBS\n    - 差分で取る") == [
        ["ec2"],
        ["ebs", "ec2 < 「EC2」 1行目"],
        ["ebs < 「EBS」 2行目", "ec2 < 「EC2」 1行目"],
    ]


def test_a_note_that_names_one_of_several_services_above_is_about_that_one() -> None:
    assert tags("- EC2とEBS\n  - EC2\n    - 秒単位で払う") == [["ec2", "ebs"], ["ec2"], ["ec2 < 「EC2」 2行目"]]


def test_a_note_inherits_from_its_heading_before_its_talk() -> None:
    assert tags("- 手軽に使える\n# Aurora\n- 読み取りを増やせる", "AWS AppSync入門") == [
        ["appsync < 「AWS AppSync」 セッション名"],
        ["aurora < 「Aurora」 2行目"],
    ]


def test_a_service_that_several_texts_above_name_is_inherited_from_the_nearest() -> None:
    assert tags("# Fargate\n- 読み取りを増やせる", "Fargate入門") == [["fargate < 「Fargate」 1行目"]]
    assert tags("# Fargateの話\n## Fargateの読み取り\n- 増やせる", "入門") == [["fargate < 「Fargate」 2行目"]]
    assert tags("- Fargate\n  - Fargateの読み取り\n    - 増やせる")[2] == ["fargate < 「Fargate」 2行目"]


def test_a_title_that_is_a_sentence_passes_on_only_its_topics() -> None:
    assert tags("- 手軽に使える", "We like our framework, and it lives with AWS SAM.") == [[]]


def test_a_list_inherits_from_the_sentence_that_introduces_it() -> None:
    assert (
        tags("Lambdaを使うときの困りごとは、\n- 最初の応答が遅い", "AppSync入門")[1][0] == "lambda < 「Lambda」 1行目"
    )


@pytest.mark.parametrize(
    "parent",
    ["立ち上げたままだとEC2より高くなる", "ECSとEKSの違い"],
)
def test_a_comparison_passes_nothing_on(parent: str) -> None:
    assert tags(f"- {parent}\n  - 手で直す")[1] == []


@pytest.mark.parametrize(
    "behind",
    [
        "より安い箱",
        "と比べた料金",
        "に比べた料金",
        "と比較した料金",
        "に比較した料金",
        "と違う箱",
        "と異なる箱",
        "ではなく箱",
        "じゃなく箱",
        "でなく箱",
        "以外の箱",
    ],
)
@pytest.mark.parametrize("above", ["- EC2{}\n  - 手で直す", "# EC2{}\n- 手で直す"])
def test_a_standard_of_comparison_is_not_inherited(above: str, behind: str) -> None:
    assert tags(above.format(behind))[-1] == []


def test_a_note_with_its_own_service_also_inherits_that_of_its_talk() -> None:
    assert tags("- IAMロールを使う", "EKS入門") == [["iam", "eks < 「EKS」 セッション名"]]


def test_a_note_inherits_from_a_line_in_the_place_of_its_talks_heading() -> None:
    text = "13:20 「EKSを畳んだ記録」 鴨志田さん（あいう社）\n- クラスタは四つあった\n- ノードを名前空間で分ける"

    assert tags(text)[1:] == [["eks < 「EKS」 1行目"], ["eks < 「EKS」 1行目"]]


def test_a_heading_with_only_a_name_is_the_only_origin() -> None:
    assert tags("# EKSの権限\n## IAMロールの配り方\n- 絞る\n## Aurora Serverless\n- 速い") == [
        ["iam < 「IAMロール」 2行目"],
        ["aurora < 「Aurora Serverless」 4行目"],
    ]


@pytest.mark.parametrize("title", ["Lambdaを例に考える設計", "SQSで学ぶ分散処理", "疎結合な設計（例: SNS）"])
def test_a_title_with_a_service_as_an_example_is_not_about_it(title: str) -> None:
    assert tags("- 手順を分ける", title) == [[]]


@pytest.mark.parametrize(
    "aside",
    [
        "登壇者: 山田",
        "山田さん",
        "自己紹介",
        "https://example.com/slides",
        "面白かった",
        "来年も頑張る。",
        "ありがとうございました",
    ],
)
def test_a_note_on_the_speaker_inherits_nothing(aside: str) -> None:
    assert tags(f"- {aside}", "Lambda入門") == [[]]


def test_a_service_named_directly_before_may_be_inherited() -> None:
    told = candidates(read("- Fargateを使う\n- 速い\n" + "- 次\n" * 9), DOMAIN)

    assert [[(one.service, one.nearest) for one in found] for _, found in told[:3]] == [
        [],
        *[[("fargate", "before")]] * 2,
    ]
    assert told[-1][1] == []


def test_a_service_named_in_the_talk_before_is_not_inherited() -> None:
    notes = read("- Fargate\n- 速い\n- 増やせる").notes
    of_talks = [replace(note, talk=Talk(f"e/{n}", "話", n)) for note, n in zip(notes, (1, 1, 2), strict=True)]
    told = candidates(replace(read(""), notes=tuple(of_talks)), DOMAIN)

    assert [[one.service for one in found] for _, found in told] == [[], ["fargate"], []]


def test_a_candidate_knows_whether_its_talk_names_it_most_often() -> None:
    *_, of_sqs, below = candidates(read("- Lambda\n- Lambdaで受ける\n- SQS\n  - 一覧に頼らない"), DOMAIN)
    most_named = {one.service: "most named" in one.features for _, found in (of_sqs, below) for one in found}

    assert most_named == {"lambda": True, "sqs": False}


def test_a_correction_removes_a_service_from_a_note_and_its_children() -> None:
    corrections = {"r/1": Correction(removes=("s3",))}
    notes = tag(read("- S3\n  - 一覧に頼らない"), DOMAIN, corrections).notes

    assert [note.services for note in notes] == [(), ()]


def test_a_correction_adds_a_service() -> None:
    notes = tag(read("- 入り口で溜める"), DOMAIN, {"r/1": Correction(adds=("sqs",))}).notes

    assert [(m.service, m.via, m.why) for m in notes[0].services] == [("sqs", "explicit", Why("hand"))]


def test_a_service_that_a_correction_adds_is_not_inherited_too() -> None:
    notes = tag(read("- S3\n  - 一覧に頼らない"), DOMAIN, {"r/2": Correction(adds=("s3",))}).notes

    assert [(m.service, m.via) for m in notes[1].services] == [("s3", "explicit")]


@pytest.mark.skipif(not SEED.exists(), reason="the seed report lies beside the repository only where it is developed")
@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("s3", {104, 105, 106, 107, 108}),
        ("sqs", {109, 110, 111, 112, 113}),
        ("dynamodb", {43, 44, 45, 118, 119, 120}),
        ("ecs", {152, 156, 157, 176, 177, 178}),
    ],
)
def test_the_seed_report_is_tagged_as_by_readers(slug: str, expected: set[int]) -> None:
    bullets = re.sub(r"(?m)^(?!  +[•\d]).*$", "", SEED.read_text(encoding="utf-8"))
    notes = tag(read(re.sub("(?m)^  ", "", bullets)), DOMAIN).notes

    assert {note.line for note in notes if slug in {mention.service for mention in note.services}} == expected

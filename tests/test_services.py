"""The catalogue holds together, and notes get the services they are about."""

import re
from collections import Counter
from pathlib import Path

import pytest

from kb.model import Crumb, Note, Report, Talk
from kb.services.catalogue import catalogue
from kb.services.names import fold
from kb.services.tagger import tag

SEED = Path(__file__).parents[1] / "../shared/seeds/jaws-days-2018.txt"


def read(text: str, title: str | None = None) -> Report:
    """Return a report of the bullets in a text, two spaces a level, under one talk."""
    talk = Talk("event/talk", title, 1) if title else None
    notes: list[Note] = []
    trail: list[Crumb] = []
    for line, written in enumerate(text.split("\n"), start=1):
        bullet = re.fullmatch(r"( *)(?:[-•]|\d+\.) (.*)", written)
        if not bullet:
            trail = []
            continue
        depth = len(bullet[1]) // 2
        trail = trail[:depth]
        notes.append(Note(f"r/{line}", "r", "r.md", line, "bullet", depth, bullet[2], tuple(trail), talk=talk))
        trail.append(Crumb(bullet[2], line, notes[-1].id))
    return Report("r", "r.md", title or "r", None, None, (talk,) if talk else (), tuple(notes))


def tags(text: str, title: str | None = None) -> list[list[str]]:
    """Return the services of each note as `slug`, `slug < why` where inherited."""
    return [
        [m.service if m.via == "explicit" else f"{m.service} < {m.why}" for m in note.services]
        for note in tag(read(text, title), catalogue()).notes
    ]


def test_no_name_has_two_services() -> None:
    owners = Counter(name for service in catalogue().services for name in {fold(name) for name in service.names})

    assert [name for name, services in owners.items() if services > 1] == []


def test_every_slug_is_found_as_its_own_service() -> None:
    assert [s.slug for s in catalogue().services if catalogue().find(s.slug) != s] == []


def test_every_service_that_took_over_is_in_the_catalogue() -> None:
    heirs = {service.superseded_by for service in catalogue().services if service.superseded_by}

    assert heirs <= catalogue().by_slug.keys()


@pytest.mark.parametrize("name", ["sqs", "Amazon SQS", "AWS SQS", "ＳＱＳ", "simple queue service", "エスキューエス"])
def test_a_service_is_found_by_any_name_in_any_writing(name: str) -> None:
    service = catalogue().find(name)

    assert service is not None
    assert service.slug == "sqs"


def test_an_unknown_name_finds_nothing() -> None:
    assert catalogue().find("no such service") is None


def test_katakana_and_latin_names_are_variants_of_each_other() -> None:
    assert catalogue().variants()["ラムダ"] == "lambda"


def test_a_feature_is_no_variant_of_its_service() -> None:
    assert "alb" not in catalogue().variants()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EC2より高い", ["ec2"]),
        ("ECSS3X", []),
        ("guard duty を有効にした", ["guardduty"]),
        ("cloud formation と CFn", ["cloudformation"]),
        ("SNSで拡散された", []),
        ("SNSとSQSでファンアウト", ["sns", "sqs"]),
        ("Amazon ES", ["opensearch"]),
        ("OpenSearch Service", ["opensearch"]),
        ("CloudWatch Events", ["eventbridge"]),
        ("Lambda@Edgeで書き換える", ["cloudfront"]),
        ("StackSetsで配る", ["cloudformation"]),
        ("SSM Parameter Store", ["systems-manager"]),
        ("パラメーターストア", ["systems-manager"]),
        ("ALBの後ろに置く", ["elb"]),
        ("Ｌａｍｂｄａ と ﾗﾑﾀﾞ", ["lambda"]),
        ("プログラムダウンロード", []),
        ("I am here", []),
        ("configファイルを直す", []),
        ("AWS Configで記録する", ["config"]),
        ("https://aws.amazon.com/lambda/ を読む", []),
    ],
)
def test_a_note_names_a_service(text: str, expected: list[str]) -> None:
    assert tags(f"- {text}") == [expected]


def test_the_reason_is_the_words_as_written() -> None:
    note = tag(read("- その後 aws guard duty を見る"), catalogue()).notes[0]

    assert [mention.why for mention in note.services] == ["aws guard duty"]


def test_a_note_inherits_from_the_label_it_stands_under() -> None:
    assert tags("- S3\n  - 一覧に頼らない\n    - 移動にも\n- 次の話") == [
        ["s3"],
        ["s3 < 「S3」 1行目"],
        ["s3 < 「S3」 1行目"],
        [],
    ]


def test_a_note_inherits_from_its_talk() -> None:
    assert tags("- 手軽に使える", "AWS AppSync入門") == [["appsync < 「AWS AppSync」 セッション名"]]


def test_a_comparison_passes_nothing_down() -> None:
    assert tags("- 立ち上げたままだとEC2より高くなる\n  - 応答を溜めておく") == [["ec2"], []]


def test_a_sentence_passes_its_topic_to_what_stands_directly_under_it() -> None:
    assert tags("- ビルドにはCodeBuildを使う\n  - 一つの命令で済む\n    - 速い") == [
        ["codebuild"],
        ["codebuild < 「CodeBuild」 1行目"],
        [],
    ]


def test_a_note_under_several_services_that_names_one_is_about_that_one() -> None:
    assert tags("- EC2とEBS\n  - EC2\n    - 秒単位で払う") == [
        ["ec2", "ebs"],
        ["ec2"],
        ["ec2 < 「EC2」 2行目"],
    ]


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
def test_the_seed_report_is_tagged_as_people_read_it(slug: str, expected: set[int]) -> None:
    text = re.sub("(?m)^  (?=[ •0-9])", "", SEED.read_text(encoding="utf-8"))
    notes = tag(read(text), catalogue()).notes

    assert {note.line for note in notes if slug in {mention.service for mention in note.services}} == expected

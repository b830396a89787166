"""The services that a text names, in any context and of any length."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tagged import CATALOGUE, DOMAIN, read, tags

from index.text import skeleton
from kb.services import Service, disambiguation
from kb.services.disambiguation import Surroundings
from kb.services.inheritance import origin
from kb.services.matcher import Matcher
from kb.services.tagger import tag


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EC2より高い", ["ec2"]),
        ("ECSS3X", []),
        ("guard duty を有効にした", ["guardduty"]),
        ("cloud formation と CFn", ["cloudformation"]),
        ("SNSで拡散された", []),
        ("SNSで写真をシェアする", []),
        ("SNSとSQSでファンアウト", ["sns", "sqs"]),
        ("Amazon SNSで知らせる", ["sns"]),
        ("Amazon ES", ["opensearch"]),
        ("OpenSearch Service", ["opensearch"]),
        ("Elasticsearchのクラスタを自分で持つ", []),
        ("Amazon Elasticsearch Serviceに送る", ["opensearch"]),
        ("CloudWatch Events", ["eventbridge"]),
        ("CloudWatch Logs", ["cloudwatch"]),
        ("Lambda@Edgeで書き換える", ["cloudfront"]),
        ("S3 Object Lambdaで隠す", ["s3"]),
        ("StackSetsで配る", ["cloudformation"]),
        ("SSM Parameter Store", ["systems-manager"]),
        ("パラメーターストア", ["systems-manager"]),
        ("ALBの後ろに置く", ["elb"]),
        ("Route53とRoute 53", ["route-53"]),
        ("Ｌａｍｂｄａ と ﾗﾑﾀﾞ", ["lambda"]),
        ("プログラムダウンロード", []),
        ("ラムダ式で書く", []),
        ("I am here", []),
        ("SMS, Skype, LINE", []),
        ("Alexaに話しかける", []),
        ("Alexa for Businessの会議室", ["alexa-for-business"]),
        ("configファイルを直す", []),
        ("AWS Configで記録する", ["config"]),
        ("CloudTrail、Config、GuardDutyを全部入れる", ["cloudtrail", "config", "guardduty"]),
        ("Config、Lambda", ["config", "lambda"]),
        ("Lambda、Config", ["lambda", "config"]),
        ("Config、Lambda、SQS、SNS", ["config", "lambda", "sqs", "sns"]),
        ("Kafka Connectでつなぐ", []),
        ("Amazon Connectで電話を受ける", ["connect"]),
        ("夜のbatchが終わらない", []),
        ("aws batchでジョブを流す", ["batch"]),
        ("Glueで変換する", ["glue"]),
        ("glue codeが増える", []),
        ("glueのクローラを回す", ["glue"]),
        ("オーロラを見に行った", []),
        ("Auroraは速い", ["aurora"]),
        ("Amazon Transcribe、Translate、Comprehend", ["transcribe", "translate", "comprehend"]),
        ("Google Translateで訳した", []),
        ("SES企業で常駐していた", []),
        ("SESでメールを送る", ["ses"]),
        ("GCPのIAMで絞る", []),
        ("Step Functionsで組む", ["step-functions"]),
        ("Step  Functionsで組む", []),
        ("GCPとAWSで、IAMの違いを見る", ["iam"]),
        ("IAMで絞る", ["iam"]),
        ("AWSのQ&Aの時間", []),
        ("WAFの製品を比べる", []),
        ("CloudFrontの前にWAFを置く", ["cloudfront", "waf"]),
        ("Samさんの登壇", []),
        ("CodePiplineでビルドしてDyanmoDBに書く", ["codepipeline", "dynamodb"]),
        ("Amazon Transcibeで書き起こす", ["transcribe"]),
        ("Extractする", []),
        ("kubectl apply -f my-es.yaml でKibanaを出す", []),
        ("https://aws.amazon.com/lambda/ を読む", ["lambda"]),
        ("https://docs.aws.amazon.com/jp/new-vpc-networking-for-aws-lambda を読む", ["vpc", "lambda"]),
        ("https://example.com/aws-lambda/ を読む", []),
        ("可視性タイムアウトを延ばす", ["sqs"]),
        ("SQSのDLQを見る", ["sqs"]),
        ("DLQという映画", []),
        ("Graviton4で動かす", []),
        ("AWS Lambda Blogを読む", []),
        ("Amplify Meetupの会場", []),
        ("mysql.rds_killを使う", []),
        ("ec2-userで入る", []),
        ("Amazon QuickSighttを選ぶ", ["quicksight"]),
        ("Fargtaeで動かす", ["fargate"]),
        ("Amazon Inspector2で調べる", ["inspector"]),
        ("S33とEC22", []),
        ("AWSでAMIを作る", []),
        ("AMIという会社", []),
        ("RDSのセキュリティグループを絞る", ["rds"]),
        ("AWSのSCPで止める", []),
        ("Aurora DSQLを試す", ["aurora-dsql"]),
        ("Amazon Elasticseach Serviceに送る", ["opensearch"]),
        ("EC2 System Mangerで直す", ["systems-manager"]),
    ],
)
def test_a_note_names_a_service(text: str, expected: list[str]) -> None:
    assert tags(f"- {text}") == [expected]


def test_the_reason_is_the_words_as_written() -> None:
    note = tag(read("- その後 aws guard duty を見る"), DOMAIN).notes[0]

    assert [mention.why.words for mention in note.services] == ["aws guard duty"]


def test_an_ambiguous_name_counts_once_its_talk_has_named_the_service_clearly() -> None:
    assert tags("- AWS Configを有効にした\n- Configの料金は記録の数で決まる") == [["config"], ["config"]]


def test_an_ambiguous_name_alone_counts_among_related_services() -> None:
    assert tags("- SQS\n- SNS") == [["sqs"], ["sns"]]


def test_a_shared_name_belongs_to_the_cloud_in_the_heading() -> None:
    assert tags("# Azureの話\n- VPCに当たるもの\n# AWSの話\n- VPC") == [[], ["vpc"]]


@pytest.mark.parametrize(("above", "talk", "expected"), [("Azure", "AWS", []), ("AWS", "Azure", ["vpc"])])
def test_a_shared_name_belongs_to_the_cloud_above_it_before_that_of_its_talk(
    above: str, talk: str, expected: list[str]
) -> None:
    assert tags(f"# {above}の話\n- VPCに当たるもの", f"{talk}の権限") == [expected]


@pytest.mark.parametrize(("outer", "inner", "expected"), [("AWS", "Azure", []), ("Azure", "AWS", ["vpc"])])
def test_a_shared_name_belongs_to_the_cloud_of_the_nearest_heading(outer: str, inner: str, expected: list[str]) -> None:
    assert tags(f"# {outer}の話\n\n## {inner}の話\n\n- VPCに当たるもの") == [expected]


def test_a_shared_name_belongs_to_the_cloud_of_the_report() -> None:
    assert tags("- VPCにつなぐ", report="Google Cloud Next の報告") == [[]]


@given(st.sampled_from(CATALOGUE.services), st.sampled_from(["より高い", "を使う", "", "、", "（新）"]))
def test_an_official_name_is_found_in_any_position(service: Service, after: str) -> None:
    note = tag(read(f"- これは{service.name}{after}"), DOMAIN).notes[0]

    assert [(m.service, m.via, m.why.words) for m in note.services] == [(service.slug, "explicit", service.name)]


@given(
    st.lists(
        st.sampled_from(
            ["SQS", "Guard Duty", "ﾗﾑﾀﾞ", "APIゲートウェイ", "ECSS3X", "は", " ", "。", "㍿", "が", "x", "-"]
        )
    )
)
def test_matches_have_correct_offsets_and_do_not_overlap(pieces: list[str]) -> None:
    text = "".join(pieces)
    matches = Matcher(["SQS", "GuardDuty", "ラムダ", "API ゲートウェイ", "ECS", "S3"]).find(text)

    assert all(skeleton(text[match.begin : match.end]) == match.name for match in matches)
    assert all(one.end <= other.begin for one, other in pairwise(matches))


class Counted:
    """Counts how often a function is called."""

    def __init__(self, function: Callable[[str], str]) -> None:
        self._function = function
        self.calls = 0

    def __call__(self, text: str) -> str:
        self.calls += 1
        return self._function(text)


@pytest.mark.parametrize("names", ["AWS Lambda ", "Lambda、", "glue ", "IAM と VPC "])
def test_a_text_is_folded_as_often_with_many_names_as_with_few(names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    DOMAIN.service_finder.matches("")  # fold every name before counting
    calls = []
    for times in (10, 1_000):
        counted = Counted(skeleton)
        monkeypatch.setattr(disambiguation, "skeleton", counted)
        tag(read(f"- {names * times}"), DOMAIN)
        calls.append(counted.calls)

    assert calls[0] == calls[1]


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("AWS Lambda " * 20_000, ["lambda"]),
        ("S3、EC2、" * 20_000, ["s3", "ec2"]),
        ("https://example.com/S3 SQS " * 20_000, ["sqs"]),
        (f"S3{' ' * 40_000}EC2", ["s3", "ec2"]),
        (f"ラムダ{'ー' * 1_000_000}", ["lambda"]),
        ("「" * 1_000_000, []),
        (f"S3{'「」' * 50}x", ["s3"]),
    ],
)
def test_a_text_of_any_length_is_tagged(text: str, slugs: list[str]) -> None:
    note = tag(read(f"- {text}"), DOMAIN).notes[0]

    assert [mention.service for mention in note.services] == slugs


def test_a_text_passes_on_each_service_once() -> None:
    text = "Lambda、" * 1_000
    namings = DOMAIN.service_finder.namings(text, DOMAIN.service_finder.matches(text), Surroundings())

    assert (len(namings), [naming.begin for naming in origin(text, 1, namings).namings.values()]) == (1_000, [0])

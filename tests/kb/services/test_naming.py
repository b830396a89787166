"""The services that a text names, in any context and of any length."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tagged import CATALOGUE, DOMAIN, read, tags

from index.text import skeleton
from kb.report.model import Talk
from kb.services import Service, disambiguation
from kb.services.catalogue import Sense
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
        ("EC2からGlueを呼ぶ", ["ec2", "glue"]),
        ("Glueで変換する", []),
        ("glue codeが増える", []),
        ("glueのクローラを回す", ["glue"]),
        ("オーロラを見に行った", []),
        ("Auroraは速い", []),
        ("AuroraはMySQLと同じに使える", ["aurora"]),
        ("Amazonで買った本にAuroraが出る", []),
        ("AWS Lambdaで無名関数を書く", ["lambda"]),
        ("Lambdaは高階関数に渡す", []),
        ("CloudFrontの前にCloudflare WAFを置く", ["cloudfront"]),
        ("EC2で作った絵をNVIDIA Shieldに映す", ["ec2"]),
        ("SQS、Google Translate", ["sqs"]),
        ("EC2とSlackのLambdaをつなぐ", ["ec2", "lambda"]),
        ("SQS、OrganizationsとGitHub", ["sqs"]),
        ("Galaxy S3の写真をEC2からS3に置く", ["ec2", "s3"]),
        ("API Gateway Patternを使う", []),
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


@pytest.mark.parametrize(
    "name", ["NAT Gateway", "VPC ピアリング", "ALB", "Secrets Manager", "スポットインスタンス", "APIGW"]
)
def test_a_part_that_other_clouds_have_is_theirs_below_their_name(name: str) -> None:
    assert tags(f"# Azureの話\n- {name}の料金\n# AWSの話\n- {name}の料金")[0] == []


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ("- GKEに載せる\n- BigQueryに流す", []),
        ("- GKEに載せる\n- BigQueryに流す\n- AWSは使わない", ["iam"]),
        ("- GKEに載せる\n- BigQueryに流す\n- Cloud Runに移す\n- AWSは使わない", []),
        ("- GKEに載せる\n- BigQueryに流す\n- VPCにつなぐ", []),
        ("- GKEも見た", ["iam"]),
    ],
)
def test_a_shared_name_belongs_to_the_cloud_that_the_report_names_most(notes: str, expected: list[str]) -> None:
    assert tags(f"{notes}\n- IAMを絞る")[-1] == expected


@pytest.mark.parametrize(
    ("note", "of", "slug"),
    [
        ("Lambdaは短く書ける", "Javaの入門", "lambda"),
        ("ラムダを返す", "Haskellの入門", "lambda"),
        ("ECSは配列が詰まっていて速い", "Unityで作る", "ecs"),
        ("S3はUSBが付いている", "ESP32-S3を買う", "s3"),
        ("Kinesisは肩が楽", "キーボードを作る", "kinesis"),
        ("EMRをつなぐ", "電子カルテの標準", "emr"),
        ("API Gatewayで束ねる", "マイクロサービスの設計", "api-gateway"),
    ],
)
def test_a_name_is_something_else_in_a_report_on_that(note: str, of: str, slug: str) -> None:
    reports = (f"- {of}\n- {note}", f"- {of}\n- {note}\n- AWSで動かす", f"- {note}")

    assert [[slug] in tags(report) for report in reports] == [False, True, True]


@pytest.mark.parametrize(("heading", "report"), [("Javaの入門", "集まり"), ("入門", "Javaの集まり")])
def test_headings_and_the_title_say_what_a_report_is_about(heading: str, report: str) -> None:
    assert tags(f"# {heading}\n- Lambdaは短く書ける", report=report) == [[]]


def test_a_shared_name_is_a_sign_of_this_cloud_if_no_other_is_named() -> None:
    assert tags("- Javaで書く\n- VPCにつなぐ\n- Lambdaの起動") == [[], ["vpc"], ["lambda"]]


@pytest.mark.parametrize(("heading", "expected"), [("Azure", []), ("AWS", ["vpc"]), ("Azure AD", ["vpc"])])
def test_an_ambiguous_name_in_context_belongs_to_the_cloud_above_it(heading: str, expected: list[str]) -> None:
    finder, text = DOMAIN.service_finder, "セキュリティグループでインスタンスを守る"
    namings = finder.namings(text, finder.matches(text), Surroundings(passages=(f"{heading}の話",)))

    assert [naming.service for naming in namings] == expected


def test_a_clear_name_is_compared_in_a_report_on_another_cloud() -> None:
    assert tags("- C#で書く\n- Azureで動かす\n- Lambdaと似ている") == [[], [], ["lambda"]]


def test_a_word_in_another_word_says_nothing_of_the_report() -> None:
    assert tags("- communityの話\n- ECSで動かす\n- draws") == [[], ["ecs"], []]


def test_the_talk_decides_before_the_report() -> None:
    notes = read("- Javaの文法\n- Lambdaは短い\n- AWSで動かす\n- Lambdaは短い").notes
    talks = [replace(note, talk=Talk(f"e/{n}", "話", n)) for note, n in zip(notes, (1, 1, 2, 2), strict=True)]
    tagged = tag(replace(read(""), notes=tuple(talks)), DOMAIN).notes

    assert [[mention.service for mention in note.services] for note in tagged] == [[], [], [], ["lambda"]]


@pytest.mark.parametrize(("outer", "inner", "expected"), [("AWS", "クロージャ", []), ("クロージャ", "AWS", ["lambda"])])
def test_a_word_against_a_name_counts_in_the_nearest_heading(outer: str, inner: str, expected: list[str]) -> None:
    assert tags(f"# {outer}の話\n\n## {inner}の話\n\n- Lambdaの書き方") == [expected]


def test_a_word_is_a_service_in_a_report_that_names_this_cloud() -> None:
    assert tags("- Shieldを有効にする\n- 翌日\n- re:Inventで聞いた") == [["shield"], [], []]


def test_a_common_name_of_an_own_service_needs_no_sign_of_this_cloud() -> None:
    portal = Service("portal", "Portal", "Portal", "compute", sense=Sense(common=frozenset({"Portal"})))
    note = tag(read("- Portalに入る"), DOMAIN.extended([portal])).notes[0]

    assert [mention.service for mention in note.services] == ["portal"]


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
        ("S3 " * 20_000, ["s3"]),
    ],
)
def test_a_text_of_any_length_is_tagged(text: str, slugs: list[str]) -> None:
    note = tag(read(f"- {text}"), DOMAIN).notes[0]

    assert [mention.service for mention in note.services] == slugs


def test_a_text_passes_on_each_service_once() -> None:
    text = "Lambda、" * 1_000
    namings = DOMAIN.service_finder.namings(text, DOMAIN.service_finder.matches(text), Surroundings())

    assert (len(namings), [naming.begin for naming in origin(text, 1, namings).namings.values()]) == (1_000, [0])

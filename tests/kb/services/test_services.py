"""The catalogue holds together, and notes get the services they are about."""

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import skeleton
from kb.report.model import Correction, Crumb, Note, NoteType, Report, Talk
from kb.services import CatalogueError, Service, domain, senses
from kb.services.inheritance import legacy
from kb.services.matcher import Matcher
from kb.services.senses import Surroundings
from kb.services.tagger import tag

SEED = Path(__file__).parents[3] / "../shared/seeds/jaws-days-2018.txt"
DOMAIN = domain()
CATALOGUE = DOMAIN.catalogue
DATE = re.compile(r"20\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
DATA = Path(__file__).parents[3] / "kb/domains/aws/services"


def read(text: str, title: str | None = None, report: str = "r") -> Report:
    """Return a report of the bullets in a text, two spaces a level; `# `, `## ` are headings, the rest paragraphs."""
    talk = Talk("event/talk", title, 1) if title else None
    notes: list[Note] = []
    headings: list[Crumb] = []
    parents: list[Crumb] = []

    def add(line: int, kind: NoteType, depth: int, words: str) -> None:
        trail = (*headings, *parents[:depth])
        notes.append(Note(f"r/{line}", "r", "r.md", line, kind, depth, words, trail, talk=talk))

    for line, written in enumerate(text.split("\n"), start=1):
        if bullet := re.fullmatch(r"( *)(?:[-•]|\d+\.) (.*)", written):
            depth = len(bullet[1]) // 2
            add(line, "bullet", depth, bullet[2])
            parents[depth:] = [Crumb(bullet[2], line, notes[-1].id)]
        elif heading := re.fullmatch(r"(#+) (.*)", written):
            headings[len(heading[1]) - 1 :] = [Crumb(heading[2], line)]
        elif written:
            parents = []
            add(line, "paragraph", 0, written)
    return Report("r", "r.md", report, None, None, (talk,) if talk else (), tuple(notes))


def tags(text: str, title: str | None = None, report: str = "r") -> list[list[str]]:
    """Return the services of each note as `slug`, `slug < why` where inherited."""
    return [
        [m.service if m.via == "explicit" else f"{m.service} < {m.why}" for m in note.services]
        for note in tag(read(text, title, report), DOMAIN).notes
    ]


# The catalogue


def test_the_catalogue_knows_about_three_hundred_services() -> None:
    assert len(CATALOGUE.services) >= 300


def test_no_name_has_two_services() -> None:
    owners = Counter(name for service in CATALOGUE.services for name in {skeleton(name) for name in service.names})

    assert [name for name, services in owners.items() if services > 1] == []


def test_every_slug_is_found_as_its_own_service() -> None:
    assert [s.slug for s in CATALOGUE.services if CATALOGUE.find(s.slug) != s] == []


def test_every_category_has_its_file_and_every_file_its_category() -> None:
    files = {path.stem for path in DATA.glob("*.toml")} - {"categories"}

    assert files == set(CATALOGUE.categories) == {service.category for service in CATALOGUE.services}


def test_every_service_referred_to_is_in_the_catalogue() -> None:
    told = {slug for s in CATALOGUE.services for slug in (s.superseded_by, s.split_from) if slug}

    assert told <= CATALOGUE.by_slug.keys()


def test_the_names_of_a_service_follow_each_other_and_end_before_it_does() -> None:
    for service in CATALOGUE.services:
        ends = [stage.on for stage in service.stages if stage.what == "closed"]
        dates = [past.until for past in service.former] + (ends or ["9999"])

        assert dates == sorted(dates), service.slug


def test_every_date_is_of_a_known_precision() -> None:
    dates = [past.until for s in CATALOGUE.services for past in s.former]
    dates += [stage.on for s in CATALOGUE.services for stage in s.stages]

    assert [date for date in dates if not DATE.fullmatch(date)] == []


def test_every_name_said_to_need_care_is_a_name_of_its_service() -> None:
    for service in CATALOGUE.services:
        sense = service.sense
        folded = {skeleton(name) for name in service.names}

        assert {skeleton(n) for n in sense.common | sense.ambiguous | sense.shared} <= folded, service.slug


@pytest.mark.parametrize("name", ["sqs", "Amazon SQS", "AWS SQS", "ＳＱＳ", "simple queue service", "エスキューエス"])
def test_a_service_is_found_by_any_name_in_any_writing(name: str) -> None:
    service = CATALOGUE.find(name)

    assert service is not None
    assert service.slug == "sqs"


def test_an_unknown_name_finds_nothing() -> None:
    assert CATALOGUE.find("no such service") is None


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("eventbridge", "旧称 Amazon CloudWatch Events（2019-07-11まで）、2016-01に発表"),
        ("mobile-hub", "2015-10に発表、2021-10-31に終了、後継 AWS Amplify"),
        ("end-user-messaging", "Amazon Pinpointから独立"),
        ("bottlerocket", "2020-03に発表"),
    ],
)
def test_what_became_of_a_service_is_told(slug: str, expected: str) -> None:
    assert CATALOGUE.history(CATALOGUE.by_slug[slug]) == expected


OWN = Service("ledger", "Ledger of the House", "Ledger", "database", ("帳簿サービス",))


def test_a_library_can_add_a_service() -> None:
    notes = tag(read("- 帳簿サービスに書く"), DOMAIN.extended([OWN])).notes

    assert [mention.service for mention in notes[0].services] == ["ledger"]


def test_an_added_service_leaves_the_catalogue_as_it_is() -> None:
    CATALOGUE.extended([OWN])

    assert CATALOGUE.find("帳簿サービス") is None


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (Service("queue", "Queue", "SQS", "compute"), "queue: the name 'SQS' belongs to sqs; leave it out"),
        (Service("queue", "House Queue", "Queue", "rooms"), "queue: unknown category 'rooms'; known are compute, "),
    ],
)
def test_a_service_that_cannot_be_added_is_told(service: Service, expected: str) -> None:
    with pytest.raises(CatalogueError, match=re.escape(expected)):
        CATALOGUE.extended([service])


# What a text names


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
        ("Graviton4で動かす", ["ec2"]),
        ("Amazon Inspector2で調べる", ["inspector"]),
        ("S33とEC22", []),
        ("AWSでAMIを作る", ["ec2"]),
        ("AMIという会社", []),
        ("RDSのセキュリティグループを絞る", ["rds", "vpc"]),
        ("AWSのSCPで止める", ["organizations"]),
        ("Aurora DSQLを試す", ["aurora-dsql"]),
        ("Amazon Elasticseach Serviceに送る", ["opensearch"]),
        ("EC2 System Mangerで直す", ["systems-manager"]),
    ],
)
def test_a_note_names_a_service(text: str, expected: list[str]) -> None:
    assert tags(f"- {text}") == [expected]


def test_the_reason_is_the_words_as_written() -> None:
    note = tag(read("- その後 aws guard duty を見る"), DOMAIN).notes[0]

    assert [mention.why for mention in note.services] == ["aws guard duty"]


def test_an_ambiguous_name_counts_once_its_talk_has_named_the_service_clearly() -> None:
    assert tags("- AWS Configを有効にした\n- Configの料金は記録の数で決まる") == [["config"], ["config"]]


def test_an_ambiguous_name_alone_counts_among_the_services_it_goes_with() -> None:
    assert tags("- SQS\n- SNS") == [["sqs"], ["sns"]]


def test_a_name_that_clouds_share_is_that_of_the_cloud_it_stands_under() -> None:
    assert tags("# Azureの話\n- VPCに当たるもの\n# AWSの話\n- VPC") == [[], ["vpc"]]


def test_a_name_that_clouds_share_is_that_of_the_cloud_of_its_report() -> None:
    assert tags("- VPCにつなぐ", report="Google Cloud Next の報告") == [[]]


@given(st.sampled_from(CATALOGUE.services), st.sampled_from(["より高い", "を使う", "", "、", "（新）"]))
def test_an_official_name_is_found_wherever_it_stands(service: Service, after: str) -> None:
    note = tag(read(f"- これは{service.name}{after}"), DOMAIN).notes[0]

    assert [(m.service, m.via, m.why) for m in note.services] == [(service.slug, "explicit", service.name)]


@given(
    st.lists(
        st.sampled_from(
            ["SQS", "Guard Duty", "ﾗﾑﾀﾞ", "APIゲートウェイ", "ECSS3X", "は", " ", "。", "㍿", "が", "x", "-"]
        )
    )
)
def test_matches_stand_where_they_say_and_apart_from_each_other(pieces: list[str]) -> None:
    text = "".join(pieces)
    matches = Matcher(["SQS", "GuardDuty", "ラムダ", "API ゲートウェイ", "ECS", "S3"]).find(text)

    assert all(skeleton(text[match.begin : match.end]) == match.name for match in matches)
    assert all(one.end <= other.begin for one, other in pairwise(matches))


# What is inherited


def test_a_note_inherits_from_the_label_it_stands_under() -> None:
    assert tags("- S3\n  - 一覧に頼らない\n    - 移動にも\n- 次の話") == [
        ["s3"],
        ["s3 < 「S3」 1行目"],
        ["s3 < 「S3」 1行目"],
        [],
    ]


def test_a_label_that_is_more_than_a_service_reaches_two_levels() -> None:
    assert tags("- ECSタスク定義\n  - 権限\n    - 絞る\n      - 細かく") == [
        ["ecs"],
        ["ecs < 「ECS」 1行目"],
        ["ecs < 「ECS」 1行目"],
        [],
    ]


def test_the_nearest_label_counts() -> None:
    assert tags("- EC2\n  - EBS\n    - 差分で取る") == [
        ["ec2"],
        ["ebs", "ec2 < 「EC2」 1行目"],
        ["ebs < 「EBS」 2行目"],
    ]


def test_a_note_under_several_services_that_names_one_is_about_that_one() -> None:
    assert tags("- EC2とEBS\n  - EC2\n    - 秒単位で払う") == [["ec2", "ebs"], ["ec2"], ["ec2 < 「EC2」 2行目"]]


def test_a_note_inherits_from_its_heading_before_its_talk() -> None:
    assert tags("- 手軽に使える\n# Aurora\n- 読み取りを増やせる", "AWS AppSync入門") == [
        ["appsync < 「AWS AppSync」 セッション名"],
        ["aurora < 「Aurora」 2行目"],
    ]


def test_a_title_that_is_a_sentence_passes_only_its_topics_down() -> None:
    assert tags("- 手軽に使える", "We like our framework, and it lives with AWS SAM.") == [[]]


def test_a_list_inherits_from_the_sentence_that_leads_over_to_it() -> None:
    assert tags("Lambdaを使うときの困りごとは、\n- 最初の応答が遅い", "AppSync入門")[1] == ["lambda < 「Lambda」 1行目"]


def test_a_sentence_that_ends_leads_over_to_nothing() -> None:
    assert tags("Lambdaを使った。\n- 立ち見が出た") == [["lambda"], []]


def test_a_sentence_passes_its_topic_to_what_stands_directly_under_it() -> None:
    assert tags("- ビルドにはCodeBuildを使う\n  - 一つの命令で済む\n    - 速い") == [
        ["codebuild"],
        ["codebuild < 「CodeBuild」 1行目"],
        [],
    ]


@pytest.mark.parametrize(
    "parent",
    ["立ち上げたままだとEC2より高くなる", "S3に置いたファイルを見たい", "ECSとEKSの違い", "AuroraからPostgreSQLに移行"],
)
def test_a_comparison_or_a_place_passes_nothing_down(parent: str) -> None:
    assert tags(f"- {parent}\n  - 手で直す")[1] == []


def test_what_a_note_names_does_not_shut_out_what_its_talk_is_about() -> None:
    assert tags("- IAMロールを使う", "EKS入門") == [["iam", "eks < 「EKS」 セッション名"]]


def test_a_part_that_other_services_have_too_does_not_shut_them_out() -> None:
    assert tags("- Lambda\n  - DLQ\n    - 残す")[2] == ["sqs < 「DLQ」 2行目", "lambda < 「Lambda」 1行目"]


def test_a_talk_that_names_two_is_about_both() -> None:
    assert tags("- EC2は止める\n- 夜だけ", "EC2とRDSの運用") == [
        ["ec2", "rds < 「RDS」 セッション名"],
        ["ec2 < 「EC2」 セッション名", "rds < 「RDS」 セッション名"],
    ]


def test_a_name_of_two_names_is_one_thing() -> None:
    assert tags("- Auroraの新しい版", "RDS Aurora PostgreSQL") == [["aurora"]]


def test_of_headings_each_counts_up_to_one_that_is_only_a_name() -> None:
    assert tags("# EKSの権限\n## IAMロールの配り方\n- 絞る\n## Aurora\n- 速い") == [
        ["iam < 「IAMロール」 2行目", "eks < 「EKS」 1行目"],
        ["aurora < 「Aurora」 4行目"],
    ]


@pytest.mark.parametrize("title", ["Lambdaを例に考える設計", "SQSで学ぶ分散処理", "疎結合な設計（例: SNS）"])
def test_a_title_that_takes_a_service_as_an_example_is_not_about_it(title: str) -> None:
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
def test_who_speaks_is_not_what_the_talk_is_about(aside: str) -> None:
    assert tags(f"- {aside}", "Lambda入門") == [[]]


# What a person corrects


def test_a_correction_takes_a_service_away_and_from_what_stands_under_it() -> None:
    corrections = {"r/1": Correction(removes=("s3",))}
    notes = tag(read("- S3\n  - 一覧に頼らない"), DOMAIN, corrections).notes

    assert [note.services for note in notes] == [(), ()]


def test_a_correction_adds_a_service() -> None:
    notes = tag(read("- 入り口で溜める"), DOMAIN, {"r/1": Correction(adds=("sqs",))}).notes

    assert [(m.service, m.via, m.why) for m in notes[0].services] == [("sqs", "explicit", "手で追加")]


# A real report


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
    bullets = re.sub(r"(?m)^(?!  +[•\d]).*$", "", SEED.read_text(encoding="utf-8"))
    notes = tag(read(re.sub("(?m)^  ", "", bullets)), DOMAIN).notes

    assert {note.line for note in notes if slug in {mention.service for mention in note.services}} == expected


# Texts of any length


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
    DOMAIN.namer.matches("")  # is made once, and folds every name
    calls = []
    for times in (10, 1_000):
        counted = Counted(skeleton)
        monkeypatch.setattr(senses, "skeleton", counted)
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


def test_a_text_passes_each_service_down_once() -> None:
    text = "Lambda、" * 1_000
    namings = DOMAIN.namer.namings(text, DOMAIN.namer.matches(text), Surroundings())

    assert (len(namings), [naming.begin for naming in legacy(text, namings, heading=True).namings]) == (1_000, [0])

"""The query parser: any text is a query, and the result is a value."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.analysis import Analyzer, LexiconEntry
from index.query_ast import AllOf, AnyOf, Dated, FacetIs, InField, Node, Not, Notice, QueryPhrase, QueryPiece, QueryWord
from index.query_parser import MAX_CHARACTERS, MAX_WORDS, QueryField, QueryParser
from index.query_words import QueryWords, as_written
from index.schema import Schema
from kb.report.dates import date_or_none

ANALYZER = Analyzer([LexiconEntry("Step Functions", "step functions", ("Step", " ", "Functions"), name=True)])
PARSER = QueryParser(
    QueryWords(ANALYZER),
    {
        "service": QueryField(
            "facet", "service", {"lambda": "lambda", "ラムダ": "lambda", "apigateway": "api-gateway"}
        ),
        "サービス": QueryField("facet", "service", {"lambda": "lambda", "ラムダ": "lambda"}),
        "event": QueryField("facet", "event"),
        "talk": QueryField("text", "talk"),
        "before": QueryField("before", date=date_or_none),
        "以降": QueryField("after", date=date_or_none),
    },
)


def description(node: Node) -> str:  # noqa: PLR0911  # a case a node
    """Return a node in readable notation."""
    match node:
        case QueryWord(text):
            return text
        case QueryPiece(text):
            return text
        case QueryPhrase(text):
            return f"「{text}」"
        case Not(inner):
            return f"not {description(inner)}"
        case AnyOf(nodes):
            return "(" + " | ".join(map(description, nodes)) + ")"
        case AllOf(nodes):
            return "(" + " & ".join(map(description, nodes)) + ")"
        case FacetIs(group, text, values):
            return f"{group}={'/'.join(values) or f'*{text}*'}"
        case Dated(when, date):
            return f"{when} {date}"
        case InField(field, words):
            return f"{field}~{' '.join(map(description, words))}"


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("", []),
        ("　 \n", []),
        ("監視　SQS", ["監視", "SQS"]),
        ("Lambdaが遅いのはなぜ？", ["Lambdaが遅いのはなぜ？"]),
        ("AWS Step Functions 料金", ["AWS", "Step Functions", "料金"]),
        ("Lambda -VPC", ["Lambda", "not VPC"]),
        ("Lambda －VPC", ["Lambda", "not VPC"]),
        ("Lambda ーVPC", ["Lambda", "not VPC"]),
        ("ap-northeast-1", ["ap-northeast-1"]),
        ('"結果整合性"', ["「結果整合性」"]),
        ("“ＡＢ～c” -”x”", ["「ab~c」", "not 「x」"]),
        ("監視 OR 通知 SQS", ["SQS", "(監視 | 通知)"]),
        ("監視｜通知 ＯＲ 警報", ["(監視 | 通知 | 警報)"]),
        ("(監視 OR （通知 -SNS）) -(SQS Lambda)", ["(監視 | (通知 & not SNS))", "not (SQS & Lambda)"]),
        ("監視 -foo:bar", ["監視", "not (foo | bar)"]),
        ("service:ラムダ -サービス：LAMBDA", ["service=lambda", "not service=lambda"]),
        ('service:"API Gateway" event:jaws', ["service=api-gateway", "event=*jaws*"]),
        ("talk:信頼性 before:2018/3 以降:2016年", ["talk~信頼性", "before 2018-03", "after 2016"]),
        ('before:"令和8年11月25日(水)" 以降:２０１８．３', ["before 2026-11-25", "after 2018-03"]),
        ("http://x.example 10:10", ["http", "//x.example", "10", "10"]),
        ("の", ["「の」"]),
        ("OR", ["「or」"]),
        ("OR 監視", ["監視"]),
        ("| 監視 OR 通知", ["(監視 | 通知)"]),
        ("-() (OR 監視)", ["監視"]),
        ("監視 AND SQS ＡＮＤ 通知", ["監視", "SQS", "通知"]),
        ("監視 and SQS", ["監視", "SQS"]),
        ("監視 vs. SQS もしくは 通知", ["監視", "SQS", "通知"]),
        ("and", ["and"]),  # nothing to join
        ("監視 and", ["監視", "and"]),
        ("監視 NOT VPC SQS", ["監視", "SQS", "not VPC"]),
        ('監視　ＮＯＴ　"x y" NOT(SQS Lambda)', ["監視", "not 「x y」", "not (SQS & Lambda)"]),
        ("監視 OR NOT service:lambda", ["(監視 | not service=lambda)"]),
        ("監視 AND NOT VPC", ["監視", "not VPC"]),
        ("NOTE ANDROID ORACLE", ["NOTE", "ANDROID", "ORACLE"]),
        ("監視 AND", ["監視"]),
        ("監視 NOT", ["監視"]),
        ("NOT", ["「not」"]),
        ('"監視 AND 通知"', ["「監視 and 通知」"]),
        ("service: ラムダ -サービス： lambda", ["service=lambda", "not service=lambda"]),
        ('service: "API Gateway" event: jaws 監視', ["監視", "service=api-gateway", "event=*jaws*"]),
        ("TALK: 信頼性", ["talk~信頼性"]),
        ("場所: 監視", ["場所:", "監視"]),
        ('"service: lambda"', ["「service: lambda」"]),
        ("service:", ["service:"]),
    ],
)
def test_a_text_is_parsed_into_nodes(text: str, nodes: list[str]) -> None:
    parsed = PARSER.parse(text)

    assert [description(node) for node in (*parsed.pieces, *parsed.conditions)] == nodes


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("service:x", Notice("as words", "service:x")),
        ("before:昨日", Notice("as words", "before:昨日")),
        ('監視 "通知', Notice("unclosed", '"')),
        ("(監視", Notice("unclosed", "(")),
        ("監視)", Notice("unclosed", ")")),
        ("(" * 9 + "監視" + ")" * 9, Notice("too deep", "(")),
        ("！？", Notice("literally", "！？")),
    ],
)
def test_a_mark_without_meaning_gives_a_notice(text: str, notice: Notice) -> None:
    assert PARSER.parse(text).notices == (notice,)


def test_eight_brackets_may_be_open_and_only_those_too_deep_are_ignored() -> None:
    deepest, deeper = "(" * 8 + "監視" + ")" * 8, "(" * 10 + "監視" + ")" * 10 + " -通知"

    assert PARSER.parse(deepest).notices == ()
    assert PARSER.parse(deeper).notices == (Notice("too deep", "("),)
    assert [description(node) for node in PARSER.parse(deeper).conditions] == ["not 通知"]


def test_at_most_eight_conditions_are_counted_each_and_all_obeyed() -> None:
    parsed = PARSER.parse(" ".join(f"-語{n}" for n in range(10)))

    assert (len(parsed.condition_texts), len(parsed.conditions)) == (8, 10)


@pytest.mark.parametrize(
    ("text", "conditions", "plain"),
    [
        ("監視と通知", [], "監視と通知"),
        ("監視 監視 OR 通知", [("監視 OR 通知", "監視")], "監視"),
        ("監視 -foo:bar", [("-foo:bar", "監視")], "監視"),
        (
            "監視 service: lambda NOT VPC",
            [("service: lambda", "監視 NOT VPC"), ("NOT VPC", "監視 service: lambda")],
            "監視",
        ),
        ("-foo:(監視 VPC) 集約", [("-foo:(", "監視 VPC) 集約"), ("-foo:(監視 VPC)", "集約")], "集約"),
        ('監視 -VPC 通知 "x"', [("-VPC", '監視 通知 "x"'), ('"x"', "監視 -VPC 通知")], "監視 通知"),
    ],
)
def test_the_text_is_known_without_each_condition_and_without_all(
    text: str, conditions: list[tuple[str, str]], plain: str
) -> None:
    parsed = PARSER.parse(text)

    assert ([(one.text, one.rest) for one in parsed.condition_texts], parsed.plain) == (conditions, plain)


@pytest.mark.parametrize("text", ["監視", "(監視", '監視 "通', "監視 て", "監視 service:lam"])
def test_the_last_word_is_unfinished_while_typing(text: str) -> None:
    assert (PARSER.parse(text, typing=True).typed, PARSER.parse(text).typed) == (True, False)


@pytest.mark.parametrize(
    "text", ["", "(監視)", "監視 -VPC", "監視 OR", "集約 監視 OR 通", "監視 service:lambda", "監視 ！"]
)
def test_a_word_before_a_condition_or_mark_is_finished(text: str) -> None:
    assert not PARSER.parse(text, typing=True).typed


def test_a_query_over_the_limits_is_cut_with_notices() -> None:
    parsed = PARSER.parse(" ".join(f"語{n}" for n in range(2000)))
    words = [word for piece in parsed.pieces for word in piece.words]

    assert (len(words), {n.name for n in parsed.notices}) == (MAX_WORDS, {"cut", "too many words"})


def test_the_notice_of_too_many_words_has_the_first_that_is_left_out() -> None:
    words = [f"w{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MAX_WORDS + 3)]
    in_a_title = PARSER.parse(f'talk:"{" ".join(words)}"')

    assert in_a_title.notices == (Notice("too many words", words[MAX_WORDS]),)
    assert PARSER.parse(" ".join(words[:MAX_WORDS])).notices == ()


@pytest.mark.parametrize(
    "text", ["-" * 5000, "(" * 5000, '"' * 5000, "OR " * 2000, "a:" * 2000, "－ー" * 2000, "NOT " * 500]
)
def test_a_hostile_query_is_a_query(text: str) -> None:
    assert sum(len(piece.words) for piece in PARSER.parse(text).pieces) <= MAX_WORDS


@settings(max_examples=300)
@given(
    st.text(st.one_of(st.sampled_from('監視 SQS-"()：:|ー　ORANDTservice\n\x00\ud800'), st.characters()), max_size=40)
)
@example("(-")
@example('service:"')
@example("-service:(")
def test_any_text_has_pieces_or_conditions_unless_it_is_blank(text: str) -> None:
    parsed = PARSER.parse(text)

    assert bool(parsed.pieces or parsed.conditions) == bool(text[:MAX_CHARACTERS].strip())


class Names:
    """A term index of documents that have these names, and every word."""

    schema = Schema((), ("event",), names="event")

    def __init__(self, *names: str) -> None:
        self.names = names

    def exists(self, _node: Node) -> bool:
        return True

    def has_name(self, name: str) -> bool:
        return name in self.names


def test_adjacent_names_are_each_found_at_full_length() -> None:
    jaws, days, year, tokyo, osaka = (as_written(text) for text in ("JAWS", "DAYS", "2018", "東京", "大阪"))
    names = Names("jaws", "jawsdays", "days2018", "2018", "大阪")

    required = PARSER.required([jaws, days, year, tokyo, osaka], names)  # type: ignore[arg-type]  # nothing is counted

    assert required == (
        AnyOf((AllOf((jaws, days)), FacetIs("event", "jawsdays", ("jawsdays",)))),
        AnyOf((AllOf((year,)), FacetIs("event", "2018", ("2018",)))),
        AnyOf((AllOf((osaka,)), FacetIs("event", "大阪", ("大阪",)))),
        tokyo,
    )

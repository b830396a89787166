"""What kb lint tells the author of a report."""

from dataclasses import replace

from index.messages import translatable
from kb.pipeline.lint import lint
from kb.readers.formats import read_outline
from kb.report.outline import ReadingWarning
from kb.services import domain
from kb.talks import report_of


def told(text: str) -> list[str]:
    """Return what lint says of a Markdown report."""
    outline = read_outline(text.encode(), "report.md")
    return [str(problem) for problem in lint(outline, report_of(outline), domain())]


def test_a_report_that_is_understood_wholly_has_nothing_to_tell() -> None:
    text = (
        "# 鍵の会 2018\n\n2018-03-10\n\n## 【A】10:00~10:30:鍵の話\n\n### 鍵\n\n- AWS KMS を使う\n\n## 懇親会\n\n- 肉\n"
    )

    assert told(text) == []


def test_no_event_and_no_date_are_told_of_the_whole_file() -> None:
    assert told("- 鍵は二つ\n") == [
        "report.md: no event is named; name it in the title, as in 「JAWS DAYS 2018 に参加した」",
        "report.md: no date; say near the top when the event was, as in 「日時: 2018-03-10」",
    ]


def test_a_heading_without_a_talk_is_told_with_its_line() -> None:
    text = "# 鍵の会 2018\n\n## 10:00 - 10:20 鍵花子さん\n\n**鍵の話**\n\n- 鍵は二つ\n"

    assert told(text) == [
        (
            "report.md:3: 「10:00 - 10:20 鍵花子さん」 is not read as a talk; "
            "if it is one, begin it with its track or time, 【A】11:10~12:00:"
        )
    ]


def test_a_name_that_may_be_who_speaks_is_told() -> None:
    text = "# 鍵の会 2018 に参加した\n\n2018-03-10\n\n## LT1: 鍵の置き方\n\n例示工業 山田\n\n- 鍵は二つ\n"

    assert told(text) == [
        "report.md:7: 「山田」 may be the speaker; if so, write a line 「登壇者: 山田」 below the talk's heading"
    ]


def test_a_word_like_a_service_is_told_once() -> None:
    text = "# 鍵の会 2018\n\n## LT1: 鍵\n\n- Amazon Kagibako と Amazon SQS\n- AWS Summit で見た Amazon Kagibako\n"

    assert told(text) == ["report.md:5: 「Amazon Kagibako」 looks like a service that the catalogue does not know"]


def test_a_word_like_a_service_is_told_of_headings_too() -> None:
    text = "# 鍵の会 2018\n\n2018-03-10\n\n## LT1: Amazon Kagibako の話\n\n- Amazon Kagibako は鍵箱\n"

    assert "report.md:5: 「Amazon Kagibako」 looks like a service that the catalogue does not know" in told(text)


def test_what_the_reader_could_not_take_is_told() -> None:
    outline = replace(
        read_outline("# 鍵の会 2018\n".encode(), "report.md"), warnings=(ReadingWarning(3, translatable("too deep")),)
    )

    assert [str(problem) for problem in lint(outline, report_of(outline), domain())] == ["report.md:3: too deep"]

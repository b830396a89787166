"""The findings of kb lint for the author of a report."""

from dataclasses import replace

from index.messages import translatable
from kb.pipeline.lint import lint
from kb.readers.formats import read_outline
from kb.report.outline import ReadingWarning
from kb.services import domain
from kb.talks import report_of


def told(text: str) -> list[str]:
    """Return the messages of lint about a Markdown report."""
    outline = read_outline(text.encode(), "report.md")
    return [str(problem) for problem in lint(outline, report_of(outline), domain())]


def test_a_complete_report_has_no_findings() -> None:
    text = (
        "# 鍵の会 2018\n\n2018-03-10\n\n## 【A】10:00~10:30:鍵の話\n\n### 鍵\n\n- AWS KMS を使う\n\n## 懇親会\n\n- 肉\n"
    )

    assert told(text) == []


def test_a_missing_event_and_date_are_findings_about_the_whole_file() -> None:
    assert told("- 鍵は二つ\n") == [
        "report.md: no event is named; name it in the title, as in 「JAWS DAYS 2018 に参加した」",
        "report.md: no date; say near the top when the event was, as in 「日時: 2018-03-10」",
    ]


def test_a_heading_that_may_be_a_talk_is_a_finding_with_its_line() -> None:
    text = "# 鍵の会 2018\n\n## 10:00 - 10:20 鍵花子さん\n\n**鍵の話**\n\n- 鍵は二つ\n"

    assert told(text) == [
        (
            "report.md:3: 「10:00 - 10:20 鍵花子さん」 is not read as a talk; "
            "if it is one, begin it with its track or time, 【A】11:10~12:00:"
        )
    ]


def test_how_a_report_without_a_talk_is_made_one_is_a_finding_about_the_whole_file() -> None:
    text = "---\ntitle: 鍵の会 2018 で鍵の話を聞いた\ndate: 2018-03-10\n---\n\n- 鍵は二つ\n"
    outline = read_outline(text.encode(), "report.md")
    (said,) = lint(outline, report_of(outline), domain())
    own_id = str(said).partition('[talks."')[2].partition('"]')[0]

    assert str(said).startswith("report.md: no talk; if the report is about one, write talk = true below")
    assert lint(outline, report_of(outline, line_overrides={own_id: True}), domain()) == ()


def test_a_name_that_may_be_a_speaker_is_a_finding() -> None:
    text = "# 鍵の会 2018 に参加した\n\n2018-03-10\n\n## LT1: 鍵の置き方\n\n例示株式会社 山田\n\n- 鍵は二つ\n"

    assert told(text) == [
        "report.md:7: 「山田」 may be the speaker; if so, write a line 「登壇者: 山田」 below the talk's heading"
    ]


def test_a_word_like_a_service_is_one_finding() -> None:
    text = "# 鍵の会 2018\n\n## LT1: 鍵\n\n- Amazon Kagibako と Amazon SQS\n- AWS Summit で見た Amazon Kagibako\n"

    assert told(text) == ["report.md:5: 「Amazon Kagibako」 looks like a service that the catalogue does not know"]


def test_a_word_like_a_service_in_a_heading_is_a_finding() -> None:
    text = "# 鍵の会 2018\n\n2018-03-10\n\n## LT1: Amazon Kagibako の話\n\n- Amazon Kagibako は鍵箱\n"

    assert "report.md:5: 「Amazon Kagibako」 looks like a service that the catalogue does not know" in told(text)


def test_the_warnings_of_the_reader_are_included() -> None:
    outline = replace(
        read_outline("# 鍵の会 2018\n".encode(), "report.md"), warnings=(ReadingWarning(3, translatable("too deep")),)
    )

    assert [str(problem) for problem in lint(outline, report_of(outline), domain())] == ["report.md:3: too deep"]

"""The report of an outline together with its candidates, and the reasons for a talk."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from unittest.mock import patch

from outlines import markdown

from kb.report.outline import Outline
from kb.talks import report as module
from kb.talks import report_of, report_with_candidates, talk_reasons

TEXT = (
    "# {event} に参加した\n\n## 【A】10:00~10:40:{talk}の話\n\n- {talk}は二つ\n\n"
    "## ライトニングトーク\n\n- **{talk}の作り方** 田中さん\n  - 写真でも作れる\n- **{talk}の歴史** 佐藤さん\n  - 古い\n"
)
OUTLINES = [markdown(TEXT.format(event=f"鍵の会 #{number}", talk=talk)) for number, talk in enumerate("鍵錠扉蝶")]


def answers(outline: Outline) -> tuple[object, ...]:
    report, candidates = report_with_candidates(outline)
    return report, candidates, talk_reasons(outline, report.event, report.talks[0].line)


def test_an_outline_is_read_once_for_its_report_and_its_candidates() -> None:
    with patch.object(module, "roles_of", wraps=module.roles_of) as roles_of:
        report_with_candidates(OUTLINES[0])
        report_with_candidates(OUTLINES[1])

    assert roles_of.call_count == 2


def test_a_line_overridden_since_is_no_talk() -> None:
    outline = OUTLINES[0]
    before = report_of(outline)
    after = report_of(outline, line_overrides={before.talks[0].id: False})

    assert [talk.title for talk in before.talks if talk not in after.talks] == ["鍵の話"]
    assert report_of(outline) == before


def test_a_line_that_cannot_be_a_talk_has_no_reasons() -> None:
    assert talk_reasons(OUTLINES[0], None, 2) == (0.0, [])


def test_threads_read_outlines_independently() -> None:
    alone = [answers(outline) for outline in OUTLINES]
    with ThreadPoolExecutor(8) as threads:
        together = [*threads.map(lambda turn: answers(OUTLINES[turn[1]]), product(range(10), range(4)))]

    assert together == alone * 10

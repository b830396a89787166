"""What a report is asked right after it was made, by one thread or several."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from unittest.mock import patch

from outlines import markdown

from kb.report.outline import Outline
from kb.talks import candidates_of, report_of, talk_reasons
from kb.talks import report as module

TEXT = (
    "# {event} に参加した\n\n## 【A】10:00~10:40:{talk}の話\n\n- {talk}は二つ\n\n"
    "## ライトニングトーク\n\n- **{talk}の作り方** 田中さん\n  - 写真でも作れる\n- **{talk}の歴史** 佐藤さん\n  - 古い\n"
)
OUTLINES = [markdown(TEXT.format(event=f"鍵の会 #{number}", talk=talk)) for number, talk in enumerate("鍵錠扉蝶")]


def answers(outline: Outline) -> tuple[object, ...]:
    report = report_of(outline)
    talk = report.talks[0]
    return report, candidates_of(outline, report), talk_reasons(outline, report.event, talk.line)


def test_an_outline_is_read_once_for_its_report_and_what_is_not_sure_of_it() -> None:
    with patch.object(module, "roles_of", wraps=module.roles_of) as read:
        answers(OUTLINES[0])
        answers(OUTLINES[1])

    assert read.call_count == 2


def test_what_a_person_told_since_is_heeded() -> None:
    outline = OUTLINES[0]
    before = report_of(outline)
    after = report_of(outline, overrides={before.talks[0].id: False})

    assert [talk.title for talk in before.talks if talk not in after.talks] == ["鍵の話"]
    assert report_of(outline) == before


def test_threads_that_share_the_latest_reading_are_each_answered_of_their_own_outline() -> None:
    alone = [answers(outline) for outline in OUTLINES]
    with ThreadPoolExecutor(8) as threads:
        together = [*threads.map(lambda turn: answers(OUTLINES[turn[1]]), product(range(10), range(4)))]

    assert together == alone * 10

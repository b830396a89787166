"""The dated changes that make notes outdated."""

import re
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from kb.readers.formats import read_outline
from kb.report.model import MetadataOverride, Note
from kb.services import Change, domain
from kb.services.tagger import tag
from kb.talks import report_of
from kb.translation import in_language
from kb.wording import history, since

SEED = Path(__file__).parents[3] / "../shared/seeds/jaws-days-2018.txt"
DOMAIN = domain()
CLAIMED = tuple(change for change in DOMAIN.changes if change.claims or change.names)
LIFECYCLE = tuple(change for change in DOMAIN.changes if change not in CLAIMED)
EACH_CHANGE = pytest.mark.parametrize("change", CLAIMED, ids=lambda change: change.id)


def note(text: str, service: str, held_on: str | None) -> Note:
    """Return a tagged note below the name of a service."""
    name = DOMAIN.catalogue.by_slug[service].name
    outline = read_outline(f"# 勉強会のメモ\n\n- {name}\n  - {text}\n".encode(), "report.md")
    return tag(report_of(outline, MetadataOverride(held_on=held_on)), DOMAIN).notes[-1]


def before(day: str) -> str:
    """Return the last month before that of a day."""
    year, month = map(int, day.split("-")[:2])
    return f"{year - (month == 1)}-{(month - 2) % 12 + 1:02}"


def ids(changes: tuple[Change, ...]) -> set[str]:
    return {change.id for change in changes}


@EACH_CHANGE
def test_each_change_marks_its_note_on_each_of_its_services(change: Change) -> None:
    marked = [
        ids(DOMAIN.changes_for(note(change.marks, service, before(change.changed_on)))) for service in change.services
    ]

    assert all(change.id in changes for changes in marked)


@EACH_CHANGE
def test_no_change_marks_its_similar_note(change: Change) -> None:
    assert change.id not in ids(DOMAIN.changes_for(note(change.near, change.services[0], before(change.changed_on))))


@EACH_CHANGE
def test_no_change_marks_a_note_of_its_day_or_later(change: Change) -> None:
    days = (change.changed_on, f"{change.changed_on[:7]}-31", f"{int(change.changed_on[:4]) + 1}", None)

    assert [change.id in ids(DOMAIN.changes_for(note(change.marks, change.services[0], day))) for day in days] == [
        False
    ] * 4


@EACH_CHANGE
def test_no_change_marks_a_note_on_another_service(change: Change) -> None:
    marked = note(change.marks, change.services[0], before(change.changed_on))

    assert change.id not in ids(DOMAIN.changes_for(replace(marked, services=())))


@EACH_CHANGE
def test_each_change_is_dated_and_has_a_source_of_aws(change: Change) -> None:
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])(-\d\d)?", change.changed_on)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d|", change.checked_on or "")
    assert re.match(r"https://(docs\.)?aws\.amazon\.com/", change.source or "")
    assert re.search(r"whats-new/(\d{4})/(\d\d)/", change.source or "") is None or (
        f"/{change.changed_on[:4]}/{change.changed_on[5:7]}/" in change.source
    )


def test_there_are_forty_changes_of_known_services_without_repeats() -> None:
    changes = CLAIMED
    services = {service for change in changes for service in change.services}

    assert len(changes) >= 40
    assert Counter(change.id for change in changes).most_common(1)[0][1] == 1
    assert services - set(DOMAIN.catalogue.by_slug) == set()


def test_a_change_has_a_statement_with_its_month() -> None:
    statements = [change.statement for change in DOMAIN.changes_for(note("最大5分問題", "lambda", "2018-03-10"))]

    assert statements == ["2018年10月以降は最大15分"]


def test_a_note_of_the_year_of_the_change_may_precede_it() -> None:
    assert ids(DOMAIN.changes_for(note("最大5分問題", "lambda", "2018"))) == {"lambda-timeout"}


def test_width_and_case_make_no_difference() -> None:
    assert ids(DOMAIN.changes_for(note("最大５分、Ｔｉｍｅｏｕｔの上限", "lambda", "2018"))) == {"lambda-timeout"}


def test_only_the_beginning_of_a_long_text_is_searched_for_claims() -> None:
    trigger = "SQSは直接トリガーに" + "直接" * 100_000

    assert ids(DOMAIN.changes_for(note(f"最大5分。{trigger}", "lambda", "2016"))) == {"lambda-timeout"}


@pytest.mark.parametrize("change", LIFECYCLE, ids=lambda change: change.id)
def test_a_stage_of_a_service_marks_each_older_note_that_names_it(change: Change) -> None:
    (slug,) = change.services
    named = note(
        f"{DOMAIN.catalogue.by_slug[slug].name}を試した", slug, str(int(change.changed_on[:4]) - 1)
    )  # the reopened service was closed the year before

    assert change.id in ids(DOMAIN.changes_for(named))
    assert change.id not in ids(DOMAIN.changes_for(note("試した", slug, "2015")))


@pytest.mark.parametrize(
    ("text", "service"),
    [("QLDBで台帳を作る", "qldb"), ("App Meshで経路を変える", "app-mesh"), ("CodeCommitに置く", "codecommit")],
)
def test_a_note_of_2024_on_a_service_that_ended_since_is_marked(text: str, service: str) -> None:
    assert len(DOMAIN.changes_for(note(text, service, "2024-06"))) == 1


def test_the_day_of_the_post_counts_if_the_event_has_none() -> None:
    undated = note("最大5分問題", "lambda", None)
    days = [replace(undated, published=day) for day in ("2018-03-01", "2019-01-01", None)]

    assert [ids(DOMAIN.changes_for(one)) for one in days] == [{"lambda-timeout"}, set(), set()]


def test_the_day_of_the_event_counts_before_that_of_the_post() -> None:
    days = (("2018-03-01", "2019-01-01"), ("2019-01-01", "2018-03-01"))
    notes = [replace(note("最大5分問題", "lambda", held_on), published=published) for held_on, published in days]

    assert [ids(DOMAIN.changes_for(one)) for one in notes] == [{"lambda-timeout"}, set()]


def test_a_service_has_one_change_which_is_of_its_last_stage() -> None:
    last = {service.slug: service.stages[-1].on for service in DOMAIN.catalogue.services if service.stages}
    several = [service for service in DOMAIN.catalogue.services if len(service.stages) > 2]

    assert {change.services[0]: change.changed_on for change in LIFECYCLE}.items() <= last.items()
    assert (len({change.services for change in LIFECYCLE}), len(several) > 0) == (len(LIFECYCLE), True)


@pytest.mark.skipif(not SEED.exists(), reason="the shared seed report is not here")
def test_the_outdated_notes_of_the_seed_are_marked() -> None:
    report = tag(report_of(read_outline(SEED.read_bytes(), SEED.name)), DOMAIN)
    marked = {note.line: ids(DOMAIN.changes_for(note)) for note in report.notes if DOMAIN.changes_for(note)}

    assert marked == {
        47: {"lambda-vpc"},
        106: {"s3-request-rate"},
        107: {"s3-request-rate"},
        108: {"s3-request-rate"},
        116: {"lambda-timeout"},
        117: {"lambda-package-size"},
        122: {"cloud9-no-new-customers"},
    }


def test_every_shipped_change_is_also_in_english() -> None:
    japanese = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")

    assert [change.id for change in DOMAIN.changes if not change.english or japanese.search(since(change))] == []


def test_a_change_without_english_is_shown_in_japanese() -> None:
    own = replace(CLAIMED[0], english="")

    assert since(own) == own.statement


def test_the_history_of_a_service_is_shown_in_both_languages() -> None:
    service = DOMAIN.catalogue.by_slug["lambda"]

    assert (in_language("ja", history, service, str), history(service, str)) == (
        "2014-11-13に発表",
        "announced 13 November 2014",
    )

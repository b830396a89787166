"""What a collection holds by event, talk, speaker and year, of what is remembered of its reports."""

from kb.library.contents import ReportEntry
from kb.report.model import Talk
from kb.search.directory import Directory


def entry(name: str, event: str | None, held_on: str | None, *talks: Talk, notes: int = 1) -> ReportEntry:
    return ReportEntry(
        id=name,
        source=f"{name}.md",
        digest="",
        title=name,
        event=event,
        held_on=held_on,
        published=None,
        url=None,
        talks=talks,
        notes=notes,
        findings=(),
    )


def talk(key: str, track: str | None = None, start: str | None = None, speaker: str = "", link: str = "") -> Talk:
    return Talk(
        id=key,
        title=key,
        line=1,
        track=track,
        start=start,
        speakers=(speaker,) if speaker else (),
        links=(link,) if link else (),
    )


def directory(reports: tuple[ReportEntry, ...]) -> Directory:
    """Return the directory of reports of whose talks all are noted."""
    return Directory.of(reports, {talk.id for entry in reports for talk in entry.talks})


def test_a_talk_in_several_reports_is_one_with_all_that_tell_of_it_and_all_their_links() -> None:
    told = directory(
        (
            entry("a", "見本の会 2019", "2019", talk("t", speaker="花子", link="https://a.example")),
            entry("b", "見本の会 2019", "2019-03-10", talk("t", speaker="太郎", link="https://b.example"), talk("u")),
        )
    )

    assert [one.id for one in told.talks["t"].reports] == ["a", "b"]
    assert told.talks["t"].links == ("https://a.example", "https://b.example")
    assert told.talks["t"].talk.speakers == ("花子",)
    assert [one.talk.id for one in told.events["見本の会-2019"].talks] == ["t", "u"]


def test_the_day_of_an_event_is_the_most_precise_that_is_told() -> None:
    told = directory(
        (entry("a", "見本の会", "2019"), entry("b", "見本の会", "2019-03-10"), entry("c", "見本の会", None))
    )

    assert told.events["見本の会"].held_on == "2019-03-10"
    later = directory((entry("a", "見本の会", "2019-03-10"), entry("b", "見本の会", "2020")))
    assert later.events["見本の会"].held_on == "2019-03-10"


def test_a_talk_that_a_report_tells_of_twice_has_that_report_once() -> None:
    told = directory((entry("a", "見本の会", "2019", talk("t"), talk("t")),))

    assert [one.id for one in told.talks["t"].reports] == ["a"]
    assert [one.talk.id for one in told.events["見本の会"].talks] == ["t"]


def test_talks_of_an_event_are_in_the_order_of_track_and_time() -> None:
    talks = (talk("late", "A", "13:00"), talk("other", "B", "09:00"), talk("none"), talk("early", "A", "10:00"))
    told = directory((entry("a", "見本の会", "2019", *talks),))

    assert [one.talk.id for one in told.events["見本の会"].talks] == ["none", "early", "late", "other"]


def test_events_of_a_series_stand_together_newest_first() -> None:
    told = directory(
        (entry("b", "見本の会 2020", "2020"), entry("a", "見本の会 2019", "2019"), entry("c", "別の会", None))
    )

    assert [event.name for event in told.series["見本の会"].events] == ["見本の会 2020", "見本の会 2019"]
    assert told.series["見本の会"].name == "見本の会"


def test_speakers_come_by_the_number_of_their_talks_and_years_newest_first_and_undated_last() -> None:
    told = directory(
        (
            entry("a", "見本の会 2020", "2020-02", talk("t", speaker="花子"), talk("u", speaker="太郎"), notes=5),
            entry("b", "見本の会 2019", "2019", talk("v", speaker="太郎"), notes=2),
            entry("c", None, None, notes=3),
        )
    )

    assert [(one.name, len(one.talks)) for one in told.speakers.values()] == [("太郎", 2), ("花子", 1)]
    assert [(one.year, one.reports, one.events, one.talks, one.notes) for one in told.years] == [
        ("2020", 1, 1, 2, 5),
        ("2019", 1, 1, 1, 2),
        ("undated", 1, 0, 0, 3),
    ]


def test_speakers_of_as_many_talks_come_by_their_names() -> None:
    talks = (talk("t", speaker="Cal"), talk("u", speaker="Ann"), talk("v", speaker="Bob"))

    assert [*directory((entry("a", "見本の会", "2019", *talks),)).speakers] == ["Ann", "Bob", "Cal"]


def test_a_talk_of_which_there_is_no_note_is_listed_and_counted_nowhere() -> None:
    reports = (entry("a", "見本の会", "2019", talk("noted", speaker="花子"), talk("slides", speaker="太郎")),)
    told = Directory.of(reports, {"noted"})

    assert [[*told.talks], [one.talk.id for one in told.events["見本の会"].talks]] == [["noted"], ["noted"]]
    assert ([*told.speakers], told.years[0].talks) == (["花子"], 1)
    assert [*told.spoken] == ["noted", "slides"]

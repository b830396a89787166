"""What came, went and changed between two states of a report: all of it, once, and nothing else."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from kb.indexing.differences import MarkedNote, compared
from kb.library.contents import ReportEntry
from kb.report.difference import Cause, Difference, Item, counted
from kb.report.model import Kind, Mention, Note, Why

ENTRY = ReportEntry("r", "r.md", "", "R", None, None, None, None, (), 0, ())
CAUSES = (Cause("edited", "r.md"),)
OWN = tuple(f"{number:08x}" for number in range(6))


@st.composite
def marked_notes(draw: st.DrawFn) -> list[MarkedNote]:
    """Draw the notes of a report: some of six, whose texts are unlike each other, each with anything told of it."""
    every = []
    for own in draw(st.lists(st.sampled_from(OWN), unique=True)):
        kinds: list[Kind] = ["advice", "problem", "statement"]
        slugs = draw(st.sets(st.sampled_from(("sqs", "sns", "s3"))))
        other = draw(st.none() | st.sampled_from([one for one in OWN if one != own]))
        note = Note(
            id=f"r/{own}",
            report="r",
            source="r.md",
            line=draw(st.integers(1, 99)),
            type="bullet",
            depth=0,
            text=own[-1] * 8,
            kind=draw(st.sampled_from(kinds)),
            services=tuple(
                Mention(slug, draw(st.sampled_from(("explicit", "inherited"))), Why("here")) for slug in slugs
            ),
            remedy_of=f"r/{other}" if other else None,
        )
        every.append(MarkedNote(note, tuple(draw(st.sets(st.sampled_from(("limit", "name")))))))
    return every


def items(old: list[MarkedNote], new: list[MarkedNote]) -> tuple[Item, ...]:
    return compared(ENTRY, ENTRY, old, new, CAUSES).items


def told(notes: list[MarkedNote]) -> set[tuple[str, str, str, str]]:
    """Return all that is told of notes, as what sort, of which note, by its key and its value."""
    facts = {("note", one.note.id, "", "") for one in notes}
    facts |= {("kind", one.note.id, "", one.note.kind) for one in notes}
    facts |= {("tag", one.note.id, mention.service, mention.via) for one in notes for mention in one.note.services}
    facts |= {("mark", one.note.id, change, "") for one in notes for change in one.overtaken}
    paired = [one.note for one in notes if one.note.remedy_of]
    return facts | {("pair", note.id, "remedy_of", note.remedy_of[2:]) for note in paired}


@given(marked_notes())
def test_a_report_differs_in_nothing_from_itself(notes: list[MarkedNote]) -> None:
    assert not compared(ENTRY, ENTRY, notes, notes, CAUSES).is_something


@given(marked_notes(), marked_notes())
def test_of_notes_that_stay_all_that_differs_is_told_and_leads_from_one_state_to_the_other(
    old: list[MarkedNote], new: list[MarkedNote]
) -> None:
    here = {one.note.id for one in old} & {one.note.id for one in new}
    before, after = ({fact for fact in told(notes) if fact[1] in here} for notes in (old, new))
    for item in (item for item in items(old, new) if item.note in here):
        if item.fate != "came":
            before.remove((item.sort, item.note, item.value, item.before))
        if item.fate != "went":
            before.add((item.sort, item.note, item.value, item.after))

    assert before == after


@given(marked_notes(), marked_notes())
def test_what_comes_or_goes_is_told_with_its_pair_where_that_stays(
    old: list[MarkedNote], new: list[MarkedNote]
) -> None:
    here = {one.note.id for one in old} & {one.note.id for one in new}
    pairs = [one for one in items(old, new) if one.sort == "pair" and one.note not in here]

    assert {(one.fate, one.note, f"r/{one.before}{one.after}") for one in pairs} == {
        (fate, one.note.id, one.note.remedy_of)
        for fate, notes in (("came", new), ("went", old))
        for one in notes
        if one.note.id not in here and one.note.remedy_of in here
    }


@given(marked_notes(), marked_notes())
def test_what_came_one_way_went_the_other(old: list[MarkedNote], new: list[MarkedNote]) -> None:
    turned = {"came": "went", "went": "came", "changed": "changed"}
    back = {replace(one, fate=turned[one.fate], before=one.after, after=one.before) for one in items(new, old)}

    assert set(items(old, new)) == back


@given(marked_notes(), marked_notes())
def test_the_counts_are_those_of_what_is_listed_or_left_out(old: list[MarkedNote], new: list[MarkedNote]) -> None:
    reports = (compared(ENTRY, ENTRY, old, new, CAUSES),)
    difference = Difference("2026-01-01T00:00:00Z", reports, counted(reports))
    kept = difference.bounded()
    listed = sum(len(report.items) for report in kept.reports)

    assert sum(sum(fates.values()) for fates in difference.counts.values()) == listed + kept.left_out + 1


def test_an_edited_note_is_told_with_what_it_said() -> None:
    old, new = (
        Note(f"r/{own}", "r", "r.md", 1, "bullet", 0, text)
        for own, text in zip(OWN, ("キューは冪等に受ける", "キューは必ず冪等に受ける"), strict=False)
    )

    assert items([MarkedNote(old)], [MarkedNote(new)]) == (
        Item("note", "changed", new.id, new.text, "text", old.text, new.text),
    )


def test_a_report_that_goes_by_another_id_has_the_same_notes() -> None:
    old = Note("r/1", "r", "r.md", 1, "bullet", 0, "x", remedy_of="r/2")
    new = changed(old, id="s/1", report="s", remedy_of="s/2")
    moved = compared(ENTRY, changed(ENTRY, id="s"), [MarkedNote(old)], [MarkedNote(new)], CAUSES)

    assert (moved.changed, moved.items) == (("id",), ())

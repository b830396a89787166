"""Files and what kb.toml says of them change together; what is replaced or removed is taken back to the byte."""

import errno
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.library import file_changes
from kb.library.file_changes import ChangedSinceError, FileChange, FileState, digest_of
from kb.library.files import Library
from kb.library.rewriting import with_overrides
from kb.report.model import MetadataOverride
from kb.report.problems import LibraryError
from kb.storage.walk import backup_path

GIVEN = MetadataOverride(event="会", held_on="2018-03")


def held(library: Path) -> dict[str, bytes]:
    """Return all files of a library, but kb.toml and its former states."""
    return {path.name: path.read_bytes() for path in sorted(library.iterdir()) if not path.name.startswith("kb.toml")}


def overrides(library: Path) -> dict[str, MetadataOverride]:
    return dict(Library(library).configuration()[0].overrides)


def written(library: Path) -> str:
    path = library / "kb.toml"
    return path.read_text("utf-8") if path.exists() else ""


def test_two_reports_removed_under_one_name_are_both_kept_and_each_comes_back(tmp_path: Path) -> None:
    library = Library(tmp_path)
    removed = []
    for data in (b"A", b"B"):
        library.put(data, "a.md")
        removed.append(library.discard("a.md"))
    kept = held(tmp_path)
    library.take_back(removed[:1])

    assert [kept[change.kept[0]] for change in removed] == [b"A", b"B"]
    assert held(tmp_path) == {"a.md": b"A", removed[1].kept[0]: b"B"}


def test_each_state_of_a_replaced_report_is_kept(tmp_path: Path) -> None:
    library = Library(tmp_path)
    source = library.put(b"1", "a.md").source
    kept = [library.put(data, "a.md", replacing=source).kept for data in (b"2", b"3", b"1", b"2")]

    assert [held(tmp_path)[name] for (name,) in kept] == [b"1", b"2", b"3", b"1"]


def test_what_was_removed_is_never_put_back_over_another_and_it_is_told_where_it_lies(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md")
    removed = library.discard("a.md")
    library.put(b"B", "a.md")
    before = held(tmp_path)
    with pytest.raises(ChangedSinceError) as refused:
        library.take_back([removed])

    assert (
        str(refused.value) == f"a.md: was changed since, and stays as it is; its earlier state is in {removed.kept[0]}"
    )
    assert held(tmp_path) == before == {"a.md": b"B", removed.kept[0]: b"A"}


def test_what_is_no_longer_aside_as_it_was_is_not_put_back(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md")
    removed = library.discard("a.md")
    (tmp_path / removed.kept[0]).write_bytes(b"edited")
    with pytest.raises(ChangedSinceError) as refused:
        library.take_back([removed])

    assert str(refused.value) == f"a.md: cannot be restored; {removed.kept[0]} is gone or has changed"
    assert (refused.value.is_gone, held(tmp_path)) == (True, {removed.kept[0]: b"edited"})


def test_nothing_is_set_aside_over_what_somebody_put_under_that_name(tmp_path: Path) -> None:
    (tmp_path / backup_path(tmp_path / "a.md", digest_of(b"A"))).write_bytes(b"another's")
    library = Library(tmp_path)
    library.put(b"A", "a.md")

    assert library.discard("a.md").kept == ("a.md.559aead0-2~",)
    assert held(tmp_path) == {"a.md.559aead0~": b"another's", "a.md.559aead0-2~": b"A"}


def test_a_file_of_the_longest_name_is_set_aside_too(tmp_path: Path) -> None:
    name = "あ" * 84 + ".md"  # 255 bytes
    (tmp_path / name).write_bytes(b"A")

    (kept,) = Library(tmp_path).discard(name).kept

    assert held(tmp_path) == {kept: b"A"}


def test_adding_replacing_and_removing_are_taken_back_and_done_again(tmp_path: Path) -> None:
    library = Library(tmp_path)
    added = library.put(b"A", "a.md", GIVEN)
    replaced = library.put(b"B", "a.md", MetadataOverride(url="https://example.com/"), replacing="a.md")
    removed = library.discard("a.md")
    after = []
    changes = [[removed], [replaced], [added]]
    for _ in range(2):
        again = []
        for change in changes:
            again.append(library.take_back(change))
            after.append((held(tmp_path).get("a.md"), overrides(tmp_path).get("a.md")))
        changes = again[::-1]

    more = MetadataOverride("会", "2018-03", "https://example.com/")
    back = [(b"B", more), (b"A", GIVEN), (None, None)]
    assert after == [*back, (b"A", GIVEN), (b"B", more), (None, None)]
    assert set(held(tmp_path).values()) == {b"A", b"B"}


def test_what_another_told_of_a_report_since_is_not_taken_back_with_it(tmp_path: Path) -> None:
    library = Library(tmp_path)
    added = library.put(b"A", "a.md")
    library.configure(with_overrides({"a.md": GIVEN}))
    with pytest.raises(ChangedSinceError):
        library.take_back([added])

    assert (held(tmp_path), overrides(tmp_path)) == ({"a.md": b"A"}, {"a.md": GIVEN})


def test_where_one_of_several_cannot_be_taken_back_all_stay(tmp_path: Path) -> None:
    library = Library(tmp_path)
    added = [library.put(name.encode(), f"{name}.md") for name in "abc"]
    (tmp_path / "b.md").write_bytes(b"edited")
    with pytest.raises(ChangedSinceError):
        library.take_back(added)

    assert held(tmp_path) == {"a.md": b"a", "b.md": b"edited", "c.md": b"c"}


def test_a_report_is_removed_only_as_what_it_was_taken_for(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"B", "a.md")
    with pytest.raises(ChangedSinceError):
        library.discard("a.md", digest_of(b"A"))

    assert held(tmp_path) == {"a.md": b"B"}


def test_what_is_told_anew_leaves_what_was_told_before(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md", MetadataOverride(held_on="2018-03", former=("old-1234",)))
    library.put(b"B", "a.md", MetadataOverride(event="会"), replacing="a.md")

    assert overrides(tmp_path) == {"a.md": MetadataOverride(event="会", held_on="2018-03", former=("old-1234",))}


def test_what_is_told_of_a_report_whose_bytes_stay_is_told(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md", MetadataOverride(event="会"))
    change = library.put(b"A", "a.md", MetadataOverride(event="別の会"), replacing="a.md")

    assert (overrides(tmp_path), len(change.kept)) == ({"a.md": MetadataOverride(event="別の会")}, 1)
    library.take_back([change])
    assert overrides(tmp_path) == {"a.md": MetadataOverride(event="会")}


def test_what_a_removed_report_was_told_is_kept_after_its_bytes(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md", GIVEN)
    told_before = (tmp_path / "kb.toml").read_bytes()

    kept = library.discard("a.md").kept

    assert [(tmp_path / name).read_bytes() for name in kept] == [b"A", told_before]


@pytest.mark.parametrize("act", ["put", "discard"])
def test_a_broken_kb_toml_stops_a_change_of_what_is_told_before_anything_is_done(tmp_path: Path, act: str) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md", GIVEN)
    (tmp_path / "kb.toml").write_bytes(broken := (tmp_path / "kb.toml").read_bytes() + b'["b.md"]\nheld_on = 3\n[')
    with pytest.raises(LibraryError) as refused:
        library.put(b"B", "b.md", GIVEN) if act == "put" else library.configure(
            with_overrides({"a.md": MetadataOverride(event="別の会")})
        )

    assert str(refused.value).startswith(f"{tmp_path / 'kb.toml'}: ")
    assert str(refused.value).endswith("; fix it first, nothing was written")
    assert (held(tmp_path), (tmp_path / "kb.toml").read_bytes()) == ({"a.md": b"A"}, broken)


def test_what_would_break_kb_toml_is_not_written(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.configure(with_overrides({"a.md": GIVEN}))
    before = (tmp_path / "kb.toml").read_bytes()
    with pytest.raises(LibraryError) as refused:
        library.configure(lambda data, _: data + b"[")

    assert str(refused.value).startswith(f"{tmp_path / 'kb.toml'}: Invalid")
    assert str(refused.value).endswith("; nothing was written")
    assert (tmp_path / "kb.toml").read_bytes() == before


def test_what_is_told_of_a_report_is_there_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []

    def watched(path: Path, data: bytes) -> None:
        seen.append((path.name, (tmp_path / "a.md").exists()))
        path.write_bytes(data)

    monkeypatch.setattr(file_changes, "write_whole", watched)
    Library(tmp_path).put(b"# a", "a.md", MetadataOverride(event="会"))

    assert seen == [(".kb-begun", False), ("kb.toml", False), ("a.md", False)]


@pytest.mark.parametrize("replacing", [None, "a.md"])
def test_where_a_report_cannot_be_written_what_was_told_of_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replacing: str | None
) -> None:
    library = Library(tmp_path)
    if replacing:
        library.put(b"A", "a.md")
        library.configure(with_overrides({"a.md": GIVEN}))
    (tmp_path / "kb.toml").write_text(f"# 私の覚え書き\n{written(tmp_path)}", "utf-8")
    before = held(tmp_path), written(tmp_path)
    whole = file_changes.write_whole

    def full(path: Path, data: bytes) -> None:
        if path.name.startswith("a.md"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(path, data)

    monkeypatch.setattr(file_changes, "write_whole", full)
    with pytest.raises(LibraryError, match="No space left on device"):
        library.put(b"B", "a.md", MetadataOverride(event="別の会"), replacing)

    assert (held(tmp_path), written(tmp_path)) == before


def begun(library: Path, change: FileChange, data: bytes | None) -> None:
    """Leave what one leaves that is killed before all it began is told."""
    (library / ".kb-begun").write_bytes(msgspec.json.encode(change))
    if data is not None:
        (library / change.source).write_bytes(data)


@pytest.mark.parametrize(
    ("data", "wanted"), [(b"A", {"a.md": GIVEN}), (b"B", {"a.md": MetadataOverride(event="別の会")})]
)
@pytest.mark.parametrize("reads", [True, False])
def test_who_comes_after_one_that_was_killed_has_told_what_is_told_of_the_bytes_there(
    tmp_path: Path, data: bytes, wanted: dict[str, MetadataOverride], *, reads: bool
) -> None:
    Library(tmp_path).configure(with_overrides({"a.md": MetadataOverride(event="半端")}))
    after = {"a.md": MetadataOverride(event="別の会")}
    begun(
        tmp_path,
        FileChange("a.md", FileState(digest_of(b"A"), {"a.md": GIVEN}), FileState(digest_of(b"B"), after)),
        data,
    )

    if reads:
        Library(tmp_path).scan()
    else:
        Library(tmp_path).mark_seen("https://example.com/feed", ["https://example.com/1"])

    assert (overrides(tmp_path), held(tmp_path)) == (wanted, {"a.md": data})


def test_a_removed_report_that_one_was_killed_at_leaves_nothing_told_for_the_next_of_its_name(tmp_path: Path) -> None:
    Library(tmp_path).configure(with_overrides({"a.md": GIVEN}))
    begun(tmp_path, FileChange("a.md", FileState(digest_of(b"A"), {"a.md": GIVEN}), FileState(None)), None)

    Library(tmp_path).put(b"B", "a.md")

    assert overrides(tmp_path) == {}


ACTS = st.tuples(
    st.sampled_from(["add", "replace", "remove", "take back"]), st.sampled_from([b"A", b"B", b"C"]), st.integers(0, 9)
)


@given(acts=st.lists(ACTS, max_size=25))
def test_nothing_that_was_acknowledged_is_ever_lost_in_whatever_order(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, bytes, int]]
) -> None:
    folder = tmp_path_factory.mktemp("library")
    library, changes, acknowledged = Library(folder), list[FileChange](), set[bytes]()
    for what, data, which in acts:
        there = [file.source for file in library.scan().files]
        if what == "add":
            changes.append(library.put(data, "a.md"))
            acknowledged.add(data)
        elif what == "replace" and there:
            changes.append(library.put(data, "b.md", replacing=there[which % len(there)]))
            acknowledged.add(data)
        elif what == "remove" and there:
            changes.append(library.discard(there[which % len(there)]))
        elif what == "take back" and changes:
            change = changes[which % len(changes)]
            try:
                changes += library.take_back([change])
            except ChangedSinceError:
                continue
            path = folder / change.source
            assert (digest_of(path.read_bytes()) if path.exists() else None) == change.before.digest

        assert acknowledged <= set(held(folder).values())

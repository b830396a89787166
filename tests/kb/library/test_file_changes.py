"""A file and its entries in kb.toml change together, and are restored to the byte."""

import errno
import os
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.library import file_changes
from kb.library.file_changes import ChangedSinceError, FileChange, FileState, digest_of, joined
from kb.library.files import Library
from kb.library.rewriting import with_overrides, with_seen
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


def test_two_reports_removed_under_one_name_are_both_backed_up_and_restored(tmp_path: Path) -> None:
    library = Library(tmp_path)
    removed = []
    for data in (b"A", b"B"):
        library.put(data, "a.md")
        removed.append(library.discard("a.md"))
    kept = held(tmp_path)
    library.take_back(removed[:1])

    assert [kept[change.kept[0]] for change in removed] == [b"A", b"B"]
    assert held(tmp_path) == {"a.md": b"A", removed[1].kept[0]: b"B"}


@pytest.mark.parametrize("name", [b"\x83\x81\x83\x82.md", b"\\x83.md", b"2019/\xe3 [1].md", b"\xe3" * 251 + b".md"])
def test_a_removed_report_whose_name_is_not_utf_8_is_restored(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"A")
    library = Library(tmp_path)
    (source,) = (file.source for file in library.scan().files)
    (removed,) = library.take_back([library.discard(source)])
    library.take_back(library.take_back([removed]))

    assert (list(path.parent.iterdir()), path.read_bytes()) == ([path], b"A")


def test_each_state_of_a_replaced_report_is_backed_up(tmp_path: Path) -> None:
    library = Library(tmp_path)
    source = library.put(b"1", "a.md").source
    kept = [library.put(data, "a.md", replacing=source).kept for data in (b"2", b"3", b"1", b"2")]

    assert [held(tmp_path)[name] for (name,) in kept] == [b"1", b"2", b"3", b"1"]


def test_a_removed_report_is_never_restored_over_another_and_the_error_names_the_backup(tmp_path: Path) -> None:
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


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize("name", ["a.md", ".kb-begun", "a.md.559aead0~"])
def test_a_pipe_in_place_of_a_file_is_never_waited_for(tmp_path: Path, name: str) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md")
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    with suppress(LibraryError):  # a pipe is no report to be removed
        library.discard("a.md")

    assert {path.name for path in tmp_path.iterdir()} == {
        "a.md": {"a.md"},
        ".kb-begun": {"a.md.559aead0~"},
        "a.md.559aead0~": {"a.md.559aead0~", "a.md.559aead0-2~"},
    }[name]


def test_a_changed_backup_is_not_restored(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md")
    removed = library.discard("a.md")
    (tmp_path / removed.kept[0]).write_bytes(b"edited")
    with pytest.raises(ChangedSinceError) as refused:
        library.take_back([removed])

    assert str(refused.value) == f"a.md: cannot be restored; {removed.kept[0]} is gone or has changed"
    assert (refused.value.is_gone, held(tmp_path)) == (True, {removed.kept[0]: b"edited"})


def test_a_backup_never_overwrites_a_file_of_its_name(tmp_path: Path) -> None:
    (tmp_path / backup_path(tmp_path / "a.md", digest_of(b"A"))).write_bytes(b"another's")
    library = Library(tmp_path)
    library.put(b"A", "a.md")

    assert library.discard("a.md").kept == ("a.md.559aead0-2~",)
    assert held(tmp_path) == {"a.md.559aead0~": b"another's", "a.md.559aead0-2~": b"A"}


def test_a_file_with_the_longest_name_is_backed_up(tmp_path: Path) -> None:
    name = "あ" * 84 + ".md"  # 255 bytes
    (tmp_path / name).write_bytes(b"A")

    (kept,) = Library(tmp_path).discard(name).kept

    assert held(tmp_path) == {kept: b"A"}


def test_adding_replacing_and_removing_are_undone_and_redone(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("inside", ["a.zip!/b.md", "a.zip#1"])
def test_a_container_is_removed_with_the_overrides_of_its_reports_and_restored_with_them(
    tmp_path: Path, inside: str
) -> None:
    (tmp_path / "a.zip").write_bytes(b"A")
    known = {inside: GIVEN, "a.zip2!/b.md": GIVEN}
    library = Library(tmp_path)
    library.configure(with_overrides(known))
    removed = library.discard("a.zip")

    assert overrides(tmp_path) == {"a.zip2!/b.md": GIVEN}
    library.take_back([removed])
    assert (held(tmp_path), overrides(tmp_path)) == ({"a.zip": b"A"}, known)


def test_successive_changes_of_a_file_are_undone_as_one(tmp_path: Path) -> None:
    library = Library(tmp_path)
    first = library.put(b"1", "a.md").source
    other = library.put(b"0", "c.md").source
    changes = [library.put(data, "a.md", replacing=first) for data in (b"2", b"3")]
    changes += [library.put(b"B", "b.md"), library.discard("b.md"), library.put(b"0", "c.md", GIVEN, replacing=other)]
    merged = joined(changes)

    assert [(one.source, one.kept) for one in merged] == [("a.md", (*changes[0].kept, *changes[1].kept)), ("c.md", ())]
    library.take_back(merged)
    assert (held(tmp_path)["a.md"], overrides(tmp_path)) == (b"1", {})


def test_a_later_override_by_somebody_else_is_not_undone(tmp_path: Path) -> None:
    library = Library(tmp_path)
    added = library.put(b"A", "a.md")
    library.configure(with_overrides({"a.md": GIVEN}))
    with pytest.raises(ChangedSinceError):
        library.take_back([added])

    assert (held(tmp_path), overrides(tmp_path)) == ({"a.md": b"A"}, {"a.md": GIVEN})


def test_if_one_of_several_changes_cannot_be_undone_none_is(tmp_path: Path) -> None:
    library = Library(tmp_path)
    added = [library.put(name.encode(), f"{name}.md") for name in "abc"]
    (tmp_path / "b.md").write_bytes(b"edited")
    with pytest.raises(ChangedSinceError):
        library.take_back(added)

    assert held(tmp_path) == {"a.md": b"a", "b.md": b"edited", "c.md": b"c"}


def test_a_report_is_removed_only_with_the_expected_digest(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"B", "a.md")
    with pytest.raises(ChangedSinceError):
        library.discard("a.md", digest_of(b"A"))

    assert held(tmp_path) == {"a.md": b"B"}


def test_a_new_override_keeps_the_fields_it_leaves_open(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md", MetadataOverride(held_on="2018-03", former=("old-1234",)))
    library.put(b"B", "a.md", MetadataOverride(event="会"), replacing="a.md")

    assert overrides(tmp_path) == {"a.md": MetadataOverride(event="会", held_on="2018-03", former=("old-1234",))}


def test_an_override_is_written_for_unchanged_bytes(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md", MetadataOverride(event="会"))
    change = library.put(b"A", "a.md", MetadataOverride(event="別の会"), replacing="a.md")

    assert (overrides(tmp_path), len(change.kept)) == ({"a.md": MetadataOverride(event="別の会")}, 1)
    library.take_back([change])
    assert overrides(tmp_path) == {"a.md": MetadataOverride(event="会")}


def test_the_override_of_a_removed_report_is_backed_up_after_its_bytes(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.put(b"A", "a.md", GIVEN)
    told_before = (tmp_path / "kb.toml").read_bytes()

    kept = library.discard("a.md").kept

    assert [(tmp_path / name).read_bytes() for name in kept] == [b"A", told_before]


@pytest.mark.parametrize("act", ["put", "discard"])
def test_a_broken_kb_toml_stops_a_change_with_overrides_before_it_begins(tmp_path: Path, act: str) -> None:
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


def test_a_change_that_would_break_kb_toml_is_not_written(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.configure(with_overrides({"a.md": GIVEN}))
    before = (tmp_path / "kb.toml").read_bytes()
    with pytest.raises(LibraryError) as refused:
        library.configure(lambda data, _: data + b"[")

    assert str(refused.value).startswith(f"{tmp_path / 'kb.toml'}: Invalid")
    assert str(refused.value).endswith("; nothing was written")
    assert (tmp_path / "kb.toml").read_bytes() == before


def test_the_override_of_a_report_is_written_before_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []

    def watched(path: Path, data: bytes) -> None:
        seen.append((path.name, (tmp_path / "a.md").exists()))
        path.write_bytes(data)

    monkeypatch.setattr(file_changes, "write_whole", watched)
    Library(tmp_path).put(b"# a", "a.md", MetadataOverride(event="会"))

    assert seen == [(".kb-begun", False), ("kb.toml", False), ("a.md", False)]


@pytest.mark.parametrize("replacing", [None, "a.md"])
def test_if_a_report_cannot_be_written_its_override_stays(
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
    """Leave the state of a writer that was killed before it wrote kb.toml."""
    (library / ".kb-begun").write_bytes(msgspec.json.encode(change))
    if data is not None:
        (library / change.source).write_bytes(data)


@pytest.mark.parametrize(
    ("data", "wanted"), [(b"A", {"a.md": GIVEN}), (b"B", {"a.md": MetadataOverride(event="別の会")})]
)
@pytest.mark.parametrize("reads", [True, False])
def test_after_a_killed_writer_kb_toml_agrees_with_the_bytes(
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
        Library(tmp_path).configure(
            lambda data, _: with_seen(data, "https://example.com/feed", ["https://example.com/1"])
        )

    assert (overrides(tmp_path), held(tmp_path)) == (wanted, {"a.md": data})


@pytest.mark.parametrize(
    ("data", "wanted"), [(b"A", {"a.txt#1.jsonl": b"1"}), (b"B", {"a.txt#2.jsonl": b"1", "a.txt#1.jsonl": b"2"})]
)
def test_after_a_killed_writer_the_readings_of_a_container_agree_with_the_bytes(
    tmp_path: Path, data: bytes, wanted: dict[str, bytes]
) -> None:
    (tmp_path / "readings").mkdir()
    (tmp_path / "readings" / "a.txt#2.jsonl").write_bytes(b"1")  # one of two is moved
    before, after = {"a.txt#1": b"1"}, {"a.txt#2": b"1", "a.txt#1": b"2"}
    change = FileChange("a.txt", FileState(digest_of(b"A"), read=before), FileState(digest_of(b"B"), read=after))
    begun(tmp_path, change, data)

    Library(tmp_path).settle()

    assert {path.name: path.read_bytes() for path in (tmp_path / "readings").iterdir()} == wanted


def test_after_a_killed_removal_no_override_is_left_for_the_next_file_of_that_name(tmp_path: Path) -> None:
    Library(tmp_path).configure(with_overrides({"a.md": GIVEN}))
    begun(tmp_path, FileChange("a.md", FileState(digest_of(b"A"), {"a.md": GIVEN}), FileState(None)), None)

    Library(tmp_path).put(b"B", "a.md")

    assert overrides(tmp_path) == {}


ACTS = st.tuples(
    st.sampled_from(["add", "replace", "remove", "take back"]), st.sampled_from([b"A", b"B", b"C"]), st.integers(0, 9)
)


@given(acts=st.lists(ACTS, max_size=25))
def test_no_acknowledged_change_is_lost_in_any_order(
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

"""Reports in exports and archives are found and overridden as if each were a file of its own."""

import io
import zipfile
from pathlib import Path

import pytest

from kb.knowledge_base import KnowledgeBase
from kb.library.file_changes import ChangedSinceError
from kb.library.files import Library
from kb.library.rewriting import with_overrides
from kb.readers.archives import MAX_ARCHIVE_BYTES, MAX_REPORT_BYTES
from kb.readers.containers import TooLongError, file_bytes
from kb.readers.formats import read_outline
from kb.report.model import LineReading, MetadataOverride
from kb.report.problems import LibraryError, UnreadableError
from kb.talks import line_keys, lines_of

POST = "TITLE: {0}\nSTATUS: {1}\n-----\nBODY:\n<ul><li>{0}の一</li><li>{0}の二</li></ul>\n-----\n--------\n"


def export(*titles: str, status: str = "Publish") -> bytes:
    return "".join(POST.format(title, status) for title in titles).encode()


def packed(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    return KnowledgeBase.open(tmp_path / "library", tmp_path / "index")


def sources(kb: KnowledgeBase) -> list[str]:
    kb.indexer.sync()
    return sorted(entry.source for entry in kb.browser.reports())


def test_each_report_of_an_archive_has_a_source_of_its_own_and_so_has_each_post_in_it(kb: KnowledgeBase) -> None:
    files = {"2018/memo.md": b"# a\n\n- x\n", "blog.txt": export("鍵の会", "錠の会"), "photo.png": b"\x89PNG"}
    (kb.collection.library.path / "talks.zip").write_bytes(packed(files))

    assert sources(kb) == ["talks.zip!/2018/memo.md", "talks.zip!/blog.txt#1", "talks.zip!/blog.txt#2"]


def test_the_lines_of_a_post_are_shown_from_its_export(kb: KnowledgeBase) -> None:
    (kb.collection.library.path / "blog.txt").write_bytes(export("鍵の会", "錠の会"))
    kb.indexer.sync()
    (entry,) = (entry for entry in kb.browser.reports() if entry.title == "錠の会")

    outline = kb.browser.outline(entry.id)

    assert (outline.source, [block.text for block in outline.blocks]) == ("blog.txt#2", ["錠の会の一", "錠の会の二"])


def test_only_the_changed_posts_of_an_export_are_read_again(kb: KnowledgeBase) -> None:
    path = kb.collection.library.path / "blog.txt"
    path.write_bytes(export("鍵の会", "錠の会"))
    kb.indexer.sync()
    path.write_bytes(export("鍵の会", "錠の会", "門の会").replace("鍵の会の一".encode(), "鍵の会の壱".encode()))

    outcome = kb.indexer.sync()

    assert (outcome.new, outcome.changed, outcome.unchanged, outcome.gone) == (1, 1, 1, 0)


def test_drafts_and_ignored_posts_are_skipped_and_only_drafts_are_problems(kb: KnowledgeBase) -> None:
    library = kb.collection.library
    (library.path / "blog.txt").write_bytes(export("鍵の会", "錠の会") + export("門の会", status="Draft"))
    (library.path / "kb.toml").write_text('ignore = ["blog.txt#1"]', "utf-8")

    scan = library.scan()

    assert ([file.source for file in scan.files], scan.left_alone, [each.source for each in scan.problems]) == (
        ["blog.txt#2"],
        ("blog.txt#1",),
        ["blog.txt#3"],
    )


def test_kb_toml_overrides_a_post_by_its_source(kb: KnowledgeBase) -> None:
    library = kb.collection.library
    (library.path / "blog.txt").write_bytes(export("鍵の会", "錠の会"))
    library.configure(with_overrides({"blog.txt#2": MetadataOverride(event="錠の日", held_on="2018-01")}))
    kb.indexer.sync()

    assert {(entry.event, entry.held_on) for entry in kb.browser.reports()} == {(None, None), ("錠の日", "2018-01")}


def test_a_report_in_a_container_is_not_removed_and_the_error_has_a_remedy(kb: KnowledgeBase) -> None:
    library = kb.collection.library
    (library.path / "blog.txt").write_bytes(export("鍵の会", "錠の会"))
    kb.indexer.sync()

    with pytest.raises(LibraryError) as refused:
        kb.corrector.remove(next(entry for entry in kb.browser.reports() if entry.source == "blog.txt#1").source)

    assert str(refused.value) == (
        "blog.txt#1: is one of several reports in blog.txt; "
        'to leave it out, add it to ignore = ["blog.txt#1"] in kb.toml, '
        f"or take blog.txt out of {library.name}"
    )
    assert sources(kb) == ["blog.txt#1", "blog.txt#2"]


def told(kb: KnowledgeBase) -> dict[str, str | None]:
    return {place: given.event for place, given in kb.collection.library.configuration()[0].overrides.items()}


def test_a_newer_export_replaces_the_old_one_and_overrides_stay(kb: KnowledgeBase) -> None:
    library = kb.collection.library
    first = kb.adder.add(export("鍵の会", "錠の会"), "blog-2018.txt")
    library.configure(with_overrides({"blog-2018.txt#1": MetadataOverride(event="鍵の日")}))
    library.configure(with_overrides({"blog-2018.txt#2": MetadataOverride(event="錠の日")}))

    again = kb.adder.add(export("門の会", "鍵の会", "錠の会"), "blog-2019.txt")

    assert (first.report, first.reports, first.replaced) == (None, 2, None)
    assert (again.source, again.reports, again.replaced) == (f"{library.name}/blog-2018.txt", 3, "blog-2018.txt")
    assert {source: given.event for source, given in library.configuration()[0].overrides.items()} == {
        "blog-2018.txt#2": "鍵の日",
        "blog-2018.txt#3": "錠の日",
    }


def test_an_export_that_has_grown_to_five_times_its_reports_is_a_newer_state_of_it(kb: KnowledgeBase) -> None:
    kb.adder.add(export("鍵の会"), "blog.txt")
    kb.adder.add(export("錠の会", "扉の会", "窓の会", "門の会", "鍵の会"), "blog.txt")

    assert sources(kb) == [f"blog.txt#{number}" for number in range(1, 6)]


def test_of_two_exports_the_one_that_is_in_the_newer_one_as_a_whole_is_replaced(kb: KnowledgeBase) -> None:
    kb.adder.add(export("鍵の会"), "blog.txt")
    kb.adder.add(export("錠の会", "扉の会", "窓の会", "門の会"), "other.txt")

    again = kb.adder.add(export("鍵の会", "錠の会", "扉の会"), "newer.txt")

    assert again.replaced == "blog.txt"


def test_the_override_of_a_post_follows_its_edits_and_never_moves_to_another(kb: KnowledgeBase) -> None:
    library = kb.collection.library
    kb.adder.add(export("鍵の会", "錠の会", "扉の会", "窓の会"), "blog.txt")
    library.configure(with_overrides({"blog.txt#1": MetadataOverride(event="鍵の日")}))
    library.configure(with_overrides({"blog.txt#2": MetadataOverride(event="錠の日")}))
    edited = export("鍵の会").replace("鍵の会の一".encode(), "鍵の会の壱".encode())

    again = kb.adder.add(export("門の会") + edited + export("扉の会", "窓の会"), "blog.txt")
    kept = [(library.path / name).read_text("utf-8") for name in again.kept]
    carried = told(kb)
    kb.corrector.take_back([again.change] if again.change else [])

    assert carried == {"blog.txt#2": "鍵の日"}
    assert ["錠の会" in kept[0], 'event = "錠の日"' in kept[1]] == [True, True]
    assert told(kb) == {"blog.txt#1": "鍵の日", "blog.txt#2": "錠の日"}


def read(kb: KnowledgeBase, source: str, text: str) -> None:
    """Keep that an assistant reads a line as a label."""
    (key,) = line_keys(lines_of(read_outline(f"- {text}".encode(), source).blocks))
    kb.collection.library.keep_readings(source, lambda _: {key: LineReading(key, "Anna", "", text, kind="label")})


def labels(kb: KnowledgeBase) -> set[str]:
    """Sync; return the texts of the notes that an assistant read."""
    kb.indexer.sync()
    notes = (note for entry in kb.browser.reports() for note in kb.browser.report(entry.id)[1])
    return {note.text for note in notes if note.read_by and note.kind == "label"}


def readings(kb: KnowledgeBase) -> dict[str, bytes]:
    folder = kb.collection.library.path / "readings"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_assistants_read_in_a_post_follows_it_to_another_number_and_back(kb: KnowledgeBase) -> None:
    kb.adder.add(export("鍵の会", "錠の会", "扉の会", "窓の会"), "blog.txt")
    for number, text in enumerate(("鍵の会の一", "錠の会の一", "扉の会の一"), start=1):
        read(kb, f"blog.txt#{number}", text)
    before, first = readings(kb), labels(kb)
    edited = export("鍵の会").replace("鍵の会の二".encode(), "鍵の会の弐".encode())
    again = kb.adder.add(export("門の会") + edited + export("扉の会", "窓の会"), "blog.txt")
    after, second = readings(kb), labels(kb)
    redo = kb.corrector.take_back([again.change] if again.change else [])
    undone, third = readings(kb), labels(kb)
    kb.corrector.take_back(redo)

    assert (first, second, third) == (
        {"扉の会の一", "鍵の会の一", "錠の会の一"},
        {"扉の会の一", "鍵の会の一"},
        {"扉の会の一", "鍵の会の一", "錠の会の一"},
    )
    (backup,) = (name for name in again.kept if name.startswith("readings/"))
    kept = {backup.removeprefix("readings/"): before["blog.txt#2.jsonl"]}  # that post is gone
    assert after == kept | {
        "blog.txt#2.jsonl": before["blog.txt#1.jsonl"],
        "blog.txt#3.jsonl": before["blog.txt#3.jsonl"],
    }
    assert (undone, readings(kb)) == (before | kept, after)


def test_a_newer_export_is_not_undone_over_what_assistants_read_in_it_since(kb: KnowledgeBase) -> None:
    kb.adder.add(export("鍵の会", "錠の会"), "blog.txt")
    read(kb, "blog.txt#1", "鍵の会の一")
    again = kb.adder.add(export("門の会", "鍵の会", "錠の会"), "blog.txt")
    read(kb, "blog.txt#3", "錠の会の一")
    before = readings(kb)

    with pytest.raises(ChangedSinceError):
        kb.corrector.take_back([again.change] if again.change else [])
    assert (readings(kb), labels(kb)) == (before, {"鍵の会の一", "錠の会の一"})


def test_what_assistants_read_in_an_archive_stays_with_its_files(kb: KnowledgeBase) -> None:
    texts = {name: f"# {name}の会\n\n- {name}の話\n".encode() for name in ("a.md", "2018/b.md")}
    kb.adder.add(packed(texts), "talks.zip")
    for name in texts:
        read(kb, f"talks.zip!/{name}", f"{name}の話")
    first = labels(kb)
    again = kb.adder.add(packed({"0.md": b"# x\n\n- x\n", **texts}), "talks.zip")
    second = labels(kb)
    read(kb, "talks.zip!/0.md", "x")  # nothing moved: the undo keeps what was read since
    kb.corrector.take_back([again.change] if again.change else [])

    assert first == second == labels(kb) == {"2018/b.mdの話", "a.mdの話"}
    assert sorted(readings(kb)) == [f"talks.zip!/{name}.jsonl" for name in ("0.md", "2018/b.md", "a.md")]


def test_what_was_read_in_a_removed_or_replaced_report_holds_again_when_it_is_back(kb: KnowledgeBase) -> None:
    (kb.collection.library.path / "a.md").write_text("# 鍵の会 2018\n\n- 鍵は二つ\n- 錠は三つ\n", "utf-8")
    read(kb, "a.md", "鍵は二つ")
    first, before = labels(kb), readings(kb)
    removed = kb.corrector.remove("a.md")
    gone = labels(kb)
    kb.corrector.take_back([removed])
    back = labels(kb)
    added = kb.adder.add("# 鍵の会 2018\n\n- 鍵は二つ\n- 錠は三つ\n- 扉は一つ\n".encode(), "a.md")

    assert (first, gone, back, labels(kb)) == ({"鍵は二つ"}, set(), {"鍵は二つ"}, {"鍵は二つ"})
    assert (added.replaced, readings(kb)) == ("a.md", before)


def test_the_override_of_a_file_in_an_archive_follows_its_name(kb: KnowledgeBase) -> None:
    names = ("a.md", "b.md", "c.md")
    texts = {name: f"# {name}の会\n\n- {name}の話\n".encode() for name in names}
    kb.adder.add(packed(texts), "talks.zip")
    kb.collection.library.configure(with_overrides({"talks.zip!/a.md": MetadataOverride(event="会")}))

    kb.adder.add(packed({"0.md": b"# x\n\n- x\n", **texts, "a.md": "# 別の題\n\n- 直した\n".encode()}), "talks.zip")

    assert told(kb) == {"talks.zip!/a.md": "会"}


def test_a_different_export_of_the_same_name_is_written_next_to_the_first(kb: KnowledgeBase) -> None:
    kb.adder.add(export("鍵の会", "錠の会"), "export.txt")
    kb.adder.add(export("門の会"), "export.txt")

    assert sources(kb) == ["export-2.txt#1", "export.txt#1", "export.txt#2"]


def test_a_report_that_an_export_has_too_is_indexed_once_and_the_export_stays(kb: KnowledgeBase) -> None:
    kb.adder.add(export("鍵の会", "錠の会"), "blog.txt")
    kb.indexer.sync()
    added = kb.adder.add("# 鍵の会\n\n- 鍵の会の一\n- 鍵の会の二\n".encode(), "key.md")
    outcome = kb.indexer.sync()

    assert (added.replaced, [str(problem) for problem in outcome.problems]) == (
        None,
        ['key.md: the same post as "blog.txt#1"; indexed once'],
    )


@pytest.mark.parametrize(
    ("data", "given", "told"),
    [
        (
            export("鍵の会", "錠の会"),
            MetadataOverride(event="鍵の日"),
            "a.txt: holds 2 reports, but the metadata given is for one; ",
        ),
        (packed({"a.png": b"x"}), None, "a.txt: holds no report; nothing to add"),
        (b"PK\x03\x04 broken", None, "a.txt: a zip that is damaged; pack it again"),
        (export("鍵の会", status="Draft"), None, "a.txt#1: is a draft; "),
    ],
    ids=["given of one", "pictures", "damaged", "drafts"],
)
def test_a_container_without_reports_is_refused_in_one_line(
    kb: KnowledgeBase, data: bytes, given: MetadataOverride | None, told: str
) -> None:
    with pytest.raises(UnreadableError) as refused:
        kb.adder.add(data, "a.txt", given)

    assert (str(refused.value)[: len(told)], Library(kb.collection.library.path).holds_reports()) == (told, False)


def test_an_export_from_standard_input_gets_the_ending_of_its_kind(kb: KnowledgeBase) -> None:
    added = [
        kb.adder.add(data) for data in (export("鍵の会"), packed({"a.md": b"- x"}), b'{"pages": [{"lines": ["a"]}]}')
    ]

    assert [Path(one.source).name for one in added] == ["reports.txt", "reports.zip", "reports.json"]


def test_an_archive_may_be_longer_than_any_report_in_it(kb: KnowledgeBase) -> None:
    """As an export with pictures is: those lie beside the reports, and are left alone."""
    data = packed({"photo.png": bytes(MAX_REPORT_BYTES + 1), "memo.md": b"# a\n\n- x\n"})
    (kb.collection.library.path / "talks.zip").write_bytes(data)

    assert len(data) > MAX_REPORT_BYTES
    assert sources(kb) == ["talks.zip!/memo.md"]


@pytest.mark.parametrize(
    ("begins", "size", "told"), [(b"- x", MAX_REPORT_BYTES, "10 MB"), (b"PK\x03\x04", MAX_ARCHIVE_BYTES, "64 MB")]
)
def test_a_longer_archive_is_refused(tmp_path: Path, begins: bytes, size: int, told: str) -> None:
    with (tmp_path / "long").open("wb") as file:
        file.write(begins)
        file.truncate(size + 1)

    with pytest.raises(TooLongError, match=f"longer than {told}; divide it, or remove all but its text"):
        file_bytes(tmp_path / "long")

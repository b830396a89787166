"""The corrections and readings of a report follow its file when it is moved or renamed."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from kb.indexing.outcomes import SyncOutcome
from kb.knowledge_base import KnowledgeBase
from kb.report.model import LineReading, MetadataOverride
from kb.report.problems import LibraryError
from kb.storage.walk import readings_path
from kb.talks import line_keys, lines_of

REPORT = "# 箱の会 2019\n\n2019-05-06\n\n- 箱は二つに分ける\n- 鍵を必ず返す\n"
OTHER = "# 箱の会 2019\n\n2019-05-06\n\n- まったく別の人の記録\n- 門は閉まっていた\n"
TABLE = '[reports."a.md"] # 手で書いた\nevent = "名付けた会" # 看板どおり\n'
MOVED = {"a.md": "2019/b.md"}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library" / "2019").mkdir(parents=True)
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    (tmp_path / "library" / "kb.toml").write_text(TABLE, "utf-8")
    return tmp_path / "library"


def opened(library: Path) -> KnowledgeBase:
    return KnowledgeBase.open(library, library.parent / "index")


def synced(library: Path) -> SyncOutcome:
    return opened(library).indexer.sync()


def move(library: Path) -> None:
    (library / "a.md").rename(library / "2019" / "b.md")


def events(library: Path) -> dict[str, str | None]:
    return {entry.source: entry.event for entry in opened(library).browser.reports()}


def test_the_table_of_a_moved_report_gets_its_new_name_and_keeps_its_comments(library: Path) -> None:
    synced(library)
    move(library)
    outcome = synced(library)

    assert (outcome.moved, outcome.new, outcome.gone, events(library)) == (MOVED, 0, 0, {"2019/b.md": "名付けた会"})
    assert (library / "kb.toml").read_text("utf-8") == TABLE.replace('"a.md"', '"2019/b.md"')
    assert synced(library).moved == {}


@pytest.mark.parametrize(
    "written",
    [
        "[reports.'a.md']\nevent = '名付けた会'\n",
        "[reports]\n'a.md' = {event = '名付けた会'}\n",
        " [ reports . 'a.md' ]\nevent='名付けた会'\n",
    ],
)
def test_a_table_follows_however_it_is_written(library: Path, written: str) -> None:
    (library / "kb.toml").write_text(written, "utf-8")
    synced(library)
    move(library)

    assert (synced(library).moved, events(library)) == (MOVED, {"2019/b.md": "名付けた会"})
    assert opened(library).collection.configuration.overrides == {"2019/b.md": MetadataOverride("名付けた会")}


def test_what_assistants_read_follows(library: Path) -> None:
    kb = opened(library)
    kb.indexer.sync()
    key = line_keys(lines_of(kb.browser.outline(kb.browser.reports()[0].id).blocks))[-1]
    reading = LineReading(key, "someone", "2026-12-01T09:00:00Z", kind="question")
    kb.collection.library.keep_readings("a.md", lambda _: {key: reading})
    kb.indexer.sync()
    move(library)
    outcome, (entry,) = synced(library), opened(library).browser.reports()

    assert (outcome.moved, entry.read_by, (library / readings_path("a.md")).exists()) == (MOVED, {"someone": 1}, False)


def test_the_reports_of_a_moved_archive_are_followed(library: Path) -> None:
    with ZipFile(library / "talks.zip", "w") as archive:
        archive.writestr("memo.md", OTHER)
    (library / "kb.toml").write_text('[reports."talks.zip!/memo.md"]\nevent = "門の会"\n', "utf-8")
    synced(library)
    (library / "talks.zip").rename(library / "old.zip")

    assert synced(library).moved == {"talks.zip!/memo.md": "old.zip!/memo.md"}
    assert events(library) == {"a.md": "箱の会 2019", "old.zip!/memo.md": "門の会"}


def test_notes_corrected_under_an_id_of_the_old_name_stay_corrected(library: Path) -> None:
    (library / "c.md").write_text(OTHER, "utf-8")
    (library / "kb.toml").unlink()
    synced(library)
    entry = next(one for one in opened(library).browser.reports() if one.source == "a.md")
    note = opened(library).browser.report(entry.id)[1][0]
    (library / "kb.toml").write_text(f'[notes."{note.id}"]\nadd = ["sqs"]\n', "utf-8")
    synced(library)
    move(library)
    outcome = synced(library)

    assert (outcome.moved, opened(library).browser.note(note.id).services[0].service) == (MOVED, "sqs")


def test_a_move_is_previewed_and_nothing_is_written(library: Path) -> None:
    synced(library)
    move(library)
    preview = opened(library).indexer.preview_sync()

    assert preview
    assert (preview.counts, (library / "kb.toml").read_text("utf-8")) == ({"report": {"changed": 1}}, TABLE)


def test_equal_files_an_edited_file_and_a_name_with_a_table_are_not_taken_for_a_move(library: Path) -> None:
    synced(library)
    move(library)
    (library / "c.md").write_text(REPORT, "utf-8")
    twice = synced(library).moved
    (library / "c.md").unlink()
    (library / "2019" / "b.md").rename(library / "a.md")
    synced(library)
    move(library)
    (library / "2019" / "b.md").write_text(f"{REPORT}- 追記\n", "utf-8")
    edited = synced(library).moved
    (library / "2019" / "b.md").unlink()
    (library / "a.md").write_text(REPORT, "utf-8")
    synced(library)
    move(library)
    both = f'{TABLE}[reports."2019/b.md"]\nevent = "別の会"\n'
    (library / "kb.toml").write_text(both, "utf-8")

    assert (twice, edited, synced(library).moved, (library / "kb.toml").read_text("utf-8")) == ({}, {}, {}, both)


def test_a_file_that_cannot_be_read_for_now_has_not_moved(library: Path) -> None:
    synced(library)
    (library / "2019" / "b.md").write_text(REPORT, "utf-8")
    (library / "kb.toml").write_text(f'ignore = ["a.md"]\n\n{TABLE}', "utf-8")

    assert (synced(library).moved, '[reports."a.md"]' in (library / "kb.toml").read_text("utf-8")) == ({}, True)


def test_a_library_that_cannot_be_written_is_indexed_without_what_should_follow(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced(library)
    move(library)

    def refuse(*_: object) -> None:
        raise LibraryError("{0}: cannot be written", library)

    monkeypatch.setattr("kb.library.files.Library.configure", refuse)

    assert (synced(library).moved, events(library)) == ({}, {"2019/b.md": "箱の会 2019"})

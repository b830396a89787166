"""Events and people that a person says are one: every list, search and address sees one."""

from pathlib import Path

import pytest

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.library.configuration import parse
from kb.library.tables import ConfigurationError
from kb.report.names import SameNames, person_key
from kb.search.results import UnknownIdError

LONG = """# 鍵の会 2018 参加レポート

## 【A】10:00~10:30:サーバーと鍵の話

- 登壇者：山田 花子
- 鍵は二つ持つ
"""
SHORT = """# カギカイ 18 春

## 【A】10:00~10:30:サーバと鍵の話

- 登壇者：hanako_y、佐藤 次郎
- 予備の鍵は別の箱に置く
"""
OTHER = "# 箱の会 2019\n\n## 【A】10:00~10:30:箱の話\n\n- 登壇者：鈴木 三郎\n- 箱は二つ\n"
REPORTS = {"long.md": LONG, "short.md": SHORT, "other.md": OTHER}
EVENT = '[reports."long.md"]\nevent = "鍵の会 2018"\n[reports."short.md"]\nevent = "カギカイ 18"\n'
MERGED = '[events]\n"カギカイ 18" = "鍵の会 2018"\n[people]\nhanako_y = "山田 花子"\n'


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    for name, text in REPORTS.items():
        (tmp_path / "library" / name).write_text(text, "utf-8")
    return tmp_path / "library"


def synced(library: Path, configuration: str) -> KnowledgeBase:
    (library / "kb.toml").write_text(EVENT + configuration, "utf-8")
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    return kb


def seen(kb: KnowledgeBase) -> dict[str, object]:
    """Return what lists, facets and notes of a library say of its events and people."""
    directory = kb.browser.directory()
    answer = kb.searcher.search(Query(facets=("event", "speaker", "talk"), limit=None, sort="position"))
    return {
        "events": {event.name: len(event.reports) for event in directory.events.values()},
        "series": sorted(series.name for series in directory.series.values()),
        "speakers": {speaker.name: len(speaker.talks) for speaker in directory.speakers.values()},
        "facets": {key: {one.label: one.count for one in counts} for key, counts in answer.facets.items()},
        "notes": [
            (hit.note.text, hit.note.event, hit.note.talk and hit.note.talk.speakers)
            for hit in answer.hits
            if "登壇者" not in hit.note.text
        ],
    }


def test_merged_names_are_one_event_one_person_and_one_talk(library: Path) -> None:
    kb = synced(library, MERGED)

    assert seen(kb) == {
        "events": {"箱の会 2019": 1, "鍵の会 2018": 2},
        "series": ["箱の会", "鍵の会"],
        "speakers": {"山田 花子": 1, "佐藤 次郎": 1, "鈴木 三郎": 1},
        "facets": {
            "event": {"鍵の会 2018": 4, "箱の会 2019": 2},
            "speaker": {"山田 花子": 4, "佐藤 次郎": 2, "鈴木 三郎": 2},
            "talk": {"サーバーと鍵の話": 4, "箱の話": 2},
        },
        "notes": [
            ("鍵は二つ持つ", "鍵の会 2018", ("山田 花子",)),
            ("箱は二つ", "箱の会 2019", ("鈴木 三郎",)),
            ("予備の鍵は別の箱に置く", "鍵の会 2018", ("山田 花子", "佐藤 次郎")),
        ],
    }


def test_addresses_of_merged_names_lead_to_the_one(library: Path) -> None:
    before = synced(library, "")
    (talk,) = before.browser.event("カギカイ-18").talks
    series = before.browser.event("カギカイ-18").series
    browser = synced(library, MERGED).browser

    assert (
        browser.event("カギカイ-18").name,
        browser.series(series).name,
        browser.speaker("hanako_y").name,
        browser.note_takers(talk.talk.id)[0].talk.title,
    ) == ("鍵の会 2018", "鍵の会", "山田 花子", "サーバーと鍵の話")


@pytest.mark.parametrize(
    "query",
    [
        Query().select("event", "カギカイ-18"),
        Query().select("speaker", "hanako_y"),
        Query("event:カギカイ18"),
        Query("speaker:HANAKO_Y"),
    ],
)
def test_searches_for_a_merged_name_still_find(library: Path, query: Query) -> None:
    kb = synced(library, MERGED)

    assert kb.searcher.search(query).total == 4


@pytest.mark.parametrize("words", ["hanako_y", "ＨＡＮＡＫＯ_y", "カギカイ 18"])
def test_the_words_of_a_merged_name_find_all_notes_under_the_other_name(library: Path, words: str) -> None:
    kb = synced(library, MERGED)

    assert kb.searcher.search(Query(words)).total == 4


def test_options_and_feeds_take_a_merged_name(library: Path) -> None:
    kb = synced(library, MERGED)
    query = kb.searcher.narrowed(Query(), {"event": ["カギカイ 18"], "speaker": ["hanako_y"]})
    entries = kb.updates.entries(Query().select("event", "カギカイ-18"))

    assert (query.selections, len(entries)) == (
        (("event", ("鍵の会-2018",)), ("speaker", ("山田 花子",))),
        4,
    )


def test_the_name_in_the_report_still_finds_its_talk(library: Path) -> None:
    kb = synced(library, '[people]\n"佐藤 次郎" = "さとじ"\n')

    assert [found.talk.title for found in kb.searcher.search(Query("佐藤 次郎")).talks] == ["サーバと鍵の話"]


def test_split_again_every_name_is_as_before(library: Path) -> None:
    before = seen(synced(library, ""))
    synced(library, MERGED)

    assert seen(synced(library, "")) == before


@pytest.mark.parametrize(
    "later",
    [
        '[people]\nhanako_y = "山田 花子"\n"山田 花子" = "花子"\n',
        '[people]\nhanako_y = "佐藤 次郎"\n',
        '[people]\n"佐藤 次郎" = "山田 花子"\n',
        '[events]\n"カギカイ 18" = "鍵の会 2018"\n"鍵の会 2018" = "箱の会 2019"\n',
    ],
)
def test_a_sync_after_a_change_makes_what_a_new_index_has(library: Path, later: str) -> None:
    synced(library, MERGED)
    changed = synced(library, later)
    entries, told = changed.browser.reports(), seen(changed)
    new = KnowledgeBase.open(library, library.parent / "new")
    new.indexer.sync()

    assert (entries, told) == (new.browser.reports(), seen(new))


def test_only_reports_with_a_changed_name_are_written_again(library: Path) -> None:
    before = synced(library, "")
    runs = {entry.source: entry for entry in before.browser.reports()}
    difference = KnowledgeBase.open(library, library.parent / "index").indexer.preview_sync()
    (library / "kb.toml").write_text(EVENT + MERGED, "utf-8")
    difference = before.indexer.sync().difference

    assert difference
    assert ([report.source for report in difference.reports], runs["other.md"] in before.browser.reports()) == (
        ["short.md"],
        True,
    )


def test_all_spellings_of_a_merged_name_are_merged() -> None:
    configuration = parse('[events]\n"鍵の会 第5回" = "鍵の集い #5"\n[people]\n"山田花子" = "はなこ"\n'.encode())

    assert (configuration.events.shown("鍵の会#5"), configuration.people.shown("山田 花子")) == (
        "鍵の集い #5",
        "はなこ",
    )


def test_chains_are_followed_to_their_end() -> None:
    names = SameNames(person_key, {"a": "b", "b": "c"})

    assert ([*map(names.shown, "abcd")], names.merged("c"), names.merged("b")) == (list("cccd"), ("a", "b"), ())


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ('"い" = "ろ"\n"ろ" = "い"', "'い' and 'ろ'"),
        ('"い" = "ろ"\n"ろ" = "は"\n"は" = "い"', "'い' and 'ろ'"),
        ('"い" = "ろ"\n"ろ" = "は"\n"は" = "ろ"', "'ろ' and 'は'"),
        ('"山田花子" = "い"\n"山田 花子" = "ろ"', "'山田花子' and '山田 花子'"),
    ],
)
def test_a_circle_is_an_error_with_both_names(lines: str, named: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse(f"[people]\n{lines}\n".encode())

    assert str(raised.value) == f"[people]: {named} lead to each other, or are one name; take one out"


def test_another_spelling_may_be_chosen_for_a_name() -> None:
    names = SameNames(person_key, {"山田花子": "山田 花子"})

    assert (names.shown("山田花子"), names.shown("山田 花子"), names.circle()) == ("山田 花子", "山田 花子", None)


def test_an_unknown_event_or_speaker_is_still_unknown(library: Path) -> None:
    browser = synced(library, MERGED).browser

    with pytest.raises(UnknownIdError):
        browser.event("まだない会")
    with pytest.raises(UnknownIdError):
        browser.speaker("まだいない人")


def test_a_value_that_is_longer_than_any_name_leads_nowhere(library: Path) -> None:
    contents = synced(library, "").collection.contents()
    assert contents

    assert contents.current_value("event", "1" * 100_000) == "1" * 100_000

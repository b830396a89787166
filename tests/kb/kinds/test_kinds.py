"""What kind of note each note is."""

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import Analyzer
from kb.kinds import classify
from kb.kinds.classify import likely, settled, weights
from kb.kinds.evidence import KINDS, evidence
from kb.kinds.patterns import pattern, stands_at
from kb.kinds.rules import findings
from kb.kinds.sentences import READ_SO_FAR, sentences
from kb.kinds.table import PLACES, Rule, table
from kb.readers.formats import read_outline
from kb.report.model import Correction, Report
from kb.services.tagger import tag
from kb.talks import report_of
from kb.understanding import Tools

SEED = Path(__file__).parents[3] / "../shared/seeds/jaws-days-2018.txt"
ANALYZER = Analyzer()


def read(text: str, source: str = "report.md") -> tuple[Report, dict[str, tuple[object, ...]]]:
    report = report_of(read_outline(text.encode(), source))
    return report, {note.text: ANALYZER.morphemes(note.text) for note in report.notes}


def kinds(markdown: str) -> list[str]:
    """The kinds of notes by the rules alone: what speaks most for each."""
    return [finding.rule.kind for finding in findings(*read(f"# 勉強会のメモ\n\n{markdown}")).values()]


def said(text: str) -> list[str]:
    """The sentences of a text as their surfaces, an aside in brackets."""
    found = sentences(text, ANALYZER.morphemes(text))
    ends = [*(sentence.begin for sentence in found[1:]), len(text)]
    pieces = [text[sentence.begin : end] for sentence, end in zip(found, ends, strict=True)]
    return [f"[{piece}]" if sentence.aside else piece for piece, sentence in zip(pieces, found, strict=True)]


@pytest.mark.parametrize("rule", table().rules, ids=lambda rule: rule.name)
def test_each_rule_decides_its_example(rule: Rule) -> None:
    text = f"# 勉強会のメモ\n\n{rule.example}\n"
    example = re.sub(r"^( *)\*", r"\1-", text, flags=re.MULTILINE)
    shown = next(number for number, line in enumerate(text.split("\n"), 1) if line.lstrip().startswith("*"))
    report, analysis = read(example)
    found = findings(report, analysis)

    assert [found[note.id].rule.name for note in report.notes if note.line == shown] == [rule.name]


def test_rules_have_names_of_their_own() -> None:
    names = [rule.name for rule in table().rules]

    assert len(set(names)) == len(names)


def test_a_label_has_children_and_a_bare_noun_completes_what_its_parent_says() -> None:
    assert kinds("- 監視\n  - どの指標を見る?\n    - 応答時間\n  - ログ\n") == [
        "label",
        "question",
        "statement",
        "label",
    ]


def test_the_same_words_are_a_problem_among_the_troubles() -> None:
    statement = "- 準備に時間を取られる人が多い\n"

    assert kinds(statement) + kinds(f"## 反省\n\n{statement}") == ["statement", "problem"]


def test_what_begins_with_a_service_has_no_code_of_a_talk() -> None:
    report, analysis = read("- S3 のバケットは公開しない\n- A3 のバケットは公開しない\n")
    tagged = tag(report, Tools().domain)

    assert [finding.rule.kind for finding in findings(tagged, analysis).values()] == ["statement", "label"]


def test_what_stands_in_parentheses_is_the_note_takers_own_voice() -> None:
    assert kinds("- 上限を決める(面白い)\n- (面白い)\n") == ["advice", "impression"]


def test_a_number_in_an_address_is_no_figure() -> None:
    assert kinds("- 資料: https://example.com/40つ\n- 定員40人\n") == ["label", "statement"]


@pytest.mark.parametrize(("noun", "kind"), [("設定不要", "statement"), ("設定方針", "label")])
def test_a_noun_that_predicates_makes_a_statement(noun: str, kind: str) -> None:
    assert kinds(f"- {noun}\n") == [kind]


def test_steps_are_no_remedy() -> None:
    assert kinds("- 上限問題 -> キューで受ける\n- 上限問題 -> 受付 -> 配信\n") == ["advice", "problem"]


def test_a_text_is_cut_at_marks_arrows_and_parentheses() -> None:
    assert said("遅い。-> 分ける(例: S3) とよい") == ["遅い。->", " 分ける(", "[例:]", "[ S3)]", " とよい"]


def test_politeness_and_what_rounds_a_sentence_off_say_nothing() -> None:
    words = [
        sentences(text, ANALYZER.morphemes(text))[0].words
        for text in ("上限を決める", "上限を決めますね。", "上限を決めるとか", "上限を決めると思います")
    ]

    assert [[min(word, key=lambda key: key.startswith("<")) for word in each] for each in words] == [
        ["上限", "を", "決める"]
    ] * 4


@pytest.mark.parametrize(("text", "can"), [("使える", True), ("作れる", True), ("見れる", True), ("決める", False)])
def test_a_verb_that_says_can_is_told_from_its_like(text: str, *, can: bool) -> None:
    word = sentences(text, ANALYZER.morphemes(text))[0].words[0]

    assert ("<可能>" in word) is can


@given(st.lists(st.sampled_from(["", "S3", "遅い", "。", "->", "(", ")", "?", "https://a.b", "決める", "問題", "\n"])))
def test_every_text_gets_a_kind(parts: list[str]) -> None:
    text = " ".join(parts)
    report, _ = read("- S3\n")
    note = report.notes[0]
    renamed = type(note)(**{f: getattr(note, f) for f in note.__slots__} | {"text": text})
    changed = type(report)(**{f: getattr(report, f) for f in report.__slots__} | {"notes": (renamed,)})

    assert len(classify(changed, {text: ANALYZER.morphemes(text)}).notes) == 1


@pytest.mark.parametrize("text", ["遅い。" * 5_000, "あ" * 10_000, "1," * 5_000, "ので遅い" * 2_000])
def test_of_a_text_of_any_length_the_beginning_tells_the_kind(text: str) -> None:
    assert kinds(f"- {text}\n") == kinds(f"- {text[:READ_SO_FAR]}\n")


def test_no_more_sentences_are_looked_at_than_the_beginning_has() -> None:
    text = "遅い。" * 5_000

    assert len(sentences(text, ANALYZER.morphemes(text))) == READ_SO_FAR / len("遅い。")


WORDS = [frozenset({"S3"}), frozenset({"を"}), frozenset({"使う", "<動詞>"})]


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_the_book_finds_what_a_search_through_all_patterns_finds(words: list[frozenset[str]]) -> None:
    book = type(table().book)()
    texts = ["S3", "を <動詞>", "使う|S3 を", "S3 * 使う<動詞>"]
    for text, position in itertools.product(texts, ("starts", "has", "ends")):
        book.add(f"{position} {text}", position, [pattern(text)])
    places = {"starts": [0], "has": range(len(words)), "ends": None}

    assert book.names_in(words) == {
        f"{position} {text}"
        for text, position in itertools.product(texts, places)
        for at in ([len(words) - len(pattern(text))] if position == "ends" else places[position])
        if stands_at(pattern(text), words, at)
    }


def test_a_kind_comes_with_how_sure_it_is_and_every_note_with_how_like_advice_it_is() -> None:
    notes = classify(
        *read("# 会\n\n- 監視\n  - どの指標を見る?\n  - 失敗は必ず通知しましょう\n  - 応答に一秒かかる\n")
    ).notes
    likest = max(notes, key=lambda note: note.advice)

    assert [note.kind for note in notes] == ["label", "question", notes[2].kind, "statement"]
    assert likest.text == "失敗は必ず通知しましょう"
    assert all(0 < note.sure <= 1 and 0 <= note.advice <= 1 for note in notes)


def test_advice_and_problems_are_called_so_only_from_their_bar_on() -> None:
    how_likely = {"advice": 0.4, "problem": 0.3, "question": 0.0, "statement": 0.1, "impression": 0.0, "label": 0.2}

    assert settled(how_likely, {"advice": 0.5}) == ("statement", pytest.approx(0.8))
    assert settled(how_likely, {"advice": 0.4}) == ("advice", 0.4)


def test_a_kind_told_by_hand_wins() -> None:
    report, analysis = read("- 監視\n  - ログ\n")
    told = {report.notes[1].id: Correction(kind="advice")}
    note = classify(report, analysis, told).notes[1]

    assert (note.kind, note.sure, note.advice) == ("advice", 1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [("課題: 同じ通知が二度届く", True), ("デメリット：権限が要る", True), ("課題:", False), ("課題は通知の数", False)],
)
def test_what_its_writer_calls_a_trouble_is_one(text: str, *, trouble: bool) -> None:
    (note,) = classify(*read(f"# 勉強会のメモ\n\n- {text}")).notes
    assert (note.kind == "problem") == trouble


def test_the_weights_name_evidence_that_there_is() -> None:
    names = set(weights()[0])
    rules, places = {f"rule {rule.name}" for rule in table().rules}, {f"at {place}" for place in PLACES}
    told = {f"{where} {kind}" for where in ("kind", "beside", "over") for kind in KINDS}

    assert {name for name in names if name.startswith(("rule ", "at ", "kind ", "over "))} <= rules | places | told


def test_how_likely_the_kinds_are_adds_up_to_one() -> None:
    report, analysis = read("- S3\n  - 遅い?\n  - 安い\n")

    assert [sum(each.values()) for each in likely(evidence(report, analysis))] == [pytest.approx(1)] * 3


@pytest.mark.skipif(not SEED.exists(), reason="the shared seed report is not here")
def test_the_seed_has_each_kind_where_it_is_plain() -> None:
    report, analysis = read(SEED.read_text("utf-8"), SEED.name)
    found = {note.line: note.kind for note in classify(report, analysis).notes}

    assert {line: found[line] for line in (50, 63, 108, 124, 174)} == {
        50: "label", 63: "question", 108: "statement", 124: "statement", 174: "statement",
    }  # fmt: skip


def test_advice_in_prose_is_badged_in_no_case_and_keeps_its_place_in_the_order() -> None:
    text = "権限を絞るために必ず設定を確認する必要がある"
    bullet, prose = (
        classify(*read(f"# 勉強会のメモ\n\n## 運用のコツ\n\n{mark}{text}\n")).notes[0] for mark in ("- ", "")
    )

    assert (bullet.kind, prose.kind, prose.type) == ("advice", "statement", "paragraph")
    assert prose.advice > 0.5

"""The domain in kb.toml, and the errors for invalid values."""

import re
import sys
from pathlib import Path

import pytest

from index.text import skeleton
from kb.library.configuration import parse, parse_whole
from kb.library.rewriting import with_override
from kb.library.tables import ConfigurationError
from kb.report.model import MetadataOverride
from kb.services import Domain, changed_services, domain, domain_names


def own(text: str) -> Domain:
    return parse(text.encode()).domain


def test_an_empty_configuration_has_the_default_domain() -> None:
    assert own("") == domain()


@pytest.mark.parametrize("name", domain_names())
def test_a_domain_is_chosen_by_its_name(name: str) -> None:
    assert own(f'domain = "{name}"') == domain(name)


def test_own_categories_come_last_and_may_rename_those_of_the_domain() -> None:
    usual = domain().catalogue.categories
    first = next(iter(usual))

    labels = own(f'[categories]\nhouse = "社内"\n{first} = "計算"').catalogue.categories

    assert list(labels.items()) == [*{**usual, first: "計算"}.items(), ("house", "社内")]


def found_as(text: str, *surfaces: str) -> list[str]:
    """Return the normal form of each word."""
    words = {word.surface: word.normalized for word in own(text).words}
    return [words[surface] for surface in surfaces]


def test_own_words_join_a_word_of_the_domain() -> None:
    assert found_as('[words]\n"やり直し" = ["retry", "再挑戦"]', "やり直し", "再挑戦", "リトライ") == ["retry"] * 3


def test_own_words_join_two_words_of_the_domain() -> None:
    text = '[words]\n"retry" = ["rollback"]\n"canary" = ["リトライ"]'

    assert len(set(found_as(text, "リトライ", "ロールバック", "カナリア", "canary"))) == 1


def test_own_words_join_the_name_of_a_service() -> None:
    assert found_as('[words]\n"待ち行列" = ["SQS"]', "待ち行列", "SQS") == ["sqs", "sqs"]


A_WORD = '[words]\n"冪等" = '
A_SERVICE = "[services.portal]\nname = 'Portal'\ncategory = 'compute'\n"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a = [", "Invalid value (at end of document)"),
        ("\na = 1 2", "Expected newline or end of document after a statement (at line 2, column 7)"),
        (
            "services = 1",
            'services cannot be 1; write tables like [services.portal], with name = "…" and category = "…"',
        ),
        (
            "[catagories]",
            (
                "unknown key 'catagories' (did you mean 'categories'?); "
                "known are domain, ignore, keep_not_found, embedding, engine, reports, talks, notes, events, people, "
                "different, lessons, feeds, searches, categories, services, words"
            ),
        ),
        ('domain = "gcp"', "domain cannot be 'gcp'; write one of aws, none"),
        ("domain = 1", 'domain cannot be 1; write the name of a domain in quotes, or "none"'),
        ("domain = []", 'domain cannot be []; write the name of a domain in quotes, or "none"'),
        ("categories = 1", 'categories cannot be 1; write lines like house = "社内" below [categories]'),
        (
            "[categories]\nhouse = 1",
            '[categories] house cannot be 1; write lines like house = "社内" below [categories]',
        ),
        (
            '[categories]\nhouse = "a\\u001b"',
            "[categories] house cannot be 'a\\x1b': it holds a control character; leave that out",
        ),
        ('[categories]\nhouse = " "', "[categories] house cannot be ' '; a name has 1 to 100 characters"),
        (
            "words = 1",
            'words cannot be 1; write lists of other spellings, as "冪等" = ["べきとう", "idempotent"] below [words]',
        ),
        (f'{A_WORD}"べき"', '[words] "冪等" cannot be \'べき\'; write a list of texts, as in ["sqs"]'),
        (f"{A_WORD}[1]", '[words] "冪等" cannot hold 1; write a list of texts, as in ["sqs"]'),
        (f'{A_WORD}[""]', "[words] \"冪等\" cannot be ''; a name has 1 to 100 characters"),
        (f'{A_WORD}["a\\n"]', "[words] \"冪等\" cannot be 'a\\n': it holds a control character; leave that out"),
        (
            '[words]\n"a\\u202e" = []',
            "[words] \"a\\u202e\" cannot be 'a\\u202e': it holds a control character; leave that out",
        ),
        (
            f"{A_SERVICE}aliases = 'P'",
            "[services.portal] aliases cannot be 'P'; write a list of texts, as in [\"sqs\"]",
        ),
        (f"{A_SERVICE}aliases = [1]", '[services.portal] aliases cannot hold 1; write a list of texts, as in ["sqs"]'),
        (f"{A_SERVICE}aliases = ['-']", "[services.portal] aliases cannot be '-'; a name has 1 to 100 characters"),
        (
            f"{A_SERVICE}aliases = ['{'P' * 101}']",
            f"[services.portal] aliases cannot be '{'P' * 99}…; a name has 1 to 100 characters",
        ),
        (
            "domain = 'none'\n[services.portal]\nname = 'Portal'\ncategory = 'rooms'\n[categories]\nhouse = '社内'",
            "[services.portal] unknown category 'rooms'; known are house",
        ),
        (
            '[reports."a"]\nevent = "\\u0007"',
            "[reports.a] event cannot be '\\x07': it holds a control character; leave that out",
        ),
        (
            '[reports."a\\u001b"]\nday = 1',
            "[reports.\"a\\x1b\"] has unknown key 'day'; known are event, date, published, url, former",
        ),
        (f"{'a.' * 20_000}a = 1", "line 1 has a key of more than 16 parts; put names with dots in quotes"),
        (f"\n[{'a . ' * 20_000}a]", "line 2 has a key of more than 16 parts; put names with dots in quotes"),
        (f"a = {'[' * 100_000}", "lists or tables are nested too deeply; no key holds more than a list"),
        (f"a = {'1' * 10_000}", "a number has more digits than Python reads; put it in quotes"),
    ],
)
def test_an_invalid_value_is_reported_with_its_place_and_the_remedy(text: str, wrong: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_whole(text.encode())

    assert str(error.value) == wrong


def test_a_written_override_can_be_read_again() -> None:
    written = with_override(b"", "a.md", MetadataOverride(event="\x1b夜の\n会👩\u200d💻", held_on="2018"))

    assert parse(written).overrides == {"a.md": MetadataOverride(event="夜の 会👩\u200d💻", held_on="2018")}


def test_a_line_that_is_not_utf8_is_reported() -> None:
    with pytest.raises(ConfigurationError, match="line 2 is not UTF-8; save the file as UTF-8"):
        parse(b"# a\ndomain = '\x83'")


def test_a_byte_order_mark_is_ignored() -> None:
    assert parse(b"\xef\xbb\xbfdomain = 'none'").domain == Domain()


def test_no_code_has_the_name_of_a_domain() -> None:
    rooms = [Path(__file__).parents[3] / room for room in ("index", "kb", "webui")]
    code = {path: path.read_text("utf-8") for room in rooms for path in room.rglob("*.py")}

    assert [path for path, text in code.items() for name in domain_names() if re.search(rf"[\"']{name}\b", text)] == []


PORTAL = '[services.portal]\nname = "Batch Portal"\ncategory = "compute"\n'


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("", PORTAL, {"portal"}),
        (PORTAL, "", {"portal"}),
        (PORTAL, f'{PORTAL}against = ["駅"]\n', {"portal"}),  # without any changed word
        (PORTAL, f'{PORTAL}[words]\n"portal" = ["玄関"]\n', {"portal"}),
        (PORTAL, f'{PORTAL}[words]\n"冪等" = ["べきとう"]\n', set()),
    ],
)
def test_a_service_changes_with_its_keys_and_with_the_words_of_its_name(
    before: str, after: str, changed: set[str]
) -> None:
    assert changed_services(own(before), own(after)) == changed


def test_each_changed_word_is_folded_once_for_all_services(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"言葉{number}" for number in range(200)]
    before, after = own(""), own("[words]\n" + "".join(f'"{word}" = []\n' for word in words))
    folded = list[str]()

    def counted(text: str) -> str:
        folded.append(text)
        return skeleton(text)

    monkeypatch.setattr(sys.modules[Domain.__module__], "skeleton", counted)
    changed_services(before, after)

    assert len(folded) <= len(words) + len(after.catalogue.services)

"""Addresses: a search as a URL and back."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query import Query
from index.query_parser import MAX_CHARACTERS
from kb.services import domain
from webui.http.address import (
    GROUPS,
    LAST_PAGE,
    MAX_VALUE_LENGTH,
    MAX_VALUES,
    PAGE_SIZE,
    Unread,
    address_of,
    at_page,
    page_address,
    page_of,
    query_of,
    resolved,
)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
selections = st.lists(st.tuples(st.sampled_from(GROUPS), words.filter(bool)), max_size=6)


def read(address: str) -> Query:
    return query_of(parse_qsl(address.partition("?")[2]))[0]


@given(words, selections, st.sampled_from(["relevance", "new"]), st.integers(1, 9999))
def test_an_address_gives_back_its_search(text: str, selected: list[tuple[str, str]], sort: str, page: int) -> None:
    query, unread = query_of([("q", text), *selected, ("sort", sort), ("page", str(page))])

    assert (read(address_of(query)), unread) == (query, ())


@given(st.lists(st.tuples(st.sampled_from((*GROUPS, "q", "sort", "page", "other")), words), max_size=8))
def test_any_address_is_a_search(pairs: list[tuple[str, str]]) -> None:
    query, _ = query_of(pairs)

    assert read(address_of(query)) == query


def test_the_order_of_the_keys_does_not_matter() -> None:
    addresses = ["/?service=sqs&q=冪等&service=lambda&kind=advice", "/?q=冪等&kind=advice&service=lambda&service=sqs"]

    assert {address_of(read(address)) for address in addresses} == {
        "/?q=%E5%86%AA%E7%AD%89&service=lambda&service=sqs&kind=advice"
    }


def test_all_of_the_services_can_be_wanted_and_steps_refused() -> None:
    query = read("/?q=a&service=sqs&service=sns&match=all&without=near&without=sound")

    assert (query.match_all, query.without) == (("service",), ("sound", "near"))
    assert address_of(query) == "/?q=a&service=sns&service=sqs&match=all&without=sound&without=near"


def test_the_page_is_a_window_and_another_filter_returns_to_the_first() -> None:
    query = read("/?q=a&page=3")

    assert (query.offset, query.limit, address_of(query.toggle("service", "sqs"))) == (
        2 * PAGE_SIZE,
        PAGE_SIZE,
        "/?q=a&service=sqs",
    )


@pytest.mark.parametrize("name", ["..", ".", "/a", "a/", "a//b", "a/../b"])
def test_a_speaker_whom_no_path_can_name_is_searched_for(name: str) -> None:
    assert read(page_address("speaker", name)) == Query().select("speaker", name)


def test_a_speaker_has_a_page_by_name() -> None:
    assert [page_address("speaker", name) for name in ("a/b", "a.b", "..b")] == [
        "/speaker/a/b",
        "/speaker/a.b",
        "/speaker/..b",
    ]


def test_all_notes_have_an_address_of_their_own() -> None:
    assert address_of(Query()) == "/?q="


@pytest.mark.parametrize(
    "pair",
    [
        ("page", "0"),
        ("page", "x"),
        ("page", "９"),
        ("page", "0000000019999999"),
        ("sort", "oldest"),
        ("match", "some"),
        ("without", "x"),
        ("colour", "red"),
        ("", "red"),
    ],
)
def test_what_means_nothing_is_named(pair: tuple[str, str]) -> None:
    query, unread = query_of([("q", "a"), pair])

    assert (query, unread) == (Query("a"), (Unread(*pair),))


def test_match_all_without_words_is_a_search_of_its_own() -> None:
    assert read("/?match=all") == Query(match_all=("service",))
    assert read("/?match=all&match=any") == Query()
    assert address_of(Query(match_all=("service",))) == "/?match=all"


def test_of_what_is_told_once_the_last_counts() -> None:
    query = read("/?q=a&q=+b+&sort=new&sort=relevance&page=2&page=3")

    assert query == Query("b", offset=2 * PAGE_SIZE)


@pytest.mark.parametrize("pair", [("lang", "en"), ("lang", ""), ("done", "x"), ("other", ""), ("service", "")])
def test_what_is_no_part_of_a_search_is_passed_over(pair: tuple[str, str]) -> None:
    assert query_of([pair, ("q", "a")]) == (Query("a"), ())


def test_a_query_is_cut_one_character_too_long_so_that_the_cut_is_told() -> None:
    assert len(read("/?q=" + "a" * (MAX_CHARACTERS + 9)).text) == MAX_CHARACTERS + 1


def test_only_the_script_tells_that_one_is_typing() -> None:
    query, unread = query_of([("typing", "1"), ("typing", "2")])

    assert (query, unread, address_of(query)) == (Query(typing=True), (Unread("typing", "2"),), "/?q=")


@pytest.mark.parametrize(("page", "read_as"), [("1", 1), ("007", 7), (str(LAST_PAGE), LAST_PAGE)])
def test_a_page_is_counted_from_one(page: str, read_as: int) -> None:
    query, unread = query_of([("page", page)])

    assert (query.offset, page_of(query), unread) == ((read_as - 1) * PAGE_SIZE, read_as, ())
    assert at_page(Query(), read_as) == query


@pytest.mark.parametrize("page", [str(LAST_PAGE + 1), "-1", "", "1 ", "²"])
def test_a_page_beyond_the_last_is_none(page: str) -> None:
    query, unread = query_of([("page", page)])

    assert (query, unread) == (Query(), (Unread("page", page),) if page else ())


def test_the_first_values_count_and_the_others_are_counted() -> None:
    values = [("talk", f"{number:02}") for number in range(MAX_VALUES + 2)]

    query, unread = query_of(values)

    assert query.selected("talk") == tuple(value for _, value in values[:MAX_VALUES])
    assert unread == (Unread(None, "2"),)
    assert query_of([("x", "y")] * MAX_VALUES + values[:1]) == (
        Query(),
        (*[Unread("x", "y")] * MAX_VALUES, Unread(None, "1")),
    )


def test_a_value_that_is_too_long_is_named_by_its_beginning() -> None:
    longest = "a" * MAX_VALUE_LENGTH

    assert query_of([("talk", longest)])[0].selected("talk") == (longest,)
    assert query_of([("talk", f"{longest}b"), (f"{longest}c", "d")]) == (
        Query(),
        (Unread("talk", longest), Unread(longest, "d")),
    )


def test_services_are_resolved_whatever_they_are_called_and_the_page_stays() -> None:
    query = read("/?q=a&page=3&service=S3&service=zz-nobody")

    assert resolved(query, domain().catalogue) == read("/?q=a&page=3&service=s3&service=zz-nobody")


def test_an_address_has_one_order_and_only_what_is_not_usual() -> None:
    query = read("/?page=2&sort=old&without=near&match=all&kind=advice&service=sqs&service=lambda&q=a+b")

    assert (
        address_of(query) == "/?q=a%20b&service=lambda&service=sqs&kind=advice&match=all&without=near&sort=old&page=2"
    )


def test_a_page_of_a_thing_is_named_after_it() -> None:
    assert page_address("talk", "会/1 ?") == "/talk/%E4%BC%9A/1%20%3F"

"""Addresses: a search as a URL and back."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query import Query
from webui.address import GROUPS, PAGE_SIZE, Unread, address_of, page_address, query_of

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
    query = read("/?q=a&service=sqs&service=sns&match=all&without=some&without=sound")

    assert (query.every, query.without) == (("service",), ("sound", "some"))
    assert address_of(query) == "/?q=a&service=sns&service=sqs&match=all&without=sound&without=some"


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

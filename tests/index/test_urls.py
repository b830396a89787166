"""Addresses and numbers, as anybody may write them: a value or None, and never an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.urls import url_parts, web_parts, whole_number

BROKEN = (
    "http://[",
    "http://]",
    "//[",
    "https://[::1",
    "http://a:x",
    "http://a:99999999",
    "http://[v]",
    "http://a\u2100b",
)
NO_WEB = (
    "",
    "x",
    "/",
    ":x",
    "http:",
    "http://",
    "https:///a",
    "ftp://a",
    "javascript:x",
    "//example.com",
    "http://:80/",
)


@pytest.mark.parametrize("text", BROKEN)
def test_what_python_raises_errors_for_has_no_parts(text: str) -> None:
    assert (url_parts(text), web_parts(text)) == (None, None)


@pytest.mark.parametrize("text", NO_WEB)
def test_what_names_no_host_of_the_web_is_no_address_of_it(text: str) -> None:
    assert (url_parts(text) is None, web_parts(text)) == (False, None)


def test_the_parts_of_an_address_are_those_that_it_has() -> None:
    parts = web_parts("https://[::1]:9200/a?b=c")

    assert parts is not None
    assert (parts.hostname, parts.port, parts.path, parts.query) == ("::1", 9200, "/a", "b=c")


@given(st.text() | st.text("htp:/[]@.%x0٣"))
def test_no_text_is_too_odd_for_an_address(text: str) -> None:
    parts = url_parts(text)

    assert parts is None or parts.port is None or 0 <= parts.port < 1 << 16


def test_a_number_has_plain_digits_and_is_no_more_than_there_may_be() -> None:
    told = (
        "0",
        "7",
        "007",
        "100",
        "101",
        "0000000007",
        "0" * 5000 + "1",
        "9" * 5000,
        "",
        "-1",
        "+1",
        " 1",
        "1_0",
        "1.0",
        "２",
        "²",
        "٣",
    )

    assert [whole_number(text, 100) for text in told] == [0, 7, 7, 100] + [None] * 13

"""Parsing of URLs and numbers written by anybody: a value or None, never an error."""

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
def test_a_malformed_url_has_no_parts(text: str) -> None:
    assert (url_parts(text), web_parts(text)) == (None, None)


@pytest.mark.parametrize("text", NO_WEB)
def test_a_url_without_http_and_a_host_is_not_a_web_address(text: str) -> None:
    assert (url_parts(text) is None, web_parts(text)) == (False, None)


def test_the_parts_of_a_url() -> None:
    parts = web_parts("https://[::1]:9200/a?b=c")

    assert parts is not None
    assert (parts.hostname, parts.port, parts.path, parts.query) == ("::1", 9200, "/a", "b=c")


@given(st.text() | st.text("htp:/[]@.%x0٣"))
def test_any_text_can_be_parsed(text: str) -> None:
    parts = url_parts(text)

    assert parts is None or parts.port is None or 0 <= parts.port < 1 << 16


def test_a_number_has_ascii_digits_and_does_not_exceed_the_maximum() -> None:
    texts = (
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

    assert [whole_number(text, 100) for text in texts] == [0, 7, 7, 100] + [None] * 13

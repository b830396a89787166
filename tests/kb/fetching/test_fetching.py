"""Fetching a page: errors are one-line messages, and fetched pages stay readable."""

import gzip
import itertools
import zlib
from collections.abc import Iterator
from ipaddress import IPv4Address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web import EveryHostIsHere, answer, redirect, serving

from kb.fetching import Fetched, Fetcher, Limits
from kb.fetching.network import is_public
from kb.readers.decoding import decode
from kb.report.problems import UnreadableError

PATIENT = Limits(size=5000)
HASTY = Limits(answer=0.2, whole=0.4, size=5000)
SAVE = "save the page in a browser, and add that file"
LATER = "try again later"
SLOW = f"does not answer in time (0.2 s an answer, 0.4 s in all); {LATER}"
LONG = "longer than 0.00477 MB; save the part that you want, and add that file"
PASSWORD = f"contains a password, which would be stored with the report; {SAVE}"
NO_ADDRESS = "is not an address, or leads to none; write one like https://example.com/report"
PAGE = "<html><head><title>見本会 2019 参加レポート</title></head><body><p>箱は二度届く</p></body></html>"
DISALLOWED = f"may not be fetched by programs, according to {{site}}/robots.txt; {SAVE}"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def only_http(scheme: str) -> str:
    return f"leads to {scheme}:, and only http and https are fetched; check the address"


def private(address: str) -> str:
    return f"leads to {address}, which is not a public address; --allow-private allows addresses in your own network"


def dripping(head: bytes) -> Iterator[bytes | float]:
    return itertools.chain([head], itertools.cycle([b"x", 0.01]))


def endless(head: bytes) -> Iterator[bytes | float]:
    return itertools.chain([head], itertools.repeat(b"x" * 1000))


BOMB = gzip.compress(b"\0" * 50_000_000)
# Path, the server's response there, and the message of the error.
FAILURES = [
    ("/loop", redirect("/loop"), "is redirected more than 5 times; check the address"),
    ("/a", redirect("/b"), "is redirected more than 5 times; check the address"),
    ("/longer", redirect("/longer?x", "308 Permanent Redirect"), "answers 404 Not Found; check the address"),
    ("/to-file", redirect("file:///etc/passwd"), only_http("file")),
    ("/to-data", redirect("data:text/html,%3Cp%3E"), NO_ADDRESS),
    ("/to-ftp", redirect("ftp://example.com/x"), only_http("ftp")),
    ("/to-script", redirect("javascript:alert(1)"), NO_ADDRESS),
    ("/to-password", redirect("http://me:secret@127.0.0.1/"), PASSWORD),
    ("/to-no-port", redirect("http://127.0.0.1:99999/"), None),
    ("/to-closed", redirect("http://127.0.0.1:1/"), None),
    ("/nowhere", answer(b"", status="302 Found"), f"answers 302 Found; {LATER}"),
    ("/304", answer(b"", status="304 Not Modified"), f"answers 304 Not Modified; {LATER}"),
    ("/401", answer(b"who?", status="401 Unauthorized"), f"answers 401 Unauthorized; {SAVE}"),
    ("/403", answer(b"no", status="403 Forbidden"), f"answers 403 Forbidden; {SAVE}"),
    ("/404", answer(b"gone?", status="404 Not Found"), "answers 404 Not Found; check the address"),
    ("/410", answer(b"gone", status="410 Gone"), "answers 410 Gone; check the address"),
    ("/429", answer(b"", status="429 Too Many Requests"), f"answers 429 Too Many Requests; {LATER}"),
    ("/500", answer(b"oops", status="500 Internal Server Error"), f"answers 500 Internal Server Error; {LATER}"),
    ("/503", answer(b"", status="503 Service Unavailable"), f"answers 503 Service Unavailable; {LATER}"),
    ("/204", answer(b"", status="204 No Content"), f"answers 204 No Content; {LATER}"),
    ("/206", answer(b"part", status="206 Partial Content"), f"answers 206 Partial Content; {LATER}"),
    ("/777", answer(b"", status="777"), f"answers 777; {LATER}"),
    ("/empty", answer(b" \n"), "is empty; there is nothing to add"),
    ("/silent", [5.0], SLOW),
    ("/slow-head", dripping(b"HTTP/1.1 200 OK\r\nX: "), SLOW),
    ("/slow-body", dripping(OK + b"\r\n"), SLOW),
    ("/stops", [OK + b"Content-Length: 100\r\n\r\n<p>", 5.0], SLOW),
    ("/endless", endless(OK + b"\r\n"), LONG),
    ("/endless-head", endless(b"HTTP/1.1 200 OK\r\nX: "), None),
    ("/long", answer(b"x" * 5001), LONG),
    ("/bomb", answer(BOMB, "Content-Encoding: gzip"), LONG),
    ("/bomb-in-bomb", answer(gzip.compress(BOMB), "Content-Encoding: gzip, gzip"),
     f"is compressed with 'gzip, gzip', which was not requested; {SAVE}"),
    ("/brotli", answer(b"...", "Content-Encoding: br"), f"is compressed with 'br', which was not requested; {SAVE}"),
    ("/no-gzip", answer(b"no gzip", "Content-Encoding: gzip"), f"is damaged: not valid gzip; {LATER}"),
    ("/half-gzip", answer(gzip.compress(b"half")[:-6], "Content-Encoding: gzip"), f"is incomplete; {LATER}"),
    ("/half", [OK + b"Content-Length: 100\r\n\r\n<p>"], None),
    ("/half-chunk", [OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<p"], None),
    ("/nothing", [], None),
    ("/garbage", [b"\x00\xffSSH-2.0\r\n\r\n"], None),
    ("/two-lengths", [OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"], None),
    ("/private-page", answer(b"x"), DISALLOWED),
    ("/to-private-page", redirect("/private-page"), DISALLOWED),
]  # fmt: skip
ANSWERS = {
    **{path: sent for path, sent, _ in FAILURES},
    "/b": redirect("/a"),
    "/robots.txt": answer(b"User-agent: *\nDisallow: /private\n"),
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serving(ANSWERS) as site:
        yield site


def refusal(fetcher: Fetcher, address: str) -> str:
    with pytest.raises(UnreadableError) as raised:
        fetcher.fetch(address)
    assert "\n" not in str(raised.value)
    return str(raised.value).removeprefix(f"{address}: ")


@pytest.mark.parametrize(("path", "line"), [(path, line) for path, _, line in FAILURES])
def test_an_error_on_the_way_is_one_line(site: str, path: str, line: str | None) -> None:
    message = refusal(Fetcher(allow_private=True, limits=HASTY if line == SLOW else PATIENT), site + path)

    if line is None:  # the network library words the reason
        ends = (message.startswith("cannot be fetched ("), message.endswith("); check the address, or try later"))
        assert ends == (True, True)
    else:
        assert message == line.format(site=site)


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("file:///etc/passwd", only_http("file")),
        ("gopher://example.com/", only_http("gopher")),
        ("https://", NO_ADDRESS),
        ("example.com/report", NO_ADDRESS),
        ("https:///path", NO_ADDRESS),
        ("https://example.com:port/", NO_ADDRESS),
        ("https://me:secret@example.com/", PASSWORD),
        (f"https://example.com/{'x' * 3000}", None),
        ("http://127.0.0.1/", private("127.0.0.1")),
        ("http://2130706433/", private("127.0.0.1")),
        ("http://[::ffff:10.0.0.1]/", private("::ffff:a00:1")),
        ("http://169.254.169.254/latest/meta-data/", private("169.254.169.254")),
        ("http://localhost/", private("127.0.0.1")),
    ],
)
def test_an_address_outside_of_the_public_web_is_not_fetched(address: str, line: str | None) -> None:
    message = refusal(Fetcher(resolve=lambda _host, _port: ("127.0.0.1",)), address)

    assert message == line if line else message.endswith(NO_ADDRESS)


@pytest.mark.parametrize(
    "found",
    [
        "10.0.0.8",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.0.1",
        "0.0.0.0",  # noqa: S104  (nothing is bound)
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::",
        "::1",
        "fe80::1%eth0",
        "fec0::1",
        "fec0::1%eth0",
        "64:ff9b:1::1",
        "5f00::1",
        "fd00::1",
        "ff02::1",
        "::ffff:192.168.0.1",
        "2002:a00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a83f:8110",
        "2001:db8::1",
        "2002:808:808::1",
        "3fff::1",
        "3fff:fff:ffff::1",
        "::ffff:168.63.129.16",
        "168.63.129.16",
        "192.0.0.192",
        "192.88.99.1",
    ],
)
def test_special_addresses_are_not_public(found: str) -> None:
    assert not is_public(found)


@pytest.mark.parametrize(
    "found",
    [
        "8.8.8.8",
        "168.63.129.17",
        "192.88.98.255",
        "2606:4700::1111",
        "2001:200::1",
        "3ffe::1",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ],
)
def test_addresses_of_the_internet_are_public(found: str) -> None:
    assert is_public(found)


@given(st.ip_addresses(v=4))
def test_an_address_that_python_knows_as_private_is_not_public(found: IPv4Address) -> None:
    private = found.is_private or found.is_reserved or found.is_multicast

    assert not (private and is_public(str(found)))


def test_the_connection_goes_to_the_checked_address() -> None:
    lookups: list[str] = []

    def rebinding(host: str, _port: int) -> tuple[str, ...]:
        """Return a public address at the first lookup, and this machine afterwards."""
        lookups.append(host)
        return ("93.184.215.14",) if lookups.count(host) == 1 else ("127.0.0.1",)

    with serving({"/report": answer(PAGE.encode()), "/robots.txt": answer(b"", "Connection: keep-alive")}) as site:
        network = EveryHostIsHere(urlsplit(site).port or 0)
        message = refusal(Fetcher(resolve=rebinding, backend=network), "http://example.com/report")

    assert (message, network.connected) == (private("127.0.0.1"), ["93.184.215.14"])


def test_a_redirect_is_checked_like_the_first_address() -> None:
    def resolve(host: str, _port: int) -> tuple[str, ...]:
        return {"public.example": ("93.184.215.14",), "inside.example": ("93.184.215.14", "10.0.0.1")}[host]

    with serving({"/report": redirect("http://inside.example/"), "/robots.txt": answer(b"")}) as site:
        network = EveryHostIsHere(urlsplit(site).port or 0)
        message = refusal(Fetcher(resolve=resolve, backend=network), "http://public.example/report")

    assert (message, set(network.connected)) == (private("10.0.0.1"), {"93.184.215.14"})


@pytest.mark.parametrize(
    ("status", "fetched"), [("404 Not Found", True), ("403 Forbidden", True), ("503 Service Unavailable", False)]
)
def test_everything_is_allowed_without_robots_txt_and_nothing_while_its_server_fails(
    status: str, *, fetched: bool
) -> None:
    with serving({"/report": answer(PAGE.encode()), "/robots.txt": answer(b"", status=status)}) as site:
        fetcher = Fetcher(allow_private=True, limits=PATIENT)
        if fetched:
            assert fetcher.fetch(f"{site}/report").data == PAGE.encode()
        else:
            assert refusal(fetcher, f"{site}/report") == f"is not fetched while {site}/robots.txt answers 503; {LATER}"


JIS = PAGE.replace("<head>", '<head><meta charset="Shift_JIS">')


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (PAGE.encode(), ("Content-Type: text/html; charset=utf-8",)),
        (PAGE.encode(), ("Content-Type: text/html; charset=ISO-8859-1",)),
        (PAGE.encode(), ("Content-Type: text/html; charset=no-such",)),
        (PAGE.encode(), ("Content-Type: text/html; charset=Shift_JIS",)),
        (PAGE.encode("euc_jp"), ("Content-Type: text/html; charset=EUC-JP",)),
        (PAGE.encode("cp932"), ("Content-Type: text/html; charset=utf-8",)),
        (PAGE.encode("iso2022_jp"), ("Content-Type: text/html",)),
        (PAGE.encode("utf-16-le"), ("Content-Type: text/html; charset=utf-16le",)),
        (JIS.encode("cp932"), ("Content-Type: text/html",)),
        (gzip.compress(PAGE.encode()), ("Content-Type: text/html", "Content-Encoding: gzip")),
        (zlib.compress(PAGE.encode()), ("Content-Type: text/html", "Content-Encoding: deflate")),
    ],
)
def test_a_fetched_page_can_be_decoded_whatever_encoding_it_names(body: bytes, headers: tuple[str, ...]) -> None:
    with serving({"/report": answer(body, *headers)}) as site:
        decoded = decode(Fetcher(allow_private=True).fetch(f"{site}/report").data)

    assert decoded is not None
    assert decoded.text in (PAGE, JIS)


def test_the_address_of_a_page_is_the_last_redirect_without_its_fragment() -> None:
    with serving({"/old": redirect("/new?id=1#part"), "/new?id=1": answer(PAGE.encode())}) as site:
        fetched = Fetcher(allow_private=True).fetch(f"{site}/old")

    assert fetched == Fetched(f"{site}/new?id=1", PAGE.encode())


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/2019/memo.rst", "memo.rst"),
        ("https://example.com/%E3%83%A1%E3%83%A2.md?raw=1", "メモ.md"),
        ("https://example.com/100%2541.md", "100%41.md"),
        ("https://example.com/index.html", None),
        ("https://example.com/entry/2019", None),
        ("https://example.com/", None),
    ],
)
def test_a_file_keeps_its_name_if_the_ending_names_a_format(url: str, name: str | None) -> None:
    assert Fetched(url, b"").name == name

"""No request to any route is answered with an unforeseen error."""

import base64
import json
import logging
import re
import shutil
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode
from zipfile import ZipFile

import httpcore
import pytest
from flask import Flask
from scenes import ADDED, EDITED, GONE, KEPT
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder, run_wsgi_app

from kb.fetching import Fetcher
from kb.knowledge_base import KnowledgeBase
from kb.library.places import SAMPLES
from webui import app as made
from webui.app import create_app
from webui.http.address import GROUPS, UNDO_KEY

SEED = 2018
SHORT, LONG = 600, 10_000  # requests
ROUND = 200  # requests after which the library is as it was, for some of them take reports out

NUMBERS = (
    *("0", "1", "2", "-1", "+1", " 1", "1_0", "1e3", "٣", "２", "²", "0000000019999999", "9" * 4409, "10000", "10001"),
    "000000001".ljust(4409, "0"),
)  # fmt: skip
DATES = (
    *("2018", "2018-03", "2018-03-10", "2018-02-30", "2018-13-45", "2018-00", "0000", "0000-00-00", "9999-12-31"),
    *("２０１８", "٢٠١٨-٠٣", "2018-3-1", "20180310", "2018-03-10T00:00:00Z", "2018-W10", "-2018", "9" * 300_000),
)  # fmt: skip
ADDRESSES = (
    *("/", "/?q=SQS", "//evil.example/", "/\\evil.example", "http://[", "http://]", "https://[::1", "//[", "/[", ":x"),
    *("http://localhost:x/", "http://localhost:99999999/", "http://[::1]:x/", "http://[fe80::1%0]/", "http://1/"),
    *("http://localhost/?q=1", "https://example.com/", "javascript:1", "http://\u2100.example/", "http://a\u2044b/"),
    *("http://" + "a" * 5000, "http://xn--/", "http://../", "ftp://example.com", "kb://note/x", "http://localhost/["),
)  # fmt: skip
TEXTS = (
    *("", " ", "\0", "あ", "冪等", "冪等 SQS", "EC2より", '"', '""', "-", "- -", "((((", ")", "a:b", "サービス:sqs"),
    *("年:2018", "前:2018-13", "2018/13/45", "..", ".", "a/b", "../../etc/passwd", "%", "%zz", "%00", "%ff", "\udcff"),
    *("\U0001f600", "\u202e", "\ufeff", "e\u0301", "ﾗﾑﾀﾞ", "<script>", "{{7*7}}", "\r\nX: y", "\x7f", "a" * 300),
    *("漢" * 3000, "-a " * 300, "any", "all", "save", "advice", "new", "opensearch", "none", "null", "NaN", "1e400"),
    *("[]", "{}", "===", "QUJD", "QUJ"),
)  # fmt: skip
OF_KIND: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("page",), NUMBERS),
    **dict.fromkeys(("date", "year"), DATES),
    **dict.fromkeys(("address", "back", "same", "url"), ADDRESSES),
}
# A server asks only for what it can read: no length that is no number comes through to an app (PEP 3333).
HEADERS: Mapping[str, Sequence[str]] = {
    "Accept": ("application/json", "text/html", "", "text/html;q=x", "application/json;q=1e999", ";", "a" * 9000, "/"),
    "Accept-Encoding": ("gzip", "gzip;q=0", "gzip;q=x", "br", "*;q=inf", ""),
    "Accept-Language": ("ja", "en", "en;q=nan", "ja;q=x", "-", "*", "a" * 9000, ";q=;q=", "あ"),
    "Authorization": ("Bearer x", "Bearer", "Basic あ", "Basic ====", "Digest a=b", "Bearer é"),
    "Content-Length": ("0", "1", "9" * 20),
    "Content-Type": (
        *("text/plain", "application/json", "text/html; charset=utf-8", "multipart/form-data", "application/zip", "/"),
        *("multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=x", "", "text/html; x", "あ"),
    ),
    "Cookie": (
        *("kb_lang=en", "kb_lang=x", "kb_seen=0", "kb_seen=00000000.99999999999999", "kb_seen=" + "f" * 4000, "="),
        *("kb_key=あ", 'kb_seen="\\400"', "kb_key=\\", ";;;"),
    ),
    "Expect": ("100-continue", "x"),
    "Host": ("localhost:8000", "localhost:x", "localhost:99999999", "[", "[::1]", "[::1]:x", "127.0.0.1", "", "あ"),
    "If-Match": ('"x"', "*", "W/"),
    "If-Modified-Since": ("x", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Jan 99999 99:99:99 GMT", "9" * 5000),
    "If-None-Match": ('"x"', "*", "W/", ",", '"' * 99, 'W/"x", W/"y"'),
    "If-Range": ("x", '"x"', "Thu, 01 Jan 0000 00:00:00 +9999"),
    "If-Unmodified-Since": ("x", "Thu, 01 Jan 1970 00:00:00 GMT", "9" * 5000),
    "Mcp-Protocol-Version": ("2025-06-18", "2024-11-05", "x", "9" * 5000),
    "Mcp-Session-Id": ("x", "\x7f"),
    "Origin": ("http://localhost", "null", "http://[", "http://localhost:x"),
    "Range": ("bytes=0-", "bytes=-1", "bytes=9-1", "bytes=x", "bytes=0-1,3-4", "x=0-1", f"bytes={'9' * 5000}-"),
    "Referer": ADDRESSES,
    "Sec-Fetch-Dest": ("document", "x"),
    "Sec-Fetch-Mode": ("navigate", "x"),
    "Sec-Fetch-Site": ("same-origin", "none", "cross-site", ""),
}  # fmt: skip
REPORTS = (
    *(KEPT, EDITED, GONE, ADDED, "- SQS\n", "\0", "<html><h1>", "TITLE: a\n-----\nBODY:\n"),
    *("---\ndate: 2018-13-45\n---\n- 一\n", '<meta property="article:published_time" content="9999-12-31T23:59-12:00">'),
)  # fmt: skip
TYPES = ("text/plain", "text/markdown", "text/html", "application/zip", "application/json", "application/octet-stream")
ASKED = ("initialize", "ping", "tools/list", "tools/call", "resources/list", "resources/read", "x")


class Nowhere(httpcore.NetworkBackend):
    """A network that sends nothing out of this machine."""

    def connect_tcp(self, host: str, *_: Any, **__: Any) -> httpcore.NetworkStream:  # noqa: ANN401
        raise httpcore.ConnectError(f"{host} is not asked by a test")


def nowhere(host: str, _port: int) -> tuple[str, ...]:
    raise OSError(f"{host} is not looked up by a test")


def named(pattern: str, files: str) -> list[str]:
    """Return the matches of a pattern in our own files, so that new fields and keys are tested, too."""
    every = Path(made.__file__).parent.glob(files)
    return sorted({name for file in every for name in re.findall(pattern, file.read_text("utf-8"))})


FIELDS = sorted({*named(r' name="(\w+)"', "templates/*.html"), *named(r'form\.get\w*\(\s*"(\w+)"', "**/*.py"), "date"})
KEYS = sorted({*GROUPS, *FIELDS, *named(r'args\.get\w*\("(\w+)"', "**/*.py"), "page", "typing", UNDO_KEY})


class Strangers:
    """Clients that send arbitrary requests to each route of an app in turn.

    `ids` are those of what there is, by what it is; what a route answered for is remembered, and asked for again.
    """

    def __init__(self, app: Flask, ids: Mapping[str, Sequence[str]], random: Random) -> None:
        self._app, self._ids, self._random = app, ids, random
        self._known = [one for some in ids.values() for one in some]
        self._answered: defaultdict[str, list[str]] = defaultdict(list)

    def __iter__(self) -> Iterator[tuple[dict[str, Any], int]]:
        """Yield requests, each with the status of its answer."""
        while True:
            for rule in self._app.url_map.iter_rules():
                answered = self._answered[rule.rule]
                own = [one for what, some in self._ids.items() if what in rule.rule for one in some] or self._known
                name = self._pick(self._pick((answered or own, own, [self._text()])))
                environ = self._request(rule, name)
                _, status, _ = run_wsgi_app(self._app, dict(environ), buffered=True)
                if int(status[:3]) < 400:
                    self._answered[rule.rule].append(name)
                yield environ, int(status[:3])

    def _request(self, rule: Rule, name: str) -> dict[str, Any]:
        ours = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        path = re.sub(r"<any\((\w+).*?>", r"\1", rule.rule)
        path = re.sub(r"<.*?>", lambda _: quote(name, safe="/", errors="surrogatepass"), path)
        data, kind = self._form() if self._random.random() < 0.6 else self._body()
        headers = {"Host": "localhost", "Sec-Fetch-Site": "same-origin", "Content-Type": kind}
        headers["Accept"] = self._pick(("text/html", "application/json"))
        some = self._random.sample(sorted(HEADERS), self._random.choice((0, 0, 1, 2, 3)))
        return {
            **EnvironBuilder().get_environ(),
            "REQUEST_METHOD": self._pick(ours if self._random.random() < 0.85 else ("HEAD", "OPTIONS", "PUT", "TRACE")),
            "PATH_INFO": unquote_to_bytes(path + self._pick((*[""] * 30, "/", "//", "%00"))).decode("latin-1"),
            "QUERY_STRING": urlencode(self._pairs(KEYS), errors="surrogatepass"),
            "CONTENT_LENGTH": str(len(data)),
            **{variable(header): value for header, value in headers.items()},
            **{variable(header): self._pick(HEADERS[header]).encode().decode("latin-1") for header in some},
            "wsgi.input": BytesIO(data),
        }

    def _form(self) -> tuple[bytes, str]:
        """Return a form, at times one with parts and a file."""
        fields = [
            *self._pairs(FIELDS),
            *self._random.sample([("step", "save"), ("data", self._encoded())], self._few(2)),
        ]
        if self._random.random() < 0.8:
            return urlencode(fields, errors="surrogatepass").encode(), "application/x-www-form-urlencoded"
        begin = "--x\r\nContent-Disposition: form-data; name="
        parts = [f'{begin}"{name}"\r\n\r\n{text}\r\n'.encode("utf-8", "surrogatepass") for name, text in fields]
        for _ in range(self._few(2)):
            head = f'{begin}"file"; filename="{self._text()[:99]}"\r\n\r\n'.encode("utf-8", "surrogatepass")
            parts.append(head + self._report() + b"\r\n")
        return b"".join([*parts, b"--x--\r\n"]), "multipart/form-data; boundary=x"

    def _body(self) -> tuple[bytes, str]:
        """Return what a program sends: a report, or a question in JSON."""
        if self._random.random() < 0.5:
            return self._report(), self._pick(TYPES)
        keys = ("query", "id", "service", "offset", "limit", "name", "kind")
        values = (self._text(), self._text(), 1, -1, [self._text()], None, 1e30, int(self._pick(("9" * 30, "1"))))
        given = {self._pick(keys): self._pick(values) for _ in range(self._few(3))}
        call = {"name": self._pick(("search", "show", "guide", "services", self._text())), "arguments": given}
        params = self._pick((call, call, {"uri": self._text()}, {"cursor": self._text()}, {}, [], None))
        asked = {"jsonrpc": "2.0", "id": self._pick((1, "a", None, [])), "method": self._pick(ASKED), "params": params}
        return self._pick((json.dumps(asked).encode(), b"[" * 5000, b"null")), "application/json"

    def _report(self) -> bytes:
        files = BytesIO()
        with ZipFile(files, "w") as archive:
            for number in range(self._few(3)):
                archive.writestr(f"{number}.md", self._pick(REPORTS))
        texts = self._pick(REPORTS).encode(), self._text().encode("utf-8", "surrogatepass")
        return self._pick((*texts, files.getvalue(), b"\xff\xfe\0", b"PK\x03\x04", b"\x1f\x8b"))

    def _encoded(self) -> str:
        return self._pick((base64.b64encode(self._report()).decode(), self._text()))

    def _pairs(self, names: Sequence[str]) -> list[tuple[str, str]]:
        often = [name for name in names if name in OF_KIND]
        keys = [
            self._pick(self._pick((names, often, often, often, [self._text()[:200]]))) for _ in range(self._few(12))
        ]
        return [(key, self._pick(OF_KIND[key]) if key in OF_KIND else self._text()) for key in keys]

    def _text(self) -> str:
        return self._pick(self._pick((self._known, TEXTS, NUMBERS, DATES, ADDRESSES)))

    def _few(self, most: int) -> int:
        return self._random.randint(0, most)

    def _pick(self, some: Sequence[Any]) -> Any:  # noqa: ANN401
        return self._random.choice(some)


class Log(logging.Handler):
    """Keeps the last message."""

    told = ""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info and record.exc_info[1]
        where = traceback.extract_tb(error.__traceback__)[-1] if error else None
        self.told = f"{record.getMessage()[:200]} {error!r} {where}"


def variable(header: str) -> str:
    """Return the WSGI name of a header."""
    name = header.upper().replace("-", "_")
    return name if name.startswith("CONTENT_") else f"HTTP_{name}"


def ids(knowledge_base: KnowledgeBase) -> Mapping[str, Sequence[str]]:
    """Return existing ids by the first part of their pages' addresses."""
    directory, contents = knowledge_base.browser.directory(), knowledge_base.collection.contents()
    reports = contents.by_id if contents else {}
    services = [service.slug for service in knowledge_base.collection.catalogue.services][:20]
    return {
        "report": list(reports),
        "talk": list(directory.talks),
        "note": [note.id for report in reports for note in knowledge_base.browser.report(report)[1][:5]],
        "event": list(directory.events),
        "speaker": list(directory.speakers),
        "update": list(knowledge_base.updates.differences()),
        "service": services,
        "guide": services,
    }


def unforeseen(folder: Path, many: int, seed: int) -> tuple[Counter[int], list[str]]:
    """Send requests; return the number of each status, and the unforeseen errors."""
    library, random = folder / "library", Random(seed)  # noqa: S311
    answers, wrong, log = Counter[int](), list[str](), Log()
    logging.getLogger("webui").addHandler(log)
    for begin in range(0, many, ROUND):
        shutil.rmtree(library, ignore_errors=True)
        shutil.copytree(SAMPLES, library)
        knowledge_base = KnowledgeBase.open(library, folder / "index")
        knowledge_base.indexer.sync()
        knowledge_base.indexer.embed()
        app = create_app(knowledge_base, fetcher=Fetcher(resolve=nowhere, backend=Nowhere()))
        strangers = Strangers(app, ids(knowledge_base), random)
        for environ, status in islice(strangers, min(ROUND, many - begin)):
            answers[status] += 1
            if status >= 500:
                asked = {key: str(value)[:300] for key, value in environ.items() if not key.startswith("wsgi.")}
                wrong.append(f"{status} {asked} {environ['wsgi.input'].getvalue()[:500]!r} {log.told}")
    logging.getLogger("webui").removeHandler(log)
    return answers, wrong


@pytest.mark.parametrize("many", [SHORT, pytest.param(LONG, marks=pytest.mark.soak)])
def test_any_request_to_any_route_has_a_foreseen_answer(
    tmp_path: Path, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if many == LONG:  # as users have it: with the sentence model, where it runs
        monkeypatch.delenv("KB_EMBEDDING")
    answers, wrong = unforeseen(tmp_path, many, SEED)

    print(f"seed {SEED}: {many} requests, answered {dict(sorted(answers.items()))}")
    assert wrong == []

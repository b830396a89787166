"""The address of a cluster and requests to it; every failure is one plain error. The only user of opensearch-py."""

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Any, NamedTuple, TypeVar

import msgspec

from index.engine import EngineAwayError, SearchIndexError
from index.messages import Message, translatable
from index.urls import web_parts

try:
    from opensearchpy import OpenSearch, Urllib3HttpConnection, exceptions
except ImportError as error:
    raise SearchIndexError(
        "the library for clusters is not installed: pip install 'talk-notes-kb[opensearch]'"
    ) from error

Answer = TypeVar("Answer")

USER, PASSWORD = "KB_ENGINE_USER", "KB_ENGINE_PASSWORD"  # environment variables
READ_SECONDS = 5.0  # for one node to answer, before another node is asked
WRITE_SECONDS = 60.0
MAX_ANSWER = 256 * 1024 * 1024  # bytes; 10,000 documents of a page each are 50 MB
_GET_SECONDS = 1.0  # for one document
_DEAD_SECONDS = 5.0  # in which a node that did not answer is not asked again
_PAGE = 2000  # documents
_CHUNK = 1 << 20  # bytes read at once
_CONNECTIONS = 16  # cached for each node; with fewer, several threads open a new one for nearly every request
_PREFERENCES = ("kb2", "kb0", "kb3", "kb10")  # their hashes pick two or three copies of a shard in turn
_FILTER_PATH = "-responses.aggregations.*.all"  # leaves out values that are only counted: thousands of talks
_TEMPORARY = (429, 502, 503, 504)
_MAX_REASON = 300  # characters
_INDEX = re.compile(r"[a-z0-9][a-z0-9_-]{0,199}")

logging.getLogger("opensearch").setLevel(logging.CRITICAL)  # our errors say it already


@dataclass(frozen=True, slots=True)
class Address:
    """The nodes of a cluster, and an index with its settings. Raises SearchIndexError if they cannot be used."""

    urls: tuple[str, ...]
    index: str
    region: str = ""  # of Amazon's service, whose requests are signed
    shards: int = 1
    replicas: int = 1

    def __post_init__(self) -> None:
        for problem in filter(None, map(_problem, self.urls or ("",))):
            raise SearchIndexError(problem)
        if not _INDEX.fullmatch(self.index):
            raise SearchIndexError(
                "{0!r} is no name of an index; write small letters, figures and -, like talk-notes", self.index
            )

    def __str__(self) -> str:
        return f"{self.urls[0]} {self.index}"


def _problem(url: str) -> Message | None:
    """Return why an address cannot be used, None if it can."""
    parts = web_parts(url)
    if parts is None:
        return translatable("{0!r} is no address of a cluster; write one like https://search.example.com:9200", url)
    host = parts.hostname or ""
    if parts.username or parts.password:
        return translatable("the address of {0} holds credentials; give them as {1} and {2}", host, USER, PASSWORD)
    try:
        is_here = ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    if parts.scheme == "http" and not is_here:
        return translatable("{0}: notes and passwords would go through the network in the clear; write https://", url)
    return None


class ClusterError(SearchIndexError):
    """The cluster cannot do what was requested; the message names the cluster, the reason and the remedy."""

    status = 0  # the HTTP status of its answer, if it is one


class AwayError(ClusterError, EngineAwayError):
    """The cluster does not answer, is too slow, too busy, or lacks shards: it may answer later."""


class _UnreachableError(AwayError):
    """A node does not run, or its connection broke."""


class Connection:
    """A cluster at its address, shared by threads."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._preferred = 0
        user = os.environ.get(USER)
        self.client = OpenSearch(
            hosts=list(address.urls),
            connection_class=_BoundedConnection,
            http_auth=_signer(address) or ((user, os.environ.get(PASSWORD, "")) if user else None),
            http_compress=any(url.startswith("https://") for url in address.urls),  # others are on this machine
            verify_certs=True,
            pool_maxsize=_CONNECTIONS,
            max_retries=0,
            retry_on_timeout=True,  # without retries this only makes the next request ask another node
            dead_timeout=_DEAD_SECONDS,
        )

    def search(self, index: str, *bodies: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Return the answers to several searches, sent in one request."""

        def request(preference: str) -> Sequence[Mapping[str, Any]]:
            lines = b"".join(encoded(line) + b"\n" for body in bodies for line in ({"preference": preference}, body))
            reply = self._request("POST", f"/{index}/_msearch", lines, {"filter_path": _FILTER_PATH})
            answers = reply.get("responses", ())
            if len(answers) != len(bodies):
                counts = len(answers), len(bodies)
                raise self._error(translatable("answered {0} of {1} searches; is it OpenSearch?", *counts))
            return [self._checked(answer) for answer in answers]

        return self._with_retries(request)

    def every(self, index: str, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield all hits of a search with a sort, page after page."""
        page = {**body, "size": _PAGE}
        while True:
            hits = self.search(index, page)[0]["hits"]["hits"]
            yield from hits
            if len(hits) < _PAGE:
                return
            page["search_after"] = hits[-1]["sort"]

    def get(self, path: str) -> Mapping[str, Any]:
        """Return a document as it was last written, refreshed or not; a missing one has no `_source`."""
        request = partial(self._request, "GET", path, None, allowed=(404,), seconds=_GET_SECONDS)
        return self._with_retries(lambda preference: request({"preference": preference}))

    def write(
        self, method: str, path: str, body: object = None, *, allowed: Sequence[int] = (), **params: str | int
    ) -> Mapping[str, Any]:
        """Return the answer to a request, which may be repeated; with an `error` if it has an allowed status."""
        data = body if body is None or isinstance(body, bytes) else encoded(body)
        request = partial(self._request, method, path, data, params, allowed=allowed, seconds=WRITE_SECONDS)
        return self._with_retries(lambda _: request(), _UnreachableError)

    def _with_retries(self, request: Callable[[str], Answer], passing: type[ClusterError] = AwayError) -> Answer:
        """Return the answer to a request; after a passing error other nodes and copies of the shards are asked."""
        *others, last = _PREFERENCES[self._preferred :] + _PREFERENCES[: self._preferred]
        for preference in others:
            with suppress(passing):
                answer = request(preference)
                self._preferred = _PREFERENCES.index(preference)
                return answer
        return request(last)

    def _request(
        self,
        method: str,
        path: str,
        body: bytes | None,
        params: Mapping[str, str | int],
        *,
        allowed: Sequence[int] = (),
        seconds: float = 0.0,
    ) -> Mapping[str, Any]:
        options = {**params, "request_timeout": seconds or READ_SECONDS, "ignore": tuple(allowed)}
        try:
            answer = self.client.transport.perform_request(method, path, params=options, body=body)
        except exceptions.SerializationError as error:
            raise self._error(translatable("its answer is no JSON; is it OpenSearch?")) from error
        except exceptions.TransportError as error:
            raise self._plain(error) from error
        if not isinstance(answer, Mapping):
            raise self._error(translatable("its answer is no JSON object; is it OpenSearch?"))
        return answer

    def _checked(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer to a search, or raise its error; an answer that lacks a shard is one."""
        if "error" in answer:
            status = int(answer.get("status", 500))
            kind = AwayError if status in _TEMPORARY else ClusterError
            raise self._error(translatable("could not answer ({0})", _reason(answer["error"])), kind, status)
        failed = answer.get("_shards", {}).get("failed", 0)
        if answer.get("timed_out") or failed:
            what = translatable("could not ask all of its shards ({0} failed); is it green?", failed)
            raise self._error(what, AwayError)
        return answer

    def _plain(self, error: "exceptions.TransportError") -> ClusterError:
        """Return an error of the library as one with a remedy."""
        if isinstance(error, exceptions.SSLError):
            return self._error(translatable("its certificate cannot be trusted ({0}); see SSL_CERT_FILE", error.info))
        if isinstance(error, exceptions.ConnectionTimeout):
            return self._error(translatable("does not answer in time"), AwayError)
        if isinstance(error.info, _BoundError):
            return self._error(*error.info.args)
        status = error.status_code
        if not isinstance(status, int):
            return self._error(translatable("cannot be reached"), _UnreachableError)
        if status in (401, 403):
            ours = translatable("{0} and {1}", USER, PASSWORD)
            credentials = translatable("the region and AWS credentials") if self.address.region else ours
            return self._error(translatable("refused ({0}); look at {1}", status, credentials), status=status)
        reason = _reason(error.info.get("error")) if isinstance(error.info, Mapping) else str(error.error)
        kind = AwayError if status in _TEMPORARY or "no_shard" in reason else ClusterError
        return self._error(translatable("could not do it ({0}: {1})", status, reason), kind, status)

    def _error(self, what: Message, kind: type[ClusterError] = ClusterError, status: int = 0) -> ClusterError:
        address = self.address
        error = kind(translatable("the cluster at {0}, index {1}: {2}", address.urls[0], address.index, what))
        error.status = status
        return error


def encoded(body: object) -> bytes:
    """Return a value as JSON."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:  # a lone surrogate in a query
        return json.dumps(body).encode("ascii")


def _reason(error: object) -> str:
    """Return the cluster's own words for the innermost cause of an error."""
    while isinstance(error, Mapping):
        inner = error.get("caused_by") or next(iter(error.get("root_cause") or ()), None)
        if not inner or inner == error:
            return f"{error.get('type', 'error')}: {error.get('reason', '')}"[:_MAX_REASON]
        error = inner
    return str(error)[:_MAX_REASON]


def _signer(address: Address) -> Callable[..., Any] | None:
    """Return the signer of requests to Amazon's service with the usual credentials, None for other clusters."""
    if not address.region:
        return None
    from botocore.session import Session  # noqa: PLC0415  # takes half a second, and few clusters are Amazon's
    from opensearchpy import Urllib3AWSV4SignerAuth  # noqa: PLC0415

    credentials = Session().get_credentials()
    if credentials is None:
        raise ClusterError("{0}: no AWS credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", address)
    service = "aoss" if ".aoss." in address.urls[0] else "es"
    signer: Callable[..., Any] = Urllib3AWSV4SignerAuth(credentials, address.region, service)
    return signer


class _BoundError(Exception):
    """An answer is longer or slower than any that a request here can have; the arguments are those of `_error`."""


class _BoundedConnection(Urllib3HttpConnection):
    """A connection whose answers are bounded in length, and in time by the `timeout` of each request."""

    def _create_urllib3_pool(self) -> None:
        super()._create_urllib3_pool()
        self.pool.urlopen = partial(_read_bounded, self.pool.urlopen)


class _Response(NamedTuple):
    status: int
    headers: Any
    data: bytes


def _read_bounded(urlopen: Callable[..., Any], *request: object, timeout: float, **options: object) -> _Response:
    ends = time.monotonic() + timeout
    response = urlopen(*request, preload_content=False, timeout=timeout, **options)
    parts, size = [], 0
    while part := response.read(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER or time.monotonic() > ends:
            response.close()
            if size > MAX_ANSWER:
                raise _BoundError(translatable("sent more than {0} MB for an answer", MAX_ANSWER // 1024 // 1024))
            raise _BoundError(translatable("does not answer in time"), AwayError)
    response.release_conn()
    return _Response(response.status, response.headers, b"".join(parts))

"""Requests to a cluster, and whatever goes wrong there as one plain error. The one door to opensearch-py."""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

import msgspec

from index.engine import EngineAwayError, SearchIndexError
from index.messages import Message, translatable
from index.opensearch_engine.address import PASSWORD, USER, Address, basic_credentials

try:
    from opensearchpy import OpenSearch, exceptions
    from opensearchpy import Urllib3HttpConnection as HttpConnection
except ImportError as error:
    raise SearchIndexError(
        translatable(
            "a cluster is told, and what talks to one is not installed: pip install 'talk-notes-kb[opensearch]'"
        )
    ) from error

Answer = TypeVar("Answer")

READ_SECONDS = 5.0  # that one node may take for an answer before another is asked
GET_SECONDS = 1.0  # for one document
WRITE_SECONDS = 60.0
_RESTS = 5.0  # seconds in which a node that did not answer is not asked
# Which copy of a shard is asked goes by the hash of a text: these ask two or three copies in turn.
_PREFERENCES = ("kb2", "kb0", "kb3", "kb10")
_ATTEMPTS = len(_PREFERENCES)
_CONNECTIONS = 16  # that are kept of a node: one was opened for nearly every request where several threads ask
_NO_PARAMS: Mapping[str, str | int] = {}
_SHORTER = {"filter_path": "-responses.aggregations.*.all"}  # values that are only counted: of talks many thousands
_PASSING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE,
            HTTPStatus.GATEWAY_TIMEOUT)  # fmt: skip
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

logging.getLogger("opensearch").setLevel(logging.CRITICAL)  # what goes wrong is said once, by us


class ClusterError(SearchIndexError):
    """The cluster cannot do what was asked; the message says which cluster, why, and what to do."""

    def __init__(self, message: Message, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class AwayError(ClusterError, EngineAwayError):
    """The cluster does not answer, is too slow, too busy, or lacks shards: later it may answer again."""


class _UnreachableError(AwayError):
    """A node does not run, or its connection broke."""


class Reply(NamedTuple):
    """The status of an answer and its JSON."""

    status: int
    body: Any


class Connection:
    """A cluster at its address, shared by threads."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._preferred = 0
        self._client = OpenSearch(
            hosts=list(address.urls),
            connection_class=_BoundedConnection,
            http_auth=_signer(address) or basic_credentials(),
            http_compress=not all(url.startswith("http://") for url in address.urls),  # which are of this machine
            verify_certs=True,
            pool_maxsize=_CONNECTIONS,
            max_retries=0,
            retry_on_timeout=True,  # with no retries it only has the next request ask another node
            dead_timeout=_RESTS,
            timeout=READ_SECONDS,
        )

    def search(self, index: str, *bodies: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Return the answers to several searches, made at once."""

        def asked(preference: str) -> Sequence[Mapping[str, Any]]:
            lines = [line for body in bodies for line in ({"preference": preference}, body)]
            answers = self._asked("POST", f"/{index}/_msearch", lines, _SHORTER).body.get("responses", ())
            if len(answers) != len(bodies):
                raise ClusterError(
                    self._message(
                        translatable("answered {0} of {1} searches; is it OpenSearch?", len(answers), len(bodies))
                    )
                )
            return [self._whole(answer) for answer in answers]

        return self._patiently(asked)

    def search_named(self, index: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer to one search, with the score of each of its named parts."""
        named = {"include_named_queries_score": "true"}
        path = f"/{index}/_search"
        return self._patiently(
            lambda preference: self._whole(self._asked("POST", path, body, {**named, "preference": preference}).body)
        )

    def get(self, path: str) -> Reply:
        """Return a document as it was last written, refreshed or not; the status is 404 where there is none."""
        return self._patiently(
            lambda preference: self._asked(
                "GET", path, None, {"preference": preference}, (HTTPStatus.NOT_FOUND,), seconds=GET_SECONDS
            )
        )

    def ask(self, path: str) -> Any:  # noqa: ANN401  # JSON
        """Return what the cluster tells of itself at a path, as the node that is asked knows it.

        The node that leads all may be the silent one, and another leads only after half a minute.
        """
        return self._patiently(lambda _: self._asked("GET", path, None, {"local": "true"}).body)

    def write(
        self, method: str, path: str, body: object = None, *, allowed: Sequence[int] = (), **params: str | int
    ) -> Reply:
        """Return the answer to a request that changes something; the statuses allowed are no errors.

        Where a node cannot be reached another is asked: whatever is written here may be written twice.
        """
        for _ in range(1, _ATTEMPTS):
            with suppress(_UnreachableError):
                return self._asked(method, path, body, params, allowed, seconds=WRITE_SECONDS)
        return self._asked(method, path, body, params, allowed, seconds=WRITE_SECONDS)

    def _patiently(self, asked: Callable[[str], Answer]) -> Answer:
        """Return the answer to what changes nothing: where a node is silent another is asked, for other copies.

        A preference stands for copies of shards; that which was answered last is asked first.
        """
        first = self._preferred
        for number in range(first, first + _ATTEMPTS - 1):
            with suppress(AwayError):
                answer = asked(_PREFERENCES[number % _ATTEMPTS])
                self._preferred = number % _ATTEMPTS
                return answer
        return asked(_PREFERENCES[(first + _ATTEMPTS - 1) % _ATTEMPTS])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _asked(
        self,
        method: str,
        path: str,
        body: object = None,
        params: Mapping[str, str | int] = _NO_PARAMS,
        allowed: Sequence[int] = (),
        *,
        seconds: float | None = None,
    ) -> Reply:
        kind = "application/x-ndjson" if isinstance(body, list) or path.endswith("_bulk") else "application/json"
        try:
            answer = self._client.transport.perform_request(
                method,
                path,
                params={**params, "request_timeout": seconds or READ_SECONDS, "ignore": tuple(allowed)},
                body=None if body is None else encoded(body),
                headers={"content-type": kind},
            )
        except exceptions.SerializationError as error:
            raise ClusterError(
                self._message(translatable("answered with what is no JSON; is it OpenSearch?"))
            ) from error
        except exceptions.TransportError as error:
            raise self._plain(error) from error
        if not isinstance(answer, Mapping):
            raise ClusterError(self._message(translatable("answered with what is no JSON object; is it OpenSearch?")))
        status = answer.get("status") if "error" in answer else None
        return Reply(int(status or (404 if answer.get("found") is False else 200)), answer)

    def _whole(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer to a search, or raise the error that it is: where a shard failed it counts as none."""
        if "error" in answer:
            status = int(answer.get("status", 500))
            kind = AwayError if status in _PASSING else ClusterError
            raise kind(self._message(translatable("could not answer ({0})", _reason(answer["error"]))), status)
        failed = answer.get("_shards", {}).get("failed", 0)
        if answer.get("timed_out") or failed:
            raise AwayError(
                self._message(translatable("could not ask all of its shards ({0} failed); is it green?", failed))
            )
        return answer

    def _plain(self, error: "exceptions.TransportError") -> ClusterError:
        """Return an error of the library as one that says what to do."""
        if isinstance(error, exceptions.SSLError):
            return ClusterError(
                self._message(translatable("its certificate cannot be trusted ({0}); see SSL_CERT_FILE", error.info))
            )
        if isinstance(error, exceptions.ConnectionTimeout) or isinstance(error.info, TooSlowError):
            return AwayError(self._message(translatable("does not answer in time")))
        if isinstance(error.info, TooLongError):
            return ClusterError(
                self._message(translatable("sent more than {0} MB for an answer", MOST_BYTES // 1024 // 1024))
            )
        if not isinstance(error.status_code, int):
            return _UnreachableError(self._message(translatable("cannot be reached")))
        reason = _reason(error.info.get("error")) if isinstance(error.info, Mapping) else str(error.error)
        if error.status_code in _REFUSED:
            ours = translatable("{0} and {1}", USER, PASSWORD)
            who = translatable("the region and AWS credentials") if self.address.region else ours
            why = translatable("refused ({0}); look at {1}", error.status_code, who)
            return ClusterError(self._message(why), error.status_code)
        kind = AwayError if error.status_code in _PASSING or "no_shard" in reason else ClusterError
        return kind(
            self._message(translatable("could not do it ({0}: {1})", error.status_code, reason)), error.status_code
        )

    def _message(self, what: Message) -> Message:
        return translatable("the cluster at {0}, index {1}: {2}", self.address.urls[0], self.address.index, what)


def encoded(body: object) -> bytes:
    """Return a value as JSON, a list as lines of JSON."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, list):
        return b"".join(encoded(line) + b"\n" for line in body)
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:  # half of a surrogate pair, typed by nobody
        return json.dumps(body).encode("ascii")


def _reason(error: object) -> str:
    """Return why something failed, in the cluster's words: those of the innermost cause."""
    while isinstance(error, Mapping):
        causes = error.get("root_cause") or ()
        inner = error.get("caused_by") or (causes[0] if causes and causes[0] != error else None)
        if not inner or inner == error:
            return f"{error.get('type', 'error')}: {error.get('reason', '')}"[:300]
        error = inner
    return str(error)[:300]


def _signer(address: Address) -> Callable[..., Any] | None:
    """Return what signs requests to Amazon's service with the usual credentials, None for other clusters."""
    if not address.region:
        return None
    from botocore.session import Session  # noqa: PLC0415  # takes half a second, and most clusters are none of Amazon's
    from opensearchpy import Urllib3AWSV4SignerAuth  # noqa: PLC0415

    credentials = Session().get_credentials()
    if credentials is None:
        raise ClusterError(
            translatable("{0}: no AWS credentials are told; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", address)
        )
    service = "aoss" if ".aoss." in address.urls[0] else "es"
    signer: Callable[..., Any] = Urllib3AWSV4SignerAuth(credentials, address.region, service)
    return signer


class _BoundedConnection(HttpConnection):
    def _create_urllib3_pool(self) -> None:
        super()._create_urllib3_pool()
        self.pool = BoundedPool(self.pool)


MOST_BYTES = 256 * 1024 * 1024  # of an answer: 10,000 documents of a page each are 50 MB
_CHUNK = 1 << 20


class TooLongError(Exception):
    """An answer is longer than any that was asked for."""


class TooSlowError(Exception):
    """An answer has begun, and does not come to its end."""


class Response(NamedTuple):
    """What was answered, whole."""

    status: int
    headers: Any
    data: bytes


class BoundedPool:
    """A pool of connections whose answers are read as far as is reasonable, in the `timeout` of each request."""

    def __init__(self, pool: Any) -> None:  # noqa: ANN401  # of urllib3
        self._pool = pool

    def urlopen(self, method: str, url: str, body: bytes | None, **options: Any) -> Response:  # noqa: ANN401
        """Return what a request is answered with. Raises TooLongError, TooSlowError, and what the pool raises."""
        ends = time.monotonic() + float(options["timeout"])
        response = self._pool.urlopen(method, url, body, preload_content=False, **options)
        parts, size = [], 0
        while part := response.read(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                response.close()
                raise TooLongError
            if time.monotonic() > ends:
                response.close()
                raise TooSlowError
        response.release_conn()
        return Response(response.status, response.headers, b"".join(parts))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

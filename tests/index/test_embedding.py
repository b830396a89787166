"""Embedding by a server and by precomputed vectors, and the scores that are kept of what was read."""

import multiprocessing
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answering import Answer, answering, say
from models import Characters, Reads

from index.embedder import EmbeddingError
from index.embedding import Endpoint, PassageReader, precompute
from index.embedding import endpoint as endpoint_module

Serve = Callable[[Answer], str]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Return a function that starts a local server with an answer, and returns its address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ExitStack() as servers:
        yield lambda answer: servers.enter_context(answering(answer))


def vectors_of(asked: Mapping[str, Any], dimensions: int = 2) -> dict[str, Any]:
    """Return an answer with a vector for each text, of its length, the last text first."""
    data = [{"index": n, "embedding": [float(len(text))] * dimensions} for n, text in enumerate(asked["input"])]
    return {"data": data[::-1]}


def test_an_endpoint_returns_unit_vectors_in_the_order_of_the_texts(serve: Serve) -> None:
    def answer(handler: BaseHTTPRequestHandler, _: Mapping[str, Any]) -> None:
        say(handler, {"data": [{"index": 1, "embedding": [0, 5]}, {"index": 0, "embedding": [3, 4]}]})

    vectors = Endpoint(serve(answer), "m").passages(["一", "二"])

    assert vectors.tolist() == [pytest.approx([0.6, 0.8]), [0, 1]]


def test_a_request_has_the_model_the_key_and_the_input_type(serve: Serve) -> None:
    heard: list[tuple[str, str | None, object, object]] = []

    def answer(handler: BaseHTTPRequestHandler, asked: Mapping[str, Any]) -> None:
        heard.append((handler.path, handler.headers["Authorization"], asked["model"], asked.get("input_type")))
        say(handler, vectors_of(asked))

    endpoint = Endpoint(serve(answer), "bge-m3", "secret")
    endpoint.queries(["監視"])
    endpoint.passages(["監視"])

    assert heard == [("/v1/embeddings", "Bearer secret", "bge-m3", kind) for kind in ("query", "passage")]


def test_a_server_that_refuses_the_input_type_is_asked_without(serve: Serve) -> None:
    def answer(handler: BaseHTTPRequestHandler, asked: Mapping[str, Any]) -> None:
        refused = "input_type" in asked
        say(handler, {"error": "unknown field"} if refused else vectors_of(asked), 400 if refused else 200)

    vectors = Endpoint(serve(answer), "m").queries(["監視"])

    assert vectors.shape == (1, 2)


def test_a_thread_refused_while_another_finds_out_why_asks_without_too(serve: Serve) -> None:
    waits, goes_on = threading.Event(), threading.Event()

    def answer(handler: BaseHTTPRequestHandler, asked: Mapping[str, Any]) -> None:
        refused = "input_type" in asked
        if refused and asked["input"] == ["待つ"]:
            waits.set()
            goes_on.wait(10)
        say(handler, {"error": "unknown field"} if refused else vectors_of(asked), 400 if refused else 200)

    endpoint = Endpoint(serve(answer), "m")
    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(endpoint.passages, ["待つ"])
        waits.wait(10)
        endpoint.passages(["監視"])
        goes_on.set()

    assert late.result().shape == (1, 2)


def test_many_texts_are_sent_in_batches(serve: Serve) -> None:
    sizes: list[int] = []

    def answer(handler: BaseHTTPRequestHandler, asked: Mapping[str, Any]) -> None:
        sizes.append(len(asked["input"]))
        say(handler, vectors_of(asked))

    vectors = Endpoint(serve(answer), "m").passages(["語"] * 70)

    assert (sizes, vectors.shape) == ([32, 32, 6], (70, 2))


def test_passages_are_sent_again_to_a_busy_server(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "_RETRY_PAUSES", (0.0, 0.0))
    answers = iter([503, 429, 200])

    def answer(handler: BaseHTTPRequestHandler, asked: Mapping[str, Any]) -> None:
        say(handler, vectors_of(asked), next(answers))

    vectors = Endpoint(serve(answer), "m").passages(["監視"])

    assert vectors.shape == (1, 2)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"[" * 100_000,
        {"data": []},
        {"data": [{"index": 0}]},
        {"data": [{"index": 0, "embedding": ["x"]}]},
        {"data": [{"index": 0, "embedding": []}]},
        {"data": [{"index": 0, "embedding": [0.0, 0.0]}]},
        {"data": [{"index": 0, "embedding": [1e39, 1.0]}]},
        {"data": [{"index": 0, "embedding": 1.0}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]},
    ],
)
def test_an_invalid_answer_is_an_error_with_the_address(serve: Serve, body: object) -> None:
    url = serve(lambda handler, _: say(handler, body))

    with pytest.raises(EmbeddingError, match=f"{url}/embeddings answered no vectors"):
        Endpoint(url, "m").queries(["監視"])


def test_vectors_of_a_different_length_are_refused(serve: Serve) -> None:
    sizes = iter([2, 3])
    endpoint = Endpoint(serve(lambda handler, asked: say(handler, vectors_of(asked, next(sizes)))), "m")
    endpoint.queries(["監視"])

    with pytest.raises(EmbeddingError, match="answered 3 numbers a vector and 2 before"):
        endpoint.queries(["通知"])


def test_a_query_times_out_and_the_next_does_not_ask_the_server(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "_QUERY_TIMEOUT", 0.2)
    asked: list[object] = []
    begun, ended = threading.Event(), threading.Event()

    def answer(_handler: BaseHTTPRequestHandler, body: Mapping[str, Any]) -> None:
        asked.append(body["input"])
        begun.set()
        ended.wait(30)

    endpoint = Endpoint(serve(answer), "m")
    for text in ("監視", "通知"):
        with pytest.raises(EmbeddingError):
            endpoint.queries([text])
    begun.wait(30)  # the server may read what it is asked after the client has given up
    ended.set()

    assert asked == [["監視"]]


def test_a_server_that_sends_byte_by_byte_times_out(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "_QUERY_TIMEOUT", 0.3)
    ended = threading.Event()

    def answer(handler: BaseHTTPRequestHandler, _: Mapping[str, Any]) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not ended.is_set():
            try:
                handler.wfile.write(b" ")
            except OSError:
                return
            time.sleep(0.05)

    endpoint = Endpoint(serve(answer), "m")
    with pytest.raises(EmbeddingError, match="does not answer"):
        endpoint.queries(["監視"])
    ended.set()


def test_the_error_of_a_missing_server_says_what_to_do() -> None:
    with pytest.raises(EmbeddingError, match=r"does not answer .* is the server running"):
        Endpoint("http://127.0.0.1:9/v1", "m").queries(["監視"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "no model\n m; secret is unknown"}}, " (no model m; … is unknown)"),
        ({"error": "x" * 1000}, f" ({'x' * 200})"),
        ({"error": {"message": None, "code": 4}}, " (None)"),
        (b"<html>", ""),
        (b"[" * 100_000, ""),
    ],
)
def test_a_refusal_says_why_as_far_as_the_server_does_and_not_the_key(serve: Serve, body: object, said: str) -> None:
    url = serve(lambda handler, _: say(handler, body, 404))

    with pytest.raises(EmbeddingError) as error:
        Endpoint(url, "m", "secret").queries(["監視"])

    assert str(error.value) == f"{url}/embeddings answered 404 Not Found{said}; see [embedding] in kb.toml"


def test_redirects_are_not_followed(serve: Serve) -> None:
    elsewhere: list[object] = []
    other = serve(lambda handler, asked: (elsewhere.append(asked), say(handler, vectors_of(asked)))[1])
    url = serve(lambda handler, _: say(handler, b"", 307, Location=f"{other}/embeddings"))

    with pytest.raises(EmbeddingError, match="answered 307"):
        Endpoint(url, "m", "secret").queries(["監視"])

    assert elsewhere == []


def test_an_invalid_address_is_refused() -> None:
    with pytest.raises(EmbeddingError, match="write one like http"):
        Endpoint("file:///etc/passwd", "m")


def test_only_passages_without_a_precomputed_vector_are_embedded(tmp_path: Path) -> None:
    precompute(Characters(), ["監視", "通知"], tmp_path / "vectors.npz")
    model = Characters()

    vectors = PassageReader(model, None, tmp_path / "vectors.npz").passages(["通知", "監視と通知", "監視"])

    assert model.passages_made == ["監視と通知"]
    assert np.allclose(vectors, Characters().passages(["通知", "監視と通知", "監視"]), atol=0.01)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04damaged"])
def test_a_damaged_file_of_precomputed_vectors_is_ignored(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "vectors.npz").write_bytes(content)
    model = Characters()

    PassageReader(model, None, tmp_path / "vectors.npz").passages(["監視"])

    assert model.passages_made == ["監視"]


def reader_in(folder: Path | None, model: Reads | None = None, precomputed: str = "none.npz") -> PassageReader:
    """Return a reader that keeps what it reads in a folder."""
    return PassageReader(model or Reads(), folder, (folder or Path()) / precomputed)


def test_each_passage_is_read_once_and_its_scores_are_kept(tmp_path: Path) -> None:
    model = Reads()
    reader = reader_in(tmp_path / "kept", model)
    before = reader.of(["監視", "通知"])
    made = [reader.passages(["監視"]) for _ in range(2)]
    first = reader.of(["通知", "監視", "通知"], most_unread=1)
    another = reader_in(tmp_path / "kept", model).of(["監視", "通知"])

    assert before is None
    assert (first is not None, another is not None) == (True, True)
    assert (np.ravel(first).tolist(), np.ravel(another).tolist()) == ([2, 2, 2], [2, 2])
    assert model.passages_read == ["監視", "通知"]
    assert (made[0] == made[1]).all()


def test_more_unread_passages_than_may_be_read_now_are_not_read(tmp_path: Path) -> None:
    model = Reads()
    reader = reader_in(tmp_path, model)

    assert (reader.of(["監視", "通知"], most_unread=1), model.passages_read) == (None, [])
    assert reader.unread(["監視", "通知", "監視"]) == ["監視", "通知"]


def test_many_passages_are_kept_batch_by_batch(tmp_path: Path) -> None:
    reader, told = reader_in(tmp_path), list[tuple[int, int]]()
    passages = [str(number) for number in range(130)]

    def stop_at(done: int, total: int) -> None:
        told.append((done, total))
        if done == 128:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reader.read(passages, stop_at)

    assert (told, reader_in(tmp_path).unread(passages)) == ([(64, 130), (128, 130)], ["128", "129"])


def test_scores_that_come_along_need_no_reading(tmp_path: Path) -> None:
    precompute(Reads(), ["監視"], tmp_path / "vectors.npz")
    model, newer = Reads(), Reads()
    newer.reading = "characters, read otherwise"

    assert np.ravel(reader_in(tmp_path, model, "vectors.npz").of(["監視"])).tolist() == [2]
    assert reader_in(tmp_path, newer, "vectors.npz").of(["監視"]) is None
    assert model.passages_read == []


def test_scores_of_another_model_are_not_used(tmp_path: Path) -> None:
    reader_in(tmp_path).read(["監視"])
    newer = Reads()
    newer.reading = "characters, read otherwise"

    assert reader_in(tmp_path, newer).unread(["監視"]) == ["監視"]


@pytest.mark.parametrize("damage", [b"", b"no database" * 100, b"SQLite format 3\0" + bytes(5000)])
def test_damaged_scores_are_made_again(tmp_path: Path, damage: bytes) -> None:
    reader_in(tmp_path).read(["監視"])
    (file,) = tmp_path.glob("*.readings")
    file.write_bytes(damage)
    reader = reader_in(tmp_path)
    before = reader.of(["監視"])
    reader.read(["監視"])

    assert (before, np.ravel(reader_in(tmp_path).of(["監視"])).tolist()) == (None, [2])


def test_scores_with_a_damaged_byte_are_made_again(tmp_path: Path) -> None:
    reader_in(tmp_path).read(["監視", "通知"])
    (file,) = tmp_path.glob("*.readings")
    data = file.read_bytes()
    at = data.index(np.float16(2).tobytes() + zlib.crc32(np.float16(2).tobytes()).to_bytes(4, "little"))
    file.write_bytes(data[:at] + b"\x01" + data[at + 1 :])
    reader = reader_in(tmp_path)
    unread = reader.unread(["監視", "通知"])
    reader.read(unread)

    assert (len(unread), np.ravel(reader_in(tmp_path).of(["監視", "通知"])).tolist()) == (1, [2, 2])


@pytest.mark.parametrize("folder", [None, "file"])
def test_where_nothing_can_be_kept_the_scores_are_returned(tmp_path: Path, folder: str | None) -> None:
    (tmp_path / "file").touch()  # root may write into any folder, but not below a file
    reader = reader_in(tmp_path / folder / "kept" if folder else None)

    assert (np.ravel(reader.read(["監視"])).tolist(), reader.of(["監視"])) == ([2], None)
    assert np.ravel(reader.of(["監視"], most_unread=1)).tolist() == [2]


def read_all(reader: PassageReader, begin: int) -> None:
    for number in range(begin, begin + 30):
        reader.read([f"監視{number}"])


def test_threads_and_processes_keep_scores_at_the_same_time(tmp_path: Path) -> None:
    reader = reader_in(tmp_path / "kept")
    process = multiprocessing.get_context("spawn").Process(target=read_all, args=(reader, 0))
    process.start()
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(read_all, [reader] * 3, (20, 40, 60)))
    process.join(60)

    assert (process.exitcode, reader.unread(f"監視{number}" for number in range(90))) == (0, [])

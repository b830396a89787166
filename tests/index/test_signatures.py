"""Which texts may hold a phrase: never one too few, wherever the phrase stands."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.whoosh_engine import signatures
from index.whoosh_engine.columns import Texts
from index.whoosh_engine.signatures import Signatures

texts = st.lists(st.text("ab監", max_size=6).map(str.encode), max_size=5)


@given(texts, st.data(), st.integers(1, 9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_that_holds_a_piece_may_hold_it_however_many_are_worked_on_at_once(
    monkeypatch: pytest.MonkeyPatch, every: list[bytes], data: st.DataObject, length: int
) -> None:
    monkeypatch.setattr(signatures, "_BYTES_AT_ONCE", length)
    whole = data.draw(st.sampled_from(every or [b""]))
    begin = data.draw(st.integers(0, len(whole)))
    piece = whole[begin : data.draw(st.integers(begin, len(whole)))]

    found = Signatures(Texts.of(every)).may_hold(piece).tolist()

    assert set(found) >= {number for number, text in enumerate(every) if piece in text}

"""Recognises names typed in kana: alone (らむだ), or in a text without spaces (らむだの課金).

`NamesByReading` has the names. Here the analyser decides whether kana are a name or a word of the language.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from index.analysis import Morpheme
from index.readings import NamesByReading
from index.text import KANA, KATAKANA, hiragana, katakana

_MIN_NAME = 3  # kana
_KANA_RUN = re.compile("[ぁ-ゖァ-ヶー]{2,}(?![A-Za-zぁ-ゖァ-ヶー])")
_PARTICLE = re.compile("(?:[のをがにではともやへか]|って|なら|だけ|など|する|した)(?![ぁぃぅぇぉゃゅょー])")


class KanaNames:
    """Names by their readings, with an analyser of texts (`Analyzer.morphemes`)."""

    def __init__(self, readings: NamesByReading, morphemes: Callable[[str], Sequence[Morpheme]]) -> None:
        self.readings = readings
        self._morphemes = morphemes

    def of(self, kana: str) -> str | None:
        """Return the name with this reading; other long vowels mean it too if the kana are no word (どっか)."""
        if not KATAKANA.fullmatch(katakana(kana)):
            return None
        return self.readings.of(kana) or self._unless_word(kana, self.readings.with_other_length(kana))

    def similar(self, kana: str) -> str | None:
        """Return the name with the sound most similar to kana that are no word, or None."""
        return self._unless_word(kana, self.readings.near(kana))

    def is_in(self, text: str) -> bool:
        """Return whether a text is read like a name, or has one in its kana."""
        return bool(self.readings.of(text) or self.places(text))

    def places(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return the beginning and end of each name in a text.

        A name begins where kana begin or after a particle. It ends with the kana, before a particle, a word, or another
        name.
        """
        places, at = [], 0
        for begin in self._possible_begins(text):
            kana = _KANA_RUN.match(text, begin)
            if kana and begin >= at and (end := self._end_of_name(text, begin, kana.end())):
                places.append((begin, end))
                at = end
        return tuple(places)

    def _possible_begins(self, text: str) -> Iterator[int]:
        after = True  # the beginning of the text, another script, or a particle
        for morpheme in self._morphemes(text):
            if after and (morpheme.begin == 0 or not morpheme.is_particle):
                yield morpheme.begin
            after = morpheme.is_particle or not KANA.match(morpheme.surface[-1])

    def _end_of_name(self, text: str, begin: int, end_of_kana: int) -> int | None:
        """Return where the longest name at `begin` ends, or None. An exact reading precedes a similar one."""
        ends = range(end_of_kana, begin + _MIN_NAME - 1, -1)
        for end in ends:
            if self.of(text[begin:end]) and self._may_follow(text[end:end_of_kana]):
                return end
        for end in ends:
            if (end == end_of_kana or _PARTICLE.match(text, end)) and self.similar(text[begin:end]):
                return end
        return None

    def _may_follow(self, kana: str) -> bool:
        """Return whether kana may follow a name without a space."""
        if not kana or _PARTICLE.match(kana):
            return True
        return len(kana) >= _MIN_NAME and bool(self._is_word(kana) or self.readings.of(kana))

    def _unless_word(self, kana: str, name: str | None) -> str | None:
        return None if name and self._is_word(kana) else name

    def _is_word(self, kana: str) -> bool:
        """Return whether kana are a word of the dictionary; of proper nouns it has too many (ジャバー, ポーリー)."""
        return any(
            len(morphemes) == 1 and morphemes[0].is_known and morphemes[0].is_content and not morphemes[0].is_proper
            for morphemes in map(self._morphemes, (kana, katakana(kana), hiragana(kana)))
        )

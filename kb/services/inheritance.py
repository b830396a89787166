"""Which services a note may be about that it does not name: those named over and before it, and how."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from kb.report.model import Note
from kb.services.senses import Naming

_BEFORE = 6  # notes: what was named longer ago, and not above, is no candidate
_SHORT = 160  # characters that an opener has at most
_BEGIN = 3  # characters that may stand before a name with which a text begins: 「1. Lambda」
_WORDS_IN = 300  # characters of a note
_WORD = re.compile(r"[一-龠々]{1,6}|[ァ-ヶー]{2,12}|[A-Za-z][A-Za-z0-9]{1,14}")
# 「Lambdaを使う」, 「Lambda関数は」, 「ECSにした」: what a sentence speaks of; not a place or means (「S3に置いた」).
_TOPIC = re.compile(
    r"[\sA-Za-z0-9ァ-ヶー一-龠の]{0,12}(?:は|が|も|って|なら|だと|の場合|使(?=[いうえおっわ])|に(?:した|する|決め|移))"
    r"|[\sA-Za-z0-9ァ-ヶー一-龠]{0,12}を"  # not 「Lambdaのコードを」: that speaks of code
)
# 「EC2より」, 「EC2と比べて」, 「EC2ではなく」: what something is only measured against.
_MEASURED_AGAINST = re.compile(r"\s*(?:より|[とに]比べ|[とに]比較|と違|と異な|ではなく|じゃなく|でなく|以外)")
# 「ECSとEKSの違い」: what follows may be about either.
_COMPARISON = re.compile(r"比較|違い|使い分け|どちら|どっち|(?<![A-Za-z])vs(?![A-Za-z])", re.IGNORECASE)
# 「Lambdaを例に」, 「SQSで学ぶ」, 「(例: S3)」: what a title takes to show something else by.
_EXAMPLE = re.compile(
    r"\s*(?:など)?(?:を|の)?(?:例|題材|ケース)(?:に|と)|\s*(?:で|から)(?:学ぶ|学んだ|理解する|わかる|分かる|考える|見る|知る)"
)
_FOR_EXAMPLE_LENGTH = 8  # characters that it may be long
_FOR_EXAMPLE = re.compile(r"(?:例|たとえば|例えば)\s*[:：、]?\s*$")
# Who speaks, where the slides are, thanks and reactions are about the talk, not of its subject.
_READ_FOR_ASIDES = 1_000  # characters
_ASIDE = re.compile(
    r"\s*(?:自己紹介|会社紹介|登壇者|発表者|スピーカー|講師|資料|スライド|X投稿|プロフィール|経歴|所属|ハッシュタグ|感想|所感|余談|告知|宣伝"
    r"|https?://\S+\s*$|.{1,20}(?:さん|氏)。?\s*$)"
    r"|.*(?:ありがとうござ|お疲れ(?:様|さま)|頑張(?:る|ろう|りた)|がんば(?:る|ろう|りた)|(?:楽し|面白|おもしろ|凄|すご)(?:かった|い)(?:です)?(?:[。!！ー〜w笑]|$)"
    r"|勉強になった|参考になった|(?:気になる|聞きたい|試したい|使ってみたい|やってみたい)(?:[。!！ー〜]|$))"
)
_CONNECTORS = re.compile(r"[\s,、/／・&＆+＋()（）と:：]+")
_FULL_STOP = re.compile(r"[。.]\s*$")
_SENTENCE = re.compile(r"[。.!！?？]\s*$|[たるいすだ](?:[)）」]|\s*$)")
# What the title of a talk has beside it where no heading has it: a time, who speaks, quotes, a number.
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


_Section: TypeAlias = tuple[str | None, tuple[int, ...]]  # a talk, and the headings in it


@dataclass(frozen=True, slots=True)
class Origin:
    """A text over or before a note, that it may inherit services from: where it first names each, and how (`signs`)."""

    text: str
    line: int | None = None  # None for the title of a talk or a post
    namings: Mapping[str, Naming] = field(default_factory=dict)
    signs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def origin(text: str, line: int | None, namings: Sequence[Naming], *, heading: bool = False) -> Origin:
    """Return a text as one to inherit from; a heading or title that is a sentence passes on its topics alone."""
    if heading and _FULL_STOP.search(text):
        namings = [naming for naming in namings if _TOPIC.match(text, naming.end)]
    first = {naming.service: naming for naming in reversed(namings) if not _is_beside(text, naming)}
    if not first or _COMPARISON.search(text):
        return Origin(text, line)
    every = [f"of {min(len(first), 4)}", f"long {min(len(text) // 20, 4)}", *_title_signs(text)]
    every += ["bare"] * _is_bare(text, namings) + ["full stop"] * bool(_FULL_STOP.search(text))

    def signs(naming: Naming) -> tuple[str, ...]:
        topic = ["topic"] * bool(_TOPIC.match(text, naming.end)) + ["begins"] * (naming.begin < _BEGIN)
        return *every, *topic, *([f"as {text[naming.begin : naming.end].lower()}"] * naming.part)

    return Origin(text, line, first, {service: signs(naming) for service, naming in first.items()})


def _is_beside(text: str, naming: Naming) -> bool:
    """Tell whether something else is only measured against a service or shown by it."""
    before = text[max(0, naming.begin - _FOR_EXAMPLE_LENGTH) : naming.begin]
    after = _MEASURED_AGAINST.match(text, naming.end) or _EXAMPLE.match(text, naming.end)
    return bool(after or _FOR_EXAMPLE.search(before))


@dataclass(slots=True)
class Candidate:
    """A service that a note may be about, the nearest that names it, and what is true of the two."""

    service: str
    origin: Origin
    nearest: str
    features: list[str]


class Inheritance:
    """Tells the candidates of each note of a report, which are asked for in their order."""

    def __init__(self, notes: Sequence[Note], origins: Mapping[str | None, Origin]) -> None:
        """Take the notes in reading order, and by their ids those that name services."""
        self._origins = origins
        self._named: defaultdict[str | None, Counter[str]] = defaultdict(Counter)  # by talk: how many notes name each
        for note in notes:
            if note.id in origins:
                self._named[talk_of(note)].update(origins[note.id].namings.keys())
        self._asides = {note.text for note in notes if _ASIDE.match(note.text[:_READ_FOR_ASIDES])}
        self._place = -1
        self._lead: tuple[Note, _Section] | None = None
        self._begin(None)

    def _begin(self, talk: str | None) -> None:
        self._talk = talk
        self._last = dict[str, tuple[int, Note]]()  # where each was named last
        self._opener: Note | None = None

    def candidates(
        self, note: Note, own: Collection[str], headings: Sequence[Origin], title: Origin
    ) -> list[Candidate]:
        """Return the candidates of the next note, which names its `own`; its headings stand the nearest first.

        `title` is that of its talk, else of the post.
        """
        self._place += 1
        if talk_of(note) != self._talk:
            self._begin(talk_of(note))
        section = (talk_of(note), tuple(crumb.line for crumb in note.trail if not crumb.note))
        if note.type == "paragraph":
            self._lead = (note, section)
        aside = not self._asides.isdisjoint((note.text, *(crumb.text for crumb in note.trail)))
        found = {} if aside else self._found(note, section, own, headings, title)
        self._remember(note)
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
                if service in own or (names_own and sort == "parent"):  # 「EC2とEBS」 over 「EC2」: the note picks one
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
        """Yield the note itself where it names parts of services, then what stands over it, the nearest first."""
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
        for kind, one in (("lead", lead), ("opener", opener)):
            if one:
                rest.append((kind, self._origins.get(one.id) or Origin(one.text, one.line)))
        yield from sorted(rest, key=lambda one: -(one[1].line or 0))
        yield "talk" if note.talk else "post", title

    def _add_before(self, own: Collection[str], found: dict[str, Candidate], nearer: int) -> None:
        """Add what was named before the note, and to all when that was."""
        for since, (service, (place, other)) in enumerate(reversed(self._last.items())):
            if service in own or (service not in found and (since > 1 or nearer or self._place - place > _BEFORE)):
                continue
            ago = _about(self._place - place)
            if service not in found:
                above = self._origins[other.id]
                features = ["nearest before", f"nearer {min(nearer, 3)}", f"nearest before {ago}"]
                features += _combined("before", above.signs[service])
                found[service] = Candidate(service, above, "before", features)
            found[service].features += [f"before {ago}", f"since {min(since, 4)}"]

    def _add_common(self, note: Note, own: Collection[str], found: Mapping[str, Candidate]) -> None:
        """Add to candidates what is true of the note, and how often its talk names each."""
        text = note.text.strip()
        words = dict.fromkeys(map(str.lower, _WORD.findall(text[:_WORDS_IN])))
        beside = [
            f"own {min(len(own), 3)}",
            note.type,
            "talk" if note.talk else "no talk",
            f"{min(len(found), 5)} candidates",
        ]
        common = [*beside, f"length {min(len(text) // 12, 6)}"]
        common += [f"ends {text[-length:]}" for length in (1, 2, 3)]
        counts = self._named[self._talk]
        most = max(counts.values(), default=0)
        for rank, candidate in enumerate(found.values()):
            count, nearest = counts[candidate.service], candidate.nearest
            candidate.features += (*common, *_combined(nearest, tuple(beside)))
            candidate.features += [f"rank {min(rank, 4)}", f"named {_about(count)}"]
            candidate.features += ["most named", f"{nearest} | most named"] * (count == most > 0)
            candidate.features += [f"{word} of {candidate.service}" for word in words]

    def _remember(self, note: Note) -> None:
        signs = _title_signs(note.text)
        if note.depth == 0 and len(note.text) < _SHORT and "no sentence" in signs and len(signs) > 1:
            self._opener = note
        for service in self._origins[note.id].namings if note.id in self._origins else ():
            self._last.pop(service, None)  # the latest named stand last
            self._last[service] = (self._place, note)


def talk_of(note: Note) -> str | None:
    """Return the id of a note's talk."""
    return note.talk.id if note.talk else None


def _title_signs(text: str) -> list[str]:
    """Return what a text has of a talk's title: 「10:20 「EKSの勘所」 山田さん（あいう社）」."""
    signs = [sign for sign, pattern in _SIGNS.items() if pattern.search(text[:_SHORT])]
    return signs if _SENTENCE.search(text[:_SHORT]) else [*signs, "no sentence"]


def _is_bare(text: str, namings: Sequence[Naming]) -> bool:
    """Tell whether a text is nothing but services: 「EC2とEBS」, but not 「EC2の起動方法」."""
    rest, place = "", 0
    for naming in namings:
        rest += text[place : naming.begin]
        place = naming.end
    return not _CONNECTORS.sub("", rest + text[place:])


@lru_cache(4096)  # a report has few
def _combined(one: str, others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{one} {other}" for other in others)


def _about(count: int) -> str:
    """Return how many, the roughlier the more."""
    return next((f"{most} or more" for most in (13, 7, 4) if count >= most), str(count))

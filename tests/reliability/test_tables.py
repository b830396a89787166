"""Any kb.toml is used, or refused in one line, and never ends in a traceback."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from kb.cli.group import cli
from kb.library.configuration import Configuration, parse_whole
from kb.library.tables import ConfigurationError

VALUES = (
    *("1", "-1", "true", "0.5", "1e400", "nan", "-inf", "9" * 400, "1" * 5000, f"0x{'f' * 5000}", "0o7", "1_000"),
    *(
        '""',
        '" "',
        '"-"',
        '"\\u0000"',
        '"\\u001b[31m"',
        '"\\u202e"',
        '"\\U0010ffff"',
        '"\\ud800"',
        "'''\n'''",
        '"\\',
        '"',
    ),
    *(f'"{"あ" * 300}"', f'"{"é" * 100_000}"', "'\"'", '"sqs"', '"aws"', '"none"', '"advice"', '"質問"'),
    *("2018-03-10", "2018-02-30", "2018-03-10T10:00:00Z", "10:00:00", '"2018-13-45"', '"２０１８"', '"2018-02"'),
    *('"http://["', '"http://a:x"', '"http://a:99999999"', '"https://example.com/"', '"../../a.md"', '"q=a&b"'),
    *("[]", "[[]]", '[1, "a"]', '["a", ["b"]]', '["a", "a"]', '[""]', '["\\n"]', "{}", "{a = 1}", '{"" = ""}'),
    *(f"{'[' * 300}{']' * 300}", f"{'{a = ' * 90}1{'}' * 90}", f"[{'1, ' * 20_000}]", f"""[{'"a", ' * 20_000}]"""),
)
KEYS = {
    "": (
        "domain",
        "ignore",
        "embedding",
        "engine",
        "reports",
        "searches",
        "words",
        "services",
        "ignored",
        "catagories",
    ),
    "[embedding]": ("url", "model", "urls"),
    "[engine]": ("url", "index", "region", "shards", "replicas", "password"),
    '[reports."a.md"]': ("event", "date", "published", "url", "former", "days"),
    '[talks."a/b"]': ("speakers", "speaker"),
    '[notes."a/b"]': ("add", "remove", "kind", "kinds"),
    '[points."a/b"]': ("same", "apart"),
    '[feeds."https://example.com/feed"]': ("seen", "saw"),
    "[[searches]]": ("name", "address", "adress"),
    "[categories]": ("house", "compute", '""', '"\\u0007"'),
    "[services.portal]": ("name", "category", "short_name", "aliases", "features", "common", "context", "alias"),
    "[words]": ('"冪等"', "retry", '""', f'"{"長" * 200}"', '"\\u202e"'),
    '[reports."\\u001b"]': ("event",),
    "[services.'']": ("name", "category"),
    "[[words]]": ("a",),
    "[points.'a.b'.c]": ("a.b.c", "'a'.\"b\"", f"{'a.' * 40}a"),
}


def hostile(chance: Random) -> bytes:
    """Return a hostile kb.toml."""
    lines = []
    for header in sorted(chance.sample([*KEYS], chance.randint(1, 4)), key=bool):  # what stands in no table comes first
        keys = chance.sample(KEYS[header], min(len(KEYS[header]), chance.randint(1, 3)))
        lines += [header, *(f"{key} = {chance.choice(VALUES)}" for key in keys)]
    text = "\n".join(lines)
    data = text.encode(chance.choices(("utf-8", "utf-16", "utf-8-sig"), (20, 1, 1))[0], "replace")
    at = chance.randrange(len(data))
    changed = (
        data[:at],
        data + b"\n" + data,
        data[:at] + chance.randbytes(3) + data[at:],
        data[:at] + b"\xef\xbb\xbf" + data[at:],
        data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\0\n"))),
    )
    return chance.choices((data, chance.choice(changed)), (3, 1))[0]


def large() -> Iterator[str]:
    """Yield tables of 20,000 entries."""
    every, kanji = range(20_000), "一二三四五六七八九十百千万円時日月年人大小中上下左右山川田目口耳手足力気水火木金土"
    chance = Random(1)  # noqa: S311
    yield "[words]\n" + "\n".join(f'"言葉{one}" = ["word{one}", "ことば{one}"]' for one in every)
    yield "[words]\n" + "\n".join(f'"{"".join(chance.choices(kanji, k=60))}" = []' for _ in every)
    yield "\n".join(f'[[searches]]\nname = "{one}"\naddress = "q={one}"' for one in every)
    yield "\n".join(f'[notes."a/{one}"]\nadd = ["sqs"]' for one in every)
    yield "\n".join(f'[reports."{one}.md"]\nevent = "{one}"' for one in every)


def told(data: bytes) -> str | None:
    """Return the problem of a kb.toml, None if it is used."""
    try:
        assert isinstance(parse_whole(data), Configuration)
    except ConfigurationError as error:
        return str(error)
    return None


def check(data: bytes) -> None:
    """Assert that a kb.toml is used, or refused in a line that a terminal can show."""
    if (wrong := told(data)) is not None:
        assert wrong.isprintable(), data[:1000]
        assert 0 < len(wrong) < 600, data[:1000]


def test_any_kb_toml_is_used_or_refused_in_one_line() -> None:
    chance = Random(20261128)  # noqa: S311
    for _ in range(300):
        check(hostile(chance))


def test_too_many_words_are_refused_in_one_line() -> None:
    assert [*map(told, map(str.encode, large()))] == [
        None,
        (
            "[words] and [services] hold more than 200,000 characters, beginnings that words have in common counted "
            "once; take out what no report uses"
        ),
        "more than 50 [[searches]]; take some out",
        None,
        None,
    ]


def commands(library: Path, data: bytes) -> None:
    """Assert that no command crashes on a kb.toml, and that sync, status and check report it in one line."""
    (library / "kb.toml").write_bytes(data)
    place = ["--library", str(library), "--index", str(library.with_name("index"))]
    wrong = told(data)
    for command in (["sync"], ["search", "SQS"], ["status"]):
        ran = CliRunner().invoke(cli, [*command, *place])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), (command, data[:1000], ran.exception)
        assert ran.exit_code in (0, 1, 2), (command, data[:1000], ran.output)
        assert "Traceback" not in ran.output, (command, data[:1000])
        told_of = [line for line in ran.output.splitlines() if "kb.toml: not used: " in line]
        assert len(told_of) == (wrong is not None and command != ["search", "SQS"]), (command, data[:1000], ran.output)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text("# 会 2018\n\n- SQS は二度届く\n", "utf-8")
    return tmp_path / "library"


@pytest.mark.parametrize(
    "data", [b"ignore = 0xf" + b"f" * 5000, b'domian = "none"', b"\xff", b"[services.portal]\nname = 'SQS'\n"]
)
def test_no_command_crashes_on_an_invalid_kb_toml(library: Path, data: bytes) -> None:
    commands(library, data)


@pytest.mark.soak
def test_no_command_crashes_on_hundreds_of_hostile_kb_toml(library: Path) -> None:
    seed = secrets.randbelow(2**32)
    print(f"seed {seed}")
    chance, parsed, run = Random(seed), 20_000, 300  # noqa: S311
    for _ in range(parsed):
        check(hostile(chance))
    for data in (*(hostile(chance) for _ in range(run)), *map(str.encode, large())):
        commands(library, data)
    print(f"{parsed} read, {run} by three commands")

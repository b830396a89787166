"""The words that are found as each other: spellings of the field's words, and one-word names of services."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kb.services.catalogue import Catalogue


@cache
def spellings() -> Mapping[str, str]:
    """Return the other spellings of the field's words, each with the usual one."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {other: usual for usual, others in table["spellings"].items() for other in others}


def variants(catalogue: Catalogue) -> dict[str, str]:
    """Return every word that shall be found as another, for the analyzer (ラムダ to lambda, サーバレス to サーバーレス)."""
    return {**spellings(), **catalogue.variants()}

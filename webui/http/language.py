"""Chooses the language: from the address, else the cookie, else Accept-Language."""

import re
from urllib.parse import quote, urlencode

from flask import Flask, Response, request
from markupsafe import Markup

from kb.translation import NOTES, _, language, language_name, languages, set_language
from kb.wording import KINDS

KEY = "lang"
COOKIE = "kb_lang"
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")  # kana and kanji
_MAX_AGE = 365 * 24 * 3600  # seconds


def speak(app: Flask) -> None:
    """Make an app answer each request in its language, and remember the one that an address asks for."""

    @app.before_request
    def choose() -> None:
        known = languages()
        requested = (request.args.get(KEY), request.cookies.get(COOKIE))
        preferred = request.accept_languages.best_match(known, NOTES)
        set_language(next((name for name in requested if name in known), preferred))

    @app.context_processor
    def kinds() -> dict[str, object]:
        return {"kinds": {kind: _(label) for kind, label in KINDS.items()}}

    @app.after_request
    def remember(response: Response) -> Response:
        if request.endpoint != "static":
            response.vary.update(("Accept-Language", "Cookie"))
        if request.args.get(KEY) in languages():
            response.set_cookie(COOKIE, language(), max_age=_MAX_AGE, samesite="Lax", secure=request.is_secure)
        return response


def of_data(text: str | None = None) -> Markup:
    """Return the attribute that marks an element as being in the notes' language, if the page is in another.

    If `text` is given, return the attribute only for Japanese text: names of events often are not.
    """
    if language() == NOTES or (text is not None and not _JAPANESE.search(text)):
        return Markup("")
    return Markup(' lang="{}"').format(NOTES)


def others() -> list[tuple[str, str, str]]:
    """Return the other languages, each with its own name and the address of this page in it."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != KEY]
    path = quote(request.path) if request.method == "GET" else "/"
    return [
        (name, language_name(name), f"{path}?{urlencode([*kept, (KEY, name)])}")
        for name in languages()
        if name != language()
    ]

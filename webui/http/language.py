"""Which language an answer is in: the one its address asks for, or that was asked for before, or is preferred."""

import re
from urllib.parse import quote, urlencode

from flask import Flask, Response, request
from markupsafe import Markup

from kb.translation import language, set_language
from webui.texts import LANGUAGES

KEY = "lang"
COOKIE = "kb_lang"
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")  # kana and kanji
_A_YEAR = 365 * 24 * 3600  # seconds


def speak(app: Flask) -> None:
    """Make an app answer each request in its language, and remember the one that was asked for."""

    @app.before_request
    def choose() -> None:
        asked = (request.args.get(KEY), request.cookies.get(COOKIE))
        preferred = request.accept_languages.best_match(LANGUAGES, next(iter(LANGUAGES)))
        set_language(next((language for language in asked if language in LANGUAGES), preferred))

    @app.context_processor
    def words() -> dict[str, object]:  # as they are, not by a proxy: a page looks up hundreds
        said = LANGUAGES[language()]
        return {"t": said, "kinds": said.shared.KINDS}

    @app.after_request
    def remember(response: Response) -> Response:
        if request.endpoint != "static":
            response.vary.update(("Accept-Language", "Cookie"))
        if request.args.get(KEY) in LANGUAGES:
            response.set_cookie(COOKIE, language(), max_age=_A_YEAR, samesite="Lax", secure=request.is_secure)
        return response


def of_data(text: str | None = None) -> Markup:
    """Return what marks an element as being in the language of the notes, where the page itself is in another.

    Given its text it does so only where that is Japanese: the name of an event often is not.
    """
    notes = next(iter(LANGUAGES))
    if language() == notes or (text is not None and not _JAPANESE.search(text)):
        return Markup("")
    return Markup(' lang="{}"').format(notes)


def others() -> list[tuple[str, str, str]]:
    """Return each other language with its own name and the address of the page that is being shown in it."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != KEY]
    path = quote(request.path) if request.method == "GET" else "/"
    return [
        (key, LANGUAGES[key].LANGUAGE_NAME, f"{path}?{urlencode([*kept, (KEY, key)])}")
        for key in LANGUAGES
        if key != language()
    ]

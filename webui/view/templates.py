"""The environment of the templates: the functions and filters that they call, and how text becomes HTML."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined
from jinja2.runtime import Context
from markupsafe import Markup, escape

from index.query import Query
from kb import wording as shared_wording
from kb.knowledge_base import KnowledgeBase
from kb.report.identity import slug
from kb.report.problems import grouped
from kb.translation import NOTES, _, language, ngettext, pgettext, translate
from webui import wording
from webui.http.address import address_of, page_address, web_address
from webui.http.language import of_data, others
from webui.view.cached import examples, syntax
from webui.view.report import place_url

_STATIC = Path(__file__).parents[1] / "static"
_BEGIN, _END, _JOINED = Markup("<mark>"), Markup("</mark>"), Markup("")


class _Context(Context):
    """The names of a template, with cheaper calls.

    For each call Jinja asks four times whether the function wants the context. A page makes a thousand calls, so this
    takes a fifth of its time.
    """

    def call(self, function: Callable[..., object], *arguments: object, **named: object) -> object:
        """Call a function that a template names."""
        if hasattr(function, "jinja_pass_arg"):
            return super().call(function, *arguments, **named)
        named.pop("_loop_vars", None)
        named.pop("_block_vars", None)
        return function(*arguments, **named)


def prepare_templates(
    app: Flask, knowledge_base: KnowledgeBase, today: Callable[[], date], **functions: Callable[[], object]
) -> None:
    """Set up the template environment of an app, with further global `functions`. Unknown names are errors."""
    app.jinja_options = {
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "extensions": ["jinja2.ext.i18n"],
    }
    # Old style: a translation is escaped like any other text. Its {placeholders} are those of the code.
    environment = app.jinja_env
    environment.context_class = _Context
    environment.install_gettext_callables(_, ngettext, newstyle=False, pgettext=pgettext)  # type: ignore[attr-defined]
    collection = knowledge_base.collection
    versions = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:8] for file in _STATIC.iterdir()}
    environment.globals.update(
        functions,
        kb=knowledge_base,
        _=_,
        wording=wording,
        shared=shared_wording,
        translate=translate,
        language=lambda: language().replace("_", "-"),
        notes_language=NOTES,
        short_name=lambda slug: collection.catalogue.short_name(slug),  # noqa: PLW0108  # the catalogue may change
        similar_in=lambda note: shared_wording.similar(note.cosine, map(collection.catalogue.name, note.services)),
        today=today,
        everything=Query(),
        examples=examples(knowledge_base),
        syntax=syntax(knowledge_base),
        other_languages=others,
        of_data=of_data,
        page_address=page_address,
        place_url=lambda note: place_url(note, collection.contents()),
        address_of=address_of,
        slug=slug,
        marked=marked,
        gathered=grouped,
        web_address=web_address,
        static=lambda name: f"/static/{name}?v={versions[name]}",
    )
    # Filter lists have hundreds of boxes, and Jinja calls a filter at a third of the cost of a global.
    environment.filters.update(checkbox=checkbox)


def marked(text: str, marks: Iterable[tuple[int, int]]) -> Markup:
    """Return a text as HTML with ranges of code points in `<mark>`; overlapping ranges are joined."""
    html, done = list[Markup](), 0
    for begin, end in sorted(marks):
        start = max(begin, done)
        if end <= start:
            continue
        html += escape(text[done:start]), _BEGIN, escape(text[start:end]), _END
        done = end
    return _JOINED.join([*html, escape(text[done:])])


@lru_cache(2_000)  # a page has hundreds, and the next page mostly the same
def checkbox(group: str, value: str, name: str, selected: bool) -> Markup:  # noqa: FBT001  # called as a filter
    """Return the box that selects a value of a group."""
    checked = Markup(" checked") if selected else ""
    box = Markup('<input type="checkbox" form="search" name="{0}" value="{1}"{2}> <span>{3}</span>')
    return box.format(group, value, checked, name)

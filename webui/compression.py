"""Answers made smaller on their way, for browsers that take gzip."""

import gzip

from flask import Flask, Response, request

_WORTH = 1000  # bytes from which it is
_LEVEL = 1  # 6 makes a page of results a sixth smaller and takes four times as long, more than the search itself
_KINDS = ("text/", "application/json", "application/javascript", "image/svg+xml")


def compress(app: Flask) -> None:
    """Make an app compress what is text and long enough.

    No page holds a secret, so the length of an answer gives none away (BREACH).
    """

    @app.after_request
    def smaller(response: Response) -> Response:
        response.vary.add("Accept-Encoding")
        if (
            response.status_code != 200  # noqa: PLR2004
            or not request.accept_encodings["gzip"]
            or response.content_encoding
            or not (response.mimetype or "").startswith(_KINDS)
        ):
            return response
        response.direct_passthrough = False  # files are read here rather than handed to the server
        data = response.get_data()
        if len(data) >= _WORTH:
            response.set_data(gzip.compress(data, _LEVEL, mtime=0))
            response.content_encoding = "gzip"
        return response

"""Every text of the page that a reader sees, in Japanese and in this one place."""

from webui.texts import shared_ja as ja
from webui.texts.ja.adding import *  # noqa: F403 (all are one room, and too long for one file)
from webui.texts.ja.browsing import *  # noqa: F403
from webui.texts.ja.labels import *  # noqa: F403
from webui.texts.ja.sentences import *  # noqa: F403

shared = ja  # what commands say too
day = ja.day

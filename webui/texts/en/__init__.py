"""Every text of the page that a reader sees, in English and in this one place."""

from webui.texts import shared_en as en
from webui.texts.en.adding import *  # noqa: F403 (all are one room, and too long for one file)
from webui.texts.en.browsing import *  # noqa: F403
from webui.texts.en.labels import *  # noqa: F403
from webui.texts.en.sentences import *  # noqa: F403

shared = en  # what commands say too
day = en.day

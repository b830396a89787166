"""Every text of the page that a reader sees, in English and in this one place."""

from kb.texts import en
from webui.texts.en.labels import *  # noqa: F403 (both are one room, and too long for one file)
from webui.texts.en.sentences import *  # noqa: F403

shared = en  # what commands say too

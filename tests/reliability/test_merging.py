"""Merges of events and people, their undo, and answers to proposals are whole or not at all, killed at any moment."""

import multiprocessing
import os
import signal
from itertools import count
from pathlib import Path
from random import Random
from time import sleep

import pytest
from flask.testing import FlaskClient
from scenes import KEPT, Scene

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.library.rewriting import configuration_bytes
from webui.app import create_app

SEED = 2018
FORK = multiprocessing.get_context("fork")
OURS = {"Sec-Fetch-Site": "same-origin"}
OTHER = KEPT.replace("見本勉強会 2018", "みほん勉強会 2018").replace("受け取った", "届いた")
SPEAKERS = ("- 登壇者：hanako_y\n", "- 登壇者：HanakoY\n")
OWN = '# 手で書いた行\n[words]\n"冪等" = ["べきとう"]\n'
EVENT = {"of": "みほん勉強会-2018", "with": "見本勉強会 2018", "shown": "見本勉強会 2018"}
PERSON = {"of": "hanako_y", "with": "HanakoY", "shown": "HanakoY"}
PROPOSED = {"what": "people", "name": "HanakoY", "shown": "hanako_y", "answer": "no"}
LINES = (
    '[events]\n"みほん勉強会 2018" = "見本勉強会 2018"\n',
    '[people]\nhanako_y = "HanakoY"\n',
    '[different.people]\nHanakoY = ["hanako_y"]\n',
)


def prepared(scene: Scene) -> None:
    for name, text, speaker in zip(("kept.md", "other.md"), (KEPT, OTHER), SPEAKERS, strict=True):
        scene.write(name, text.replace("付き合う\n\n", f"付き合う\n\n{speaker}"))
    scene.write("kb.toml", OWN)
    scene.opened().indexer.sync()


def posted(client: FlaskClient, path: str, form: dict[str, str]) -> str:
    """Return the key of the undo entry of a change; it must succeed."""
    response = client.post(path, data=form, headers=OURS)
    assert response.status_code == 303, response.text
    return response.headers["Location"].partition("done=")[2].partition("&")[0].partition("#")[0]


def work(scene: Scene, done: Path) -> None:
    """Merge, undo and redo without end, from whatever state is there."""
    client = create_app(scene.opened()).test_client()
    for step in count():
        text = (scene.library / "kb.toml").read_text("utf-8")
        changes = (("/merge/events", EVENT), ("/merge/people", PERSON), ("/todo/same", PROPOSED))
        splits = (
            ("/split/events", {"of": "見本勉強会-2018", "name": "みほん勉強会 2018"}),
            ("/split/people", {"of": "HanakoY", "name": "hanako_y"}),
        )
        which = step % 3
        if which == 2 and LINES[1] in text:
            continue  # one person, of whom nothing is proposed
        if LINES[which] in text:
            if which == 2:
                continue
            client.post("/sync", headers=OURS)
            deed = posted(client, *splits[which])
        else:
            deed = posted(client, *changes[which])
        for _ in range(2):
            deed = posted(client, "/undo", {"change": deed})
        done.write_bytes(done.read_bytes() + b".")


def wrong(scene: Scene) -> list[str]:
    """Return what is half done: in kb.toml, or in the index after a sync, compared with a new one."""
    text = (configuration_bytes(scene.library / "kb.toml") or b"").decode()
    rest = text
    for lines in LINES:
        rest = rest.replace(lines, "")
    problems = [rest] if rest.split() != OWN.split() else []
    knowledge_base = scene.opened()
    knowledge_base.indexer.sync()
    new = KnowledgeBase.open(scene.library, scene.folder / "new")
    new.indexer.sync()
    return problems + ([] if answers(knowledge_base) == answers(new) else [text])


def answers(knowledge_base: KnowledgeBase) -> tuple[object, ...]:
    answer = knowledge_base.searcher.search(Query(limit=None, facets=("event", "speaker", "talk"), sort="position"))
    return knowledge_base.browser.reports(), answer.facets, [hit.note for hit in answer.hits]


@pytest.mark.parametrize("kills", [2, pytest.param(60, marks=pytest.mark.soak)])
def test_killed_in_merges_and_undos_nothing_is_lost_or_half_done(tmp_path: Path, kills: int) -> None:
    scene, done, random = Scene(tmp_path / "scene"), tmp_path / "done", Random(SEED)  # noqa: S311
    prepared(scene)
    done.touch()
    found, killed = [], 0
    for _ in range(kills):
        before = done.stat().st_size
        worker = FORK.Process(target=work, args=(scene, done))
        worker.start()
        while done.stat().st_size == before and worker.is_alive():  # however slow the machine is
            sleep(0.01)
        sleep(random.uniform(0, 1))
        assert worker.pid
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        killed += worker.exitcode == -signal.SIGKILL
        found += wrong(scene)

    print(f"merge: seed {SEED}, {killed} kills, {done.stat().st_size} rounds of do, undo, redo; {len(found)} wrong")
    assert (found, killed) == ([], kills)

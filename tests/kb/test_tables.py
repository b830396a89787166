"""A misspelt key in any data file is told in one line: the file, the table, the key, what was meant, what there is."""

import re
import shutil
from pathlib import Path

import pytest

import kb
from index import datafiles
from index.datafiles import TableError, Texts
from kb.services.changes import ClaimWords
from kb.services.domain_files import read
from kb.talks.words import WordList

TYPES = {
    "talks/words.toml": dict[WordList, Texts],
    "services/claims.toml": ClaimWords,
}
AWS = "domains/aws"


@pytest.mark.parametrize(
    ("name", "written", "misspelt", "wrong"),
    [
        (f"{AWS}/names.toml", "longer =", "loonger =", "unknown key 'loonger' (did you mean 'longer'?); known are "),
        (f"{AWS}/vocabulary.toml", "[slips]", "[slip]", "unknown key 'slip' (did you mean 'slips'?); known are "),
        (
            f"{AWS}/vocabulary.toml",
            "reading =",
            "read =",
            "has unknown key 'read' (did you mean 'reading'?); known are ",
        ),
        (
            f"{AWS}/services/compute.toml",
            "aliases =",
            "alises =",
            "has unknown key 'alises' (did you mean 'aliases'?); ",
        ),
        (f"{AWS}/services/compute.toml", "until =", "untill =", "has unknown key 'untill' (did you mean 'until'?); "),
        (
            f"{AWS}/services/containers.toml",
            "source =",
            "sorce =",
            "has unknown key 'sorce' (did you mean 'source'?); ",
        ),
        (f"{AWS}/changes/lambda.toml", "unless =", "unles =", "has unknown key 'unles' (did you mean 'unless'?); "),
        (f"{AWS}/services/integration.toml", "[appflow]", "[lambda]", "[lambda] is also in compute.toml; "),
        (f"{AWS}/changes/messaging.toml", '["sqs"]', '["sqqs"]', "has unknown service 'sqqs'; "),
        (f"{AWS}/changes/messaging.toml", 'old = "', "old = ", "Invalid value (at line "),
        (f"{AWS}/changes/messaging.toml", "<limit:", "<limt:", "has unknown <limt>; "),
        (f"{AWS}/changes/lambda.toml", "new =", "now =", "has unknown key 'now' (did you mean 'new'?); "),
        (
            "talks/words.toml",
            "going =",
            "goin =",
            "cannot be 'goin' (did you mean 'going'?); write one of event, ",
        ),
        (
            "services/claims.toml",
            "denied =",
            "denid =",
            "unknown key 'denid' (did you mean 'denied'?); known are ",
        ),
    ],
)
def test_a_misspelt_key_is_told_in_one_line_with_what_was_meant(
    tmp_path: Path, name: str, written: str, misspelt: str, wrong: str
) -> None:
    shutil.copytree(Path(kb.__file__).parent / AWS, tmp_path / AWS)
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    text = (Path(kb.__file__).parent / name).read_text("utf-8")
    file.write_text(re.sub(rf"(?<![a-z_]){re.escape(written)}", misspelt, text), "utf-8")

    with pytest.raises(TableError) as error:
        datafiles.table(tmp_path, name, TYPES[name]) if name in TYPES else read(tmp_path / AWS)

    told = str(error.value)
    assert (told.startswith(f"{file}: "), wrong in told, "\n" in told) == (True, True, False), told

"""What `make release` asks an installed kb for, in an empty folder: whether it is the installed one, a search, a page.

It is run by the Python of that environment and needs nothing else.
"""

import json
import subprocess
import sys
import sysconfig
import urllib.request
from pathlib import Path

import kb.knowledge_base

KB = Path(sys.executable).with_name("kb")
INSTALLED = Path(sysconfig.get_path("purelib"))


def main() -> None:
    """Fail where something is not as it should be; else tell what was found."""
    assert Path(kb.knowledge_base.__file__).is_relative_to(INSTALLED), kb.knowledge_base.__file__
    subprocess.run([KB, "sync"], check=True, capture_output=True)
    searched = subprocess.run([KB, "search", "SQS", "--limit", "1", "--json"], check=True, capture_output=True)
    text = json.loads(searched.stdout.splitlines()[0])["text"]
    with subprocess.Popen([KB, "--lang", "en", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            address = next(word for line in server.stdout for word in line.split() if word.startswith("http://"))
            page = urllib.request.urlopen(f"{address.rstrip('/')}/?q=SQS").read().decode()
        finally:
            server.terminate()
    assert "<h1" in page, page
    assert "SQS" in text, text
    version = subprocess.check_output([KB, "--version"], text=True).strip()
    print(f"{version}; found: {text}; a page of {len(page)} characters")


if __name__ == "__main__":
    main()

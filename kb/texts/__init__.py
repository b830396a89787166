"""What people read, one room a language; what is a sentence in English is found in the catalogues of the others."""

from pathlib import Path

CATALOGUES = Path(__file__).parent / "catalogues"
DOMAIN = "kb"  # what gettext calls the catalogue: catalogues/ja/LC_MESSAGES/kb.mo

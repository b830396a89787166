"""What the page says, in English, of notes that are taken away: saved, quoted, printed."""

EXPORT_NAME = "session-notes"
EXPORT_CSV = "CSV"
EXPORT_MARKDOWN = "Markdown"
EXPORT = "Save this result"
COLUMNS = (
    "Note",
    "Kind",
    "Services",
    "Trail",
    "Talk or report",
    "Speakers",
    "Event",
    "Date",
    "File",
    "Line",
    "Address",
)
CITATION = "Quotation"
CITE = "Quote"
CITE_LABEL = "Copy as a quotation"
COPIED = "Copied"
SHEET = "Quotation sheet"
SHEET_CHOSEN = "Chosen notes"
SHEET_ONLY = "Keep the chosen notes only"
SHEET_HOW = "In print there are the quotations with their sources, and nothing else. Choose notes to keep only those."
SHEET_SEARCH = "Open this search"
SHEET_NONE = "There is no note to quote."
CHOOSE = "Choose this note"
PRINT = "Print"


def sheet_bound(shown: int, total: int) -> str:
    """Return that a sheet shows the first notes of many."""
    return f"These are the first {shown:,} of {total:,} notes. Markdown and CSV have all."

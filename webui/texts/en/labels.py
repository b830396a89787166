"""The labels of the page in English: what stands on it whatever was found."""

from kb.readers.formats import LABELS
from kb.search.facets import FACETS
from kb.search.search_box import WORD
from kb.translation import _, in_language
from webui.texts import shared_en as en

FORMATS = ", ".join({"text": "plain text"}.get(label, label) for label in LABELS)
LANGUAGE, LANGUAGE_NAME = "en", "English"
SITE = "Session notes"
SITE_PURPOSE = "Search notes of talks and conferences by AWS service and by words"
SKIP = "Skip to the content"
SKIP_TO_RESULTS = "Skip to the results"
SEARCH_LABEL = "Search the notes"
FOR_EXAMPLE = "e.g. {example}"
EXAMPLES = ("SQS", "Lambda", "DynamoDB", "Kubernetes", "CloudFormation", "Step Functions")
WHY_HERE = (
    "Unlike grep, it finds other words for the same: short names, kana, slips, what means the like.",
    "Unlike the search of a wiki, it knows which service a note is about, and what has changed since.",
    "Unlike a notebook, it tells who said it, when, and in which talk.",
)
KIND_EXAMPLES = {"advice": "Advice only", "problem": "Problems only", "question": "Questions only"}
SEARCH = "Search"
SYNTAX_TITLE = "How to write a search"
SYNTAX = (
    ('"{phrase}"', "between quotes: exactly this, in a row"),
    ("{service} -{other}", "without the word behind the minus"),
    ("{service} OR {other}", "any of them; ( ) keeps words together"),
    ("service:{slug} kind:{kind}", "of this value; also event:, speaker:, state:"),
    ("year:{year}", "of this year; also before:{year}, after:{year}"),
)
PHRASES = ("best practice", "cold start", "serverless")
RECENT = "Recent"
FORGET_RECENT = "Forget recent searches"
SUGGESTIONS = "Suggestions"
MAIN_NAVIGATION = "Main pages"
MENU = "Menu"
REPORTS = "Reports"
SAMPLES_SHOWN = "Showing samples"
SAMPLES_HOW = "Add a report of your own to search that instead."
AWAY = "The cluster does not answer"
AWAY_HOW = "The last index of this machine answers until it does; newer notes may be missing."
OLDER_ANSWERS = "The index is damaged"
OLDER_ANSWERS_HOW = "What it held before answers. Run kb sync to make it anew."
FILTERS = "Filters"
APPLY = "Apply these filters"
BY_CATEGORY = "By category"
CLEAR_ALL = "Clear all filters"
SORT = "Order"
SORTS = {"relevance": "Relevance", "new": "Newest first", "old": "Oldest first", "advice": "Most like advice"}
KEYS = "Keys"
KEYS_HOW = {
    "/": "Go to the search box (if empty, with your recent searches)",
    "j, ↓": "Next note (↓ from the search box too, or once a note has the focus)",
    "k, ↑": "Previous note (↑ once a note has the focus)",
    "Enter": "Open the page of the note",
    "Esc": "Close suggestions, menus and filters",
    "?": "Show these keys",
}
PREVIOUS = "Previous"
NEXT = "Next"
PAGES = "Pages"
PERMALINK = "Page of this note"
NOTE_MENU = "Why this note was found, quotation, link"
SOURCE = "Source"
ORIGINAL = "Original"
PUBLISHED = "Published"
LINKS = "Material"
SPEAKERS = "Speakers"
NO_EVENT = en.NO_EVENT
UNDATED = en.UNDATED
BACK_HOME = "To the start page"
NEWEST_REPORTS = "New reports"
TRY = "Searches to try"
SERVICE_MAP = "Map of services"
SERVICE_MAP_HINT = (
    "Numbers count the notes on a service, inherited ones too; the more there are, the stronger the colour."
)
ALL_REPORTS = "All reports"
EXPLICIT_ONLY = "Explicit only"
SORT_NOW = "Sort"
CLOSE = "Close"
CHILDREN = "Notes below"
PROBLEM = "Problem"
REMEDY = "Remedy"
QUESTION = "Question"
ANSWER = "Answer"
IN_TALK = "Read the whole talk"
IN_REPORT = "Read the whole report"

INTAKE = "Add"
INTAKE_TITLE = "Add a report"
INTAKE_HOW = "Choose a file or paste its text. Before anything is kept you see how it is understood."
INTAKE_FILE = f"File ({FORMATS})"
INTAKE_FOLDER = "or a whole folder (several files are added without being shown first)"
MANY_TAKEN = "Many files added"
MANY_SUMMED = "{taken} of {files} files were added."
NOT_SENT = "It could not be sent."
NOT_TAKEN = "It could not be added."
STILL_UPDATING = "The index is being updated"
TAKE_MORE = "Add more"
INTAKE_TEXT = "or its text"
INTAKE_PLACEHOLDER = "Paste here, or drop a file"
INTAKE_ADDRESS = "or the address of an article"
BOOKMARKLET = "Add to the notes"
BOOKMARKLET_TITLE = "Add the page you are looking at"
BOOKMARKLET_HOW = (
    "Drag this link to your bookmarks bar. Pressed while an article is open on another site, it sends that page here "
    "as you see it. Some sites forbid that."
)
PROPOSED = "A page was sent"
PROPOSED_HOW = (
    "It came from another site, and nothing of it has been read or kept. If you sent it yourself, see how it is "
    "understood."
)
NO_ADDRESS = "address unknown"
INTAKE_READ = "See how it is understood"
NOTHING_GIVEN = "There is neither a file nor a text. Give one of them."
UNREADABLE = "This cannot be read as a report."
UNWRITABLE = "The library could not be written."
LONG_EVENT = "The name of the event is longer than 200 characters."
WRONG_DATE = "Write a date as 2018, 2018-03 or 2018-03-10."
PREVIEW = "How it is understood"
PREVIEW_HOW = "Nothing is kept yet. Event and date can be put right."
DATE = "Date"
DATE_FORMS = "2018, 2018-03 or 2018-03-10"
SAVE = "Keep it in the library"
READ_AGAIN = "Read it again like this"
START_OVER = "Cancel"
REMOVAL = "Replace or remove"
REMOVAL_HOW = (
    "Adding the same report again replaces it. A file that was replaced or removed is kept under a name you are told."
)
REMOVE_REPORT = "Remove from the library"
UPDATE = "Update the index"
UPDATE_HOW = "Takes up what was changed in the folder of the library."
UPDATE_NOW = "Update now"
UPDATE_FAILED = "The index could not be updated; the one before answers."
PROBLEMS = "Files that could not be read, and notices"
PROBLEMS_NEXT = "What could be read is searchable already. To mend the rest, edit the files, then update the index."
REST_IS_SAVED = "What could be read is saved."
TAKE_THEM_AGAIN = "Mend them, then add them again."
ALL_PLACES = "See all"
VECTORS_FOLLOW = "The server goes on with the others; words find all of them already."
STEPS = {
    "": "Looking at the library",
    "reading": "Reading",
    "writing": "Writing the index",
    "embedding": "Learning meanings",
}
CORRECT = "Correct tags and kind"
CORRECT_HOW = "Corrections are kept in kb.toml of the library, and hold when reports are read again."
TODO = "To put right"
TODO_WHAT = {
    "date": "Reports without a date",
    "event": "Reports without an event",
    "speaker": "Talks without a speaker",
    "talk": "Lines that may be talks",
    "advice": "Notes that may be advice",
    "problem": "Notes that may be problems",
    "service": "Unknown services",
}
TODO_HOW = {
    "date": "Write the day of the event as 2018, 2018-03 or 2018-03-10.",
    "event": "Write which event a report is about.",
    "speaker": "Write who speaks, with commas between them. Where nobody does, leave it empty and press Correct.",
    "talk": "The likeliest first: answer each by yes (y) or no (n), and take the last back by u.",
    "advice": "The likeliest first: answer each by yes (y) or no (n), and take the last back by u.",
    "problem": "The likeliest first: answer each by yes (y) or no (n), and take the last back by u.",
    "service": "Words that look like the name of a service. Add it under [services] in kb.toml to have it as a tag.",
}
ANSWER_CHANGES = {
    "talk": "Yes: the notes below this line become those of this talk."
    " No: they stay with the talk above, or the report.",
    "advice": "Yes: it is shown as advice in filters, on pages of services and in guides."
    " After each dozen answers the kinds of other notes are learned anew.",
    "problem": "Yes: it is shown as a problem in filters, on pages of services and among problems and remedies."
    " After each dozen answers the kinds of other notes are learned anew.",
}
CHOSEN_ARE = "All that are chosen:"
CHOOSE_ALL = "Choose all of this page"
THIS_REPORT_ALONE = "This report alone"
FOLDER = "Folder"
ALL_FOLDERS = "All"
NO_SERVICE_NAMED = "Write the name of a service."
NOTHING_CHOSEN = "Nothing is chosen. Choose what to answer."
NOTHING_TO_DO = "There is nothing to put right."
YES = "Yes"
NO = "No"
NO_TALK_AT_ALL = "Not a talk"
NO_SPEAKER = "Not a speaker"
NOT_OF_KIND = {"advice": "Not advice", "problem": "Not a problem"}
NEAR_SERVICES = "Did you mean"
CORRECT_SPEAKERS = "Correct the speakers"
SPEAKERS_FIELD = "Speakers (commas between them; empty if nobody spoke)"
BETWEEN_NAMES = ", "
CORRECT_REPORT = "Correct event, date and address"
PUT_RIGHT = "Correct"
DO_NOTHING = "Back without a change"
UNDO = "Undo"
REDO = "Redo"
UNDO_FORGOTTEN = "This cannot be undone any more. What was changed can be changed on its own page."
LONG_NAME = "A name is longer than 100 characters. Separate names by commas."
WRONG_ADDRESS = "Begin an address with http:// or https://."
ADD_TAG = "Add a service"
ADD = "Add"
KIND = "Kind"
NO_KIND = "automatic"
CHANGE_KIND = "Change"
KEY = "Key for writing"
KEY_HOW = "Other machines can read this page, so adding and correcting need a key (KB_TOKEN)."
KEY_FIELD = "Key"
KEY_GIVE = "Use the key"
WRONG_KEY = "The key is wrong."

GROUPS = {**{facet.key: in_language(LANGUAGE, _, facet.label) for facet in FACETS}, WORD: "Word"}
VALUES = {
    (facet.key, value): in_language(LANGUAGE, _, label)
    for facet in FACETS
    for value, label in facet.value_labels.items()
}
VIA = en.VIAS
WHY = {
    "here": "from “{words}” in this note",
    "above": "from what stands above: “{words}”, line {line}",
    "talk": "from “{words}” in the title of the talk",
    "hand": "added by hand",
}

NO_HITS = "Nothing found"
NO_HITS_ADVICE = "Try fewer words, or remove a filter."
WAYS_OUT = "These find something."
TRY_INSTEAD = "For example"
STILL_TYPING = "Nothing begins with “{text}” so far. Enter searches for it as it stands."
REFUSE_STEP = "Undo"
STEPS_TAKEN = {
    "keyboard": "“{text}” was searched as “{instead}”, as if typed in another input mode.",
    "sound": "“{text}” was searched as any word that is read “{instead}”.",
    "spelling": "“{text}” was taken for a slip and searched as “{instead}”.",
    "function": "Searched without “{text}”.",
    "parts": "Notes with a part of “{text}” are shown too.",
    "related": "Words of like meaning to “{text}” were searched too.",
}
NOTICES = {
    "cut": "Too long: nothing after 512 characters was used.",
    "too many words": "Too many words: from the 33rd on none was used.",
    "too deep": "Brackets too deep: from the 9th level on they were ignored.",
    "unclosed": "“{text}” has no other quotation mark or bracket and was ignored.",
    "as words": "“{text}” means no condition and was searched as words.",
    "literally": "“{text}” was searched as it stands.",
    "no likeness": "Could not search by meaning, so words alone were searched ({text}).",
}
STANDS_IN = {
    "text": "the note",
    "trail": "what it stands under",
    "talk": "the title of the talk",
    "services": "the name of a service",
    "attached": "what is attached",
    "below": "the notes below",
}
SPEAKS = {
    "nearness": "the words stand side by side",
    "characters": "the same characters in a row",
    "exact": "the note says just what was asked",
    "likeness": "its meaning is near",
    "around": "other notes on the same subject are near in meaning too",
}
IS_ADVICE = "it is advice, which comes first"
IS_LABEL = "it is a mere heading, which comes last"
WHY_FOUND = "Why it was found"
WHY_KIND = "Why this kind"
WHY_TALK = "Why it is a talk"
WHY_HOW = "The features, learned from many reports, that decided most: + speaks for it, − against it."
FEATURE = "Feature"
WEIGHT = "Weight"
ALIGNED = "Side by side"
HOW_SIMILAR = "How alike"
SIMILAR_ELSEWHERE = "Notes like it in other reports"
NEAR = en.NEAR
ANSWERS = en.ANSWERS
NO_ANSWER = en.NO_ANSWER
OTHER_SEARCHES = "Other searches"
NO_ANSWER_HERE = "Wrong"
NO_NOTE_SAYS_IT = en.NO_NOTE_SAYS_IT
STEPS_REFUSED = "Some of what is done to find more was undone."
RESTORE_STEPS = "Restore"
MATCH = "Where several services are chosen"
MATCHES = {"any": "any", "all": "all"}
PAST_THE_END = "There are no notes on this page."
EMPTY_LIBRARY = "There are no reports yet"
EMPTY_LIBRARY_HOW = "Add a first report to search its notes here."
EMPTY_LIBRARY_FOLDER = f"Or put reports ({FORMATS}) into this folder, and update the index."
NO_INDEX = "There is no index"
NO_INDEX_HOW = "Update it to search the reports in this folder."

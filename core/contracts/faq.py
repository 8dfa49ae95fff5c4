"""Questions that customers ask, with their answers: kept by agents, found by anybody (CUS-5, S2.47)."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.ids import Id
from core.contracts.listing import Nothing, Paged, Revision, Words
from core.contracts.operation import (
    DELETE,
    GET,
    NO_SESSION,
    PATCH,
    POST,
    Operation,
    everywhere,
    unplaced,
)
from core.contracts.permissions import Right
from core.contracts.references import PersonRef, Timestamp
from core.contracts.texts import LINES

QUESTION_CHARACTERS_MAX: Final = 500
FaqTopic = Literal["payments", "card", "unpaid", "order", "account", "contact"]
FaqLocale = Literal["fr", "en"]

Question = Annotated[str, msgspec.Meta(min_length=5, max_length=200, pattern=r"(?:\S\s*){5}")]
Answer = Annotated[str, msgspec.Meta(min_length=5, max_length=2_000, pattern=r"(?:\S\s*){5}"), LINES]
Keywords = Annotated[
    str, msgspec.Meta(max_length=300, description="Other words by which it is asked for, in both languages")
]
Place = Annotated[int, msgspec.Meta(ge=0, le=999, description="Within its topic, the lowest first")]


class FaqRight(Right):
    """What a role may do with questions and answers."""

    READ = "faq.read"
    WRITE = "faq.write"


class FaqEntryId(Id, kind="faq_entry", prefix="faq"):
    """A question with its answer."""


class ListFaqEntries(Paged, kw_only=True):
    """Entries by topic, those that are not published too. With words: those that fit them, the best first."""

    topic: FaqTopic | None = None
    text: Words | None = None


class OneFaqEntry(msgspec.Struct, kw_only=True):
    """One entry, with what it said before."""

    id: FaqEntryId


class MakeFaqEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A question with its answer, in both languages."""

    topic: FaqTopic
    question_fr: Question
    question_en: Question
    answer_fr: Answer
    answer_en: Answer
    place: Place = 100
    keywords: Keywords = ""
    published: bool = False
    idempotency_key: str = ""


class ChangeFaqEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The next version of an entry, with every field; the earlier ones are kept."""

    id: FaqEntryId
    revision: Revision
    topic: FaqTopic
    question_fr: Question
    question_en: Question
    answer_fr: Answer
    answer_en: Answer
    place: Place
    keywords: Keywords
    published: bool
    idempotency_key: str = ""


class RemoveFaqEntry(msgspec.Struct, kw_only=True):
    """Show an entry to nobody any more; its versions are kept."""

    id: FaqEntryId


class FindAnswers(msgspec.Struct, kw_only=True):
    """What is asked, in a language; nothing asked: every published entry."""

    text: str = ""
    locale: FaqLocale = "fr"


class FaqVersion(msgspec.Struct, kw_only=True):
    """What an entry says, or said."""

    number: int
    topic: FaqTopic
    place: int
    question_fr: str
    question_en: str
    answer_fr: str
    answer_en: str
    keywords: str
    published: bool
    made_at: Timestamp
    made_by: PersonRef | None = None


class FaqEntry(FaqVersion, kw_only=True):
    """An entry as it stands; `question` is in the language of the call."""

    id: str
    question: str
    revision: int


class FaqEntryView(FaqEntry, kw_only=True):
    """An entry, and its earlier versions, the newest first; at most fifty."""

    earlier: list[FaqVersion]


class FaqEntryPage(msgspec.Struct):
    """A page of entries."""

    data: list[FaqEntry]
    next_cursor: str | None = None


class FaqAnswer(msgspec.Struct, kw_only=True):
    """A question with its answer, in the language of the call."""

    id: str
    topic: FaqTopic
    question: str
    answer: str


class FaqAnswers(msgspec.Struct):
    """What fits, the best first; or everything, by topic."""

    data: list[FaqAnswer]


_READ: Final = unplaced(FaqRight.READ)
_WRITE: Final = everywhere(FaqRight.WRITE)

LIST = Operation(
    "faq_entries.list",
    ListFaqEntries,
    FaqEntryPage,
    _READ,
    http=GET("/faq-entries", "List questions and answers"),
)
ONE = Operation(
    "faq_entries.one", OneFaqEntry, FaqEntryView, _READ, http=GET("/faq-entries/{id}", "One question")
)
MAKE = Operation(
    "faq_entries.make",
    MakeFaqEntry,
    FaqEntryView,
    _WRITE,
    http=POST("/faq-entries", "Add a question"),
    audit=("faq_entry.made",),
)
CHANGE = Operation(
    "faq_entries.change",
    ChangeFaqEntry,
    FaqEntryView,
    _WRITE,
    http=PATCH("/faq-entries/{id}", "Change a question"),
    audit=("faq_entry.changed",),
)
REMOVE = Operation(
    "faq_entries.remove",
    RemoveFaqEntry,
    Nothing,
    _WRITE,
    http=DELETE("/faq-entries/{id}", "Remove a question"),
    audit=("faq_entry.removed",),
)
FIND = Operation("faq_answers.find", FindAnswers, FaqAnswers, NO_SESSION)

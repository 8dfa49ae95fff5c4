"""Conversations: what customers write to us, what the assistant answers, and the agents who take over (CUS-5)."""

from functools import partial
from typing import Annotated, Final, Literal

import msgspec

from core.contracts.ids import AgentId, Id
from core.contracts.listing import Cursor, Nothing, Why
from core.contracts.operation import ACT, CUSTOMER, GET, POST, Operation, Route, everywhere
from core.contracts.orders import OrderId
from core.contracts.permissions import Right
from core.contracts.references import PersonRef, Timestamp
from core.contracts.texts import LINES

ConversationChannel = Literal["form", "assistant", "chat"]
ConversationState = Literal["assistant", "waiting", "taken", "ended"]
MessageAuthor = Literal["customer", "assistant", "agent"]
SourceKind = Literal["faq_entry", "order"]
ReplyKind = Literal["entries", "facts", "person", "nothing"]

Subject = Annotated[str, msgspec.Meta(min_length=3, max_length=120, pattern=r"(?:\S\s*){3}")]
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000, pattern=r"\S"), LINES]
Asked = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


class ConversationRight(Right):
    """What a role may do with what customers write."""

    READ = "conversations.read"
    ANSWER = "conversations.answer"


class ConversationId(Id, kind="conversation", prefix="cnv"):
    """A conversation with a customer."""


class WriteToUs(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The form of contact: what it is about, and about which purchase. A mail confirms it; the answer comes by mail."""

    subject: Subject
    text: Said
    order: OrderId | None = None
    with_assistant: bool = False
    """Whether what was said with the assistant goes with it."""

    idempotency_key: str = ""


class AskAssistant(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A question to the assistant, which answers by published answers and by the customer's own schedules alone."""

    text: Asked
    idempotency_key: str = ""


class StartChat(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Wait for an adviser, with what was said with the assistant. Within the opening hours of the chat alone.

    Of a chat that is under way already the answer holds no message: read the conversation.
    """

    idempotency_key: str = ""


class SayInChat(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A message in one’s chat. The answer holds that message alone of what was said."""

    text: Said
    idempotency_key: str = ""


class TypeToCustomer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Say that one is typing, in a conversation that the caller has taken."""

    id: ConversationId


class FollowMine(msgspec.Struct, kw_only=True):
    """What was said in one's chat after a message, for a stream: who asks is there."""

    id: ConversationId
    after: int = 0


class FollowConversation(msgspec.Struct, kw_only=True):
    """What was said in a conversation after a message, for a stream: whoever has taken it is there."""

    id: ConversationId
    after: int = 0


class OneMyConversation(msgspec.Struct, kw_only=True):
    """One of the customer's conversations."""

    id: ConversationId


class ListConversations(msgspec.Struct, kw_only=True):
    """Conversations in a state: those that wait or are taken, the longest first; those that ended, the latest first."""

    state: Literal["waiting", "taken", "ended"] = "waiting"
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class OneConversation(msgspec.Struct, kw_only=True):
    """One conversation."""

    id: ConversationId


class TakeConversation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Take a conversation that waits: of two who take it, one does."""

    id: ConversationId
    idempotency_key: str = ""


class AnswerCustomer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Answer a customer, in a conversation that the caller has taken. The answer to a form leaves by mail too."""

    id: ConversationId
    text: Said
    idempotency_key: str = ""


class PassOnConversation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Hand a conversation that the caller has taken to a colleague who may answer; without one, back to the queue."""

    id: ConversationId
    reason: Why
    agent: AgentId | None = None
    idempotency_key: str = ""


class EndConversation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """End a conversation that the caller has taken."""

    id: ConversationId
    idempotency_key: str = ""


class MessageSource(msgspec.Struct, frozen=True):
    """What a message of the assistant says it from: an entry of questions and answers, or a purchase of the customer's."""

    kind: SourceKind
    id: str
    name: str


class ConversationMessage(msgspec.Struct, kw_only=True):
    """A message. `by` is the agent's name; customers are told it too."""

    number: int
    author: MessageAuthor
    text: str
    at: Timestamp
    by: str = ""
    sources: list[MessageSource] = []


class MyConversation(msgspec.Struct, kw_only=True):
    """A conversation as its customer sees it."""

    id: str
    channel: ConversationChannel
    state: ConversationState
    subject: str
    made_at: Timestamp
    messages: list[ConversationMessage]
    order: str | None = None
    taken_by: str = ""


class TalkNews(msgspec.Struct, kw_only=True):
    """How a conversation stands, and what was said in it after a message. `is_there`, `is_typing`: the other side."""

    state: ConversationState
    taken_by: str
    is_there: bool
    is_typing: bool
    messages: list[ConversationMessage]


class AssistantReply(msgspec.Struct, kw_only=True):
    """What the assistant answered, and in which conversation it stands."""

    conversation: str
    kind: ReplyKind
    text: str
    sources: list[MessageSource]


class MyConversationSummary(msgspec.Struct, kw_only=True):
    """A conversation in a line."""

    id: str
    channel: ConversationChannel
    state: ConversationState
    subject: str
    made_at: Timestamp
    messages: int


class MyConversationList(msgspec.Struct):
    """The last twenty, the newest first."""

    data: list[MyConversationSummary]


class ConversationCustomer(msgspec.Struct, kw_only=True):
    """Who writes."""

    id: str
    name: str
    email: str


class ConversationSummary(msgspec.Struct, kw_only=True):
    """A conversation in a line. `first` is the beginning of what the customer wrote first."""

    id: str
    channel: ConversationChannel
    state: ConversationState
    subject: str
    first: str
    since: Timestamp
    customer: ConversationCustomer
    messages: int
    taken_by: PersonRef | None = None


class ConversationPage(msgspec.Struct):
    """A page of conversations."""

    data: list[ConversationSummary]
    next_cursor: str | None = None


class ConversationView(ConversationSummary, kw_only=True):
    """A conversation with all that was said. `colleagues` may answer as well: it can be passed on to them."""

    made_at: Timestamp
    locale: Literal["fr", "en"]
    said: list[ConversationMessage]
    colleagues: list[PersonRef]
    order: str | None = None
    order_reference: str = ""


_DONE: Final = partial(Route, "POST", 204)  # answers nothing
_READ: Final = everywhere(ConversationRight.READ)
_ANSWER: Final = everywhere(ConversationRight.ANSWER)

WRITE = Operation(
    "me.write",
    WriteToUs,
    MyConversation,
    CUSTOMER,
    http=POST("/me/messages", "Write to us"),
    example={"order": None},
)
ASK = Operation(
    "me.ask", AskAssistant, AssistantReply, CUSTOMER, http=POST("/me/assistant", "Ask the assistant")
)
END_ASSISTANT = Operation(
    "me.end_assistant",
    Nothing,
    Nothing,
    CUSTOMER,
    http=_DONE(
        "/me/assistant/end",
        "Begin anew with the assistant",
        "End what was said with the assistant; without any nothing is done.",
    ),
)
MINE = Operation(
    "me.conversations",
    Nothing,
    MyConversationList,
    CUSTOMER,
    http=GET(
        "/me/conversations", "One’s conversations", "List the customer's conversations, the newest first."
    ),
)
ONE_OF_MINE = Operation(
    "me.conversation",
    OneMyConversation,
    MyConversation,
    CUSTOMER,
    http=GET("/me/conversations/{id}", "One of one’s conversations"),
)
CHAT = Operation(
    "me.start_chat", StartChat, MyConversation, CUSTOMER, http=POST("/me/chat", "Chat with an adviser")
)
SAY = Operation(
    "me.say",
    SayInChat,
    MyConversation,
    CUSTOMER,
    http=POST("/me/chat/messages", "Say something in one’s chat"),
)
END_MINE = Operation(
    "me.end_chat",
    Nothing,
    Nothing,
    CUSTOMER,
    http=_DONE("/me/chat/end", "End one’s chat", "End the customer's chat; without one nothing is done."),
)
TYPE_MINE = Operation(
    "me.type",
    Nothing,
    Nothing,
    CUSTOMER,
    http=_DONE(
        "/me/chat/typing",
        "Type in one’s chat",
        "Say that the customer is typing; without a chat nothing is done.",
    ),
)
FOLLOW_MINE = Operation("me.follow_chat", FollowMine, TalkNews, CUSTOMER)
LIST = Operation(
    "conversations.list",
    ListConversations,
    ConversationPage,
    _READ,
    http=GET("/conversations", "List conversations"),
)
ONE = Operation(
    "conversations.one",
    OneConversation,
    ConversationView,
    _READ,
    http=GET("/conversations/{id}", "One conversation"),
)
TAKE = Operation(
    "conversations.take",
    TakeConversation,
    ConversationView,
    _ANSWER,
    http=ACT("/conversations/{id}/take", "Take a conversation"),
    audit=("conversation.taken",),
)
ANSWER = Operation(
    "conversations.answer",
    AnswerCustomer,
    ConversationView,
    _ANSWER,
    http=ACT("/conversations/{id}/answer", "Answer a customer"),
    audit=("conversation.answered",),
)
PASS_ON = Operation(
    "conversations.pass_on",
    PassOnConversation,
    ConversationView,
    _ANSWER,
    http=ACT("/conversations/{id}/pass-on", "Pass a conversation on"),
    audit=("conversation.passed_on",),
)
END = Operation(
    "conversations.end",
    EndConversation,
    ConversationView,
    _ANSWER,
    http=ACT("/conversations/{id}/end", "End a conversation"),
    audit=("conversation.ended",),
)
TYPE = Operation(
    "conversations.type",
    TypeToCustomer,
    Nothing,
    _ANSWER,
    http=_DONE("/conversations/{id}/typing", "Type to a customer"),
)
FOLLOW = Operation("conversations.follow", FollowConversation, TalkNews, _READ)

"""Refusals of conversations and of the ways to reach us."""

from core.contracts.refusals import Overtaken, Refused


class HoursBegun(Refused):
    """Hours that hold already are followed by others, and not taken back."""

    def __init__(self) -> None:
        super().__init__("opening_hours_begun")


class TooManyMessages(Refused):
    """A customer wrote as much as may be written in an hour."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too_many_messages", {"retry_after_s": retry_after_s})


class ConversationFull(Refused):
    """A conversation holds as many messages as it may."""

    def __init__(self) -> None:
        super().__init__("conversation_full")


class ConversationElsewhere(Overtaken):
    """A conversation does not stand as the act asks for: another has taken it, or it has ended."""

    def __init__(self) -> None:
        super().__init__("conversation_elsewhere")


class ChatClosed(Refused):
    """Nobody sits at the chat now."""

    def __init__(self, opens_at: str | None) -> None:
        super().__init__("chat_closed", {"opens_at": opens_at})


class NoChat(Refused):
    """The customer has no chat with an adviser now."""

    def __init__(self) -> None:
        super().__init__("no_chat")


class ChatUnderWay(Refused):
    """The customer talks with an adviser, or waits for one: the assistant is silent meanwhile."""

    def __init__(self) -> None:
        super().__init__("chat_under_way")

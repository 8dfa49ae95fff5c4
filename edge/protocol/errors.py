"""What can be wrong with bytes from a peer: one tree, caught at its root by the shells.

An error carries a stable code and typed facts. It never carries the bytes it is about: they may hold a card number.
"""

from typing import ClassVar, Literal

Problem = Literal[
    "absent",  # A field that every message has is not there.
    "charset",  # A character outside the field's kind.
    "length",  # Too short, too long, or a length prefix that is not a number.
    "padding",  # The filler of an odd packed field is not the dialect's filler.
    "truncated",  # The message ends inside the field.
    "type",  # Text where bytes belong, or the reverse. Only ever our own mistake, met when encoding.
    "undefined",  # The dialect has no such field.
]

FrameLimit = Literal["frame_bytes_min", "frame_bytes_max", "tpdu_bytes"]


class ProtocolError(Exception):
    """A peer broke the protocol. Every error of this package derives from it."""

    code: ClassVar[str] = "protocol_error"


class FrameRefused(ProtocolError):
    """A frame announces a length that a limit forbids: the stream cannot be followed any further.

    `frames` holds what was complete before the refused one, in order, so that no chunking of the stream loses any.
    """

    code = "frame_refused"

    def __init__(self, limit: FrameLimit, *, announced_bytes: int, frames: list[bytes] | None = None) -> None:
        super().__init__(f"frame of {announced_bytes} bytes refused by {limit}")
        self.limit = limit
        self.announced_bytes = announced_bytes
        self.frames: list[bytes] = frames if frames is not None else []


class MessageMalformed(ProtocolError):
    """A whole frame that is not a message of its dialect."""

    code = "message_malformed"


class BitmapMalformed(MessageMalformed):
    """A bitmap is cut short, is not hexadecimal, or announces a third bitmap."""

    code = "bitmap_malformed"

    def __init__(self, problem: Literal["truncated", "charset", "tertiary"]) -> None:
        super().__init__(f"bitmap: {problem}")
        self.problem = problem


class FieldMalformed(MessageMalformed):
    """One field breaks its definition. Field 0 is the message type. Names the field, never its bytes."""

    code = "field_malformed"

    def __init__(self, field: int, problem: Problem) -> None:
        super().__init__(f"field {field}: {problem}")
        self.field = field
        self.problem: Problem = problem


class TrailingBytes(MessageMalformed):
    """The message ends before its frame does."""

    code = "trailing_bytes"

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} bytes after the last field")
        self.count = count


class TlvMalformed(MessageMalformed):
    """A BER-TLV string (field 55) is cut short, nested in a way we do not read, or above a limit."""

    code = "tlv_malformed"

    def __init__(self, problem: Literal["tag", "length", "truncated", "limit", "duplicate"]) -> None:
        super().__init__(f"tlv: {problem}")
        self.problem = problem


class AnswerIncomplete(ProtocolError):
    """An answer holds a field that the dialect cannot write. `frame` is what to send: the answer without such fields."""

    code = "answer_incomplete"

    def __init__(self, cause: FieldMalformed, frame: bytes) -> None:
        super().__init__(str(cause))
        self.field = cause.field
        self.problem = cause.problem
        self.frame = frame


class MessageTypeUnknown(ProtocolError):
    """A message type that this side of the session does not take."""

    code = "message_type_unknown"

    def __init__(self, mti: str) -> None:
        super().__init__(f"message type {mti} is not taken here")
        self.mti = mti


class HostLinkRefused(ProtocolError):
    """A request cannot go out on a host link: the link is full, down, or already carries the same key."""

    code = "host_link_refused"

    def __init__(
        self,
        reason: Literal["in_flight_max", "not_up", "key_in_flight", "answer_outstanding", "outstanding_max"],
    ) -> None:
        super().__init__(f"host link: {reason}")
        self.reason = reason

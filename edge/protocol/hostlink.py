"""One link to an acquirer host: which answer belongs to which request, and when to sign on, echo or give up.

    DOWN --connect--> CONNECTING --connected--> SIGNING_ON --accepted--> UP --signed_off--> SIGNED_OFF
      ^                   |                         |                     | <--accepted--------- |
      +------------------ disconnected, refused, or silent past a deadline+----------------------+

Requests of many terminals share the link and answers come in any order. A request is known by its class and function
(the message type without its repeat), its terminal and its trace number, which the answer carries back. No answer by
the deadline is unknown, never declined; an answer after it is late, and is told apart from one that nobody asked for.

Answers of many hosts hold nothing that tells two requests of one key apart. So a key whose answer may still come
belongs to its request on every link of the acquirer (`Outstanding`), and is refused to any other.
"""

from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush
from typing import Final, Literal, NamedTuple, TypeAlias

from edge.protocol.errors import FieldMalformed, HostLinkRefused
from edge.protocol.field import Message
from edge.protocol.limits import (
    HOST_ECHO_AFTER_S,
    HOST_ECHO_DEADLINE_S,
    HOST_IN_FLIGHT_MAX,
    HOST_LATE_KEYS_MAX,
    HOST_LATE_S,
    HOST_OUTSTANDING_MAX,
    HOST_SETTLED_S,
    HOST_SIGN_ON_DEADLINE_S,
    HOST_SIGNED_OFF_S,
)
from edge.protocol.message_types import request_mti


class LinkState(Enum):
    """Where a link is. Only UP carries requests of terminals."""

    DOWN = "down"
    CONNECTING = "connecting"
    SIGNING_ON = "signing_on"
    UP = "up"
    SIGNED_OFF = "signed_off"  # The host wants no requests for now; answers may still come.


LinkCause = Literal["connect", "connected", "accepted", "refused", "signed_off", "disconnected"]

_TRANSITIONS: Final[dict[tuple[LinkState, LinkCause], LinkState]] = {
    (LinkState.DOWN, "connect"): LinkState.CONNECTING,
    (LinkState.CONNECTING, "connected"): LinkState.SIGNING_ON,
    (LinkState.SIGNING_ON, "accepted"): LinkState.UP,
    (LinkState.SIGNING_ON, "refused"): LinkState.DOWN,
    (LinkState.CONNECTING, "disconnected"): LinkState.DOWN,
    (LinkState.SIGNING_ON, "disconnected"): LinkState.DOWN,
    (LinkState.UP, "disconnected"): LinkState.DOWN,
    (LinkState.UP, "signed_off"): LinkState.SIGNED_OFF,
    (LinkState.SIGNED_OFF, "accepted"): LinkState.UP,
    (LinkState.SIGNED_OFF, "disconnected"): LinkState.DOWN,
    (LinkState.DOWN, "disconnected"): LinkState.DOWN,
}


_MANAGED_ONLY: Final = (LinkState.SIGNING_ON, LinkState.SIGNED_OFF)


MANAGEMENT_CLASS: Final = "80"
"""Network management concerns one link, and its trace numbers are that link's own."""


class CorrelationKey(NamedTuple):
    """What a request and its answer have in common."""

    message_class: str  # Class and function digits of the request: "20" of 0200, "42" of 0421.
    terminal_id: str
    trace_number: str


@dataclass(frozen=True, slots=True)
class Late:
    """The answer to a request whose deadline has passed. An event to keep; it changes no outcome."""

    key: CorrelationKey


@dataclass(frozen=True, slots=True)
class Unsolicited:
    """An answer that no request of this link explains, or a second answer to one."""

    key: CorrelationKey


Answer: TypeAlias = CorrelationKey | Late | Unsolicited
LinkDuty = Literal["connect", "sign_on", "echo", "disconnect"]


def request_key(message: Message) -> CorrelationKey:
    """Return the key of a request. Raises: FieldMalformed when field 11 or 41 is absent."""
    return _key(str(message[0]), message)


def answer_key(message: Message) -> CorrelationKey:
    """Return the key of the request that this answers. Raises: MessageTypeUnknown, FieldMalformed."""
    return _key(request_mti(str(message[0])), message)


def _key(mti: str, message: Message) -> CorrelationKey:
    terminal_id, trace_number = message.get(41, ""), message.get(11)
    if not trace_number:
        raise FieldMalformed(11, "absent")
    # Network management between hosts names no terminal.
    if not terminal_id and mti[1] != "8":
        raise FieldMalformed(41, "absent")
    return CorrelationKey(mti[1:3], terminal_id, trace_number)  # pyright: ignore -- Texts, in every dialect.


_Claim: TypeAlias = tuple[bytes, int, float]
"""Whose it is, how often it was sent less how often it was answered, and until when."""


class Outstanding:
    """Whose answer each key stands for, on all links of one acquirer together. Times as in HostLink."""

    def __init__(self, *, keys_max: int = HOST_OUTSTANDING_MAX) -> None:
        self._keys_max = keys_max
        self._claims: dict[CorrelationKey, _Claim] = {}

    def __len__(self) -> int:
        return len(self._claims)

    def claim(self, key: CorrelationKey, owner: bytes, *, now: float, until: float) -> None:
        """Let `owner` be sent under a key. Raises: HostLinkRefused while it is another's, or at the bound."""
        claim = self._claims.get(key)
        if claim is None or claim[2] <= now:
            if len(self._claims) >= self._keys_max:
                self._forget_past(now)
            if len(self._claims) >= self._keys_max:
                raise HostLinkRefused("outstanding_max")
            self._claims[key] = (owner, 1, until)
            return
        holder, answers, held_until = claim
        if holder != owner:
            raise HostLinkRefused("answer_outstanding")
        # Each try may be answered: the key is free when all are.
        self._claims[key] = (owner, answers + 1, max(held_until, until))

    def answered(self, key: CorrelationKey) -> None:
        """Record an answer; the last one that can come frees the key."""
        claim = self._claims.pop(key, None)
        if claim is not None and claim[1] > 1:
            owner, answers, until = claim
            self._claims[key] = (owner, answers - 1, until)

    def _forget_past(self, now: float) -> None:
        self._claims = {key: claim for key, claim in self._claims.items() if claim[2] > now}


class HostLink:
    """The correlation table and the life of one link. Times are seconds of any steady clock."""

    def __init__(
        self, *, in_flight_max: int = HOST_IN_FLIGHT_MAX, outstanding: Outstanding | None = None
    ) -> None:
        """Make a link that is down; links of one acquirer share what is outstanding."""
        self.state = LinkState.DOWN
        self._outstanding = Outstanding() if outstanding is None else outstanding
        self._in_flight_max = in_flight_max
        self._deadlines: dict[CorrelationKey, float] = {}
        # May hold keys already answered; they are dropped as they surface, so it is at most twice the table.
        self._queue: list[tuple[float, CorrelationKey]] = []
        self._late: dict[CorrelationKey, None] = {}
        self._last_heard = 0.0
        self._state_since = 0.0
        self._echo_since: float | None = None

    @property
    def in_flight(self) -> int:
        """Requests sent whose answer may still come in time."""
        return len(self._deadlines)

    def sent(self, key: CorrelationKey, deadline: float, *, now: float = 0.0, owner: bytes = b"") -> None:
        """Remember a request that is about to be sent, and by when it must be answered.

        `owner` tells requests apart: a repeat has that of its original. A link that is signing on takes network
        management only.
        Raises: HostLinkRefused when the link is not up, is full, or waits for the same key already, or when the
        answer to another request under the key may still come on any link.
        """
        deadlines = self._deadlines
        is_management = key.message_class == MANAGEMENT_CLASS
        if self.state is not LinkState.UP and not (is_management and self.state in _MANAGED_ONLY):
            raise HostLinkRefused("not_up")
        if key in deadlines:
            raise HostLinkRefused("key_in_flight")
        if len(deadlines) >= self._in_flight_max:
            raise HostLinkRefused("in_flight_max")
        if not is_management:
            self._outstanding.claim(key, owner, now=now, until=deadline + HOST_LATE_S)
        # A repeat of a request that expired is in time again.
        self._late.pop(key, None)
        deadlines[key] = deadline
        heappush(self._queue, (deadline, key))
        if len(self._queue) > 2 * self._in_flight_max:
            self._queue = sorted((due, waiting) for waiting, due in self._deadlines.items())

    def answered(self, message: Message) -> Answer:
        """Return the key of the request that this answers, once; Late after its deadline; else Unsolicited.

        Raises: MessageTypeUnknown when it is no answer, FieldMalformed when it cannot be correlated.
        """
        key = answer_key(message)
        if self._deadlines.pop(key, None) is not None:
            self._outstanding.answered(key)
            return key
        if key in self._late:
            del self._late[key]
            self._outstanding.answered(key)
            return Late(key)
        return Unsolicited(key)

    def expired(self, now: float) -> list[CorrelationKey]:
        """Return the requests whose deadline has come, earliest first, and remember them as late."""
        overdue: list[CorrelationKey] = []
        while self._queue and self._queue[0][0] <= now:
            deadline, key = heappop(self._queue)
            if self._deadlines.get(key) == deadline:
                del self._deadlines[key]
                self._remember_late(key)
                overdue.append(key)
        return overdue

    def change(self, cause: LinkCause, *, now: float) -> list[CorrelationKey]:
        """Move along the state table. Return the requests whose answer can no longer come on this link.

        Raises: ValueError for a cause that the state does not have: our own mistake.
        """
        try:
            self.state = _TRANSITIONS[self.state, cause]
        except KeyError:
            raise ValueError(f"a link that is {self.state.value} has no {cause}") from None
        self._state_since = self._last_heard = now
        self._echo_since = None
        if self.state is not LinkState.DOWN:
            return []
        orphans = list(self._deadlines)
        self._deadlines.clear()
        self._queue.clear()
        # A host may answer on the next connection what it was asked on this one.
        for key in orphans:
            self._remember_late(key)
        return orphans

    def heard(self, *, now: float) -> None:
        """Record that the host answered us: the link lives. What it says on its own does not show that it hears."""
        self._last_heard = now
        self._echo_since = None

    def settled(self, *, now: float) -> bool:
        """Whether the link has been up for long enough to say that it works."""
        return self.state is LinkState.UP and now - self._state_since >= HOST_SETTLED_S

    def duty(self, *, now: float) -> LinkDuty | None:
        """Return what the shell must do now. Each echo and sign-on is asked for once, until answered or overdue.

        A silent host is disconnected at the deadline of its echo or sign-on.
        """
        if self.state is LinkState.DOWN:
            return "connect"
        if self.state is LinkState.SIGNED_OFF:
            return self._duty_signed_off(now)
        if self.state is not LinkState.UP:
            if now - self._state_since >= HOST_SIGN_ON_DEADLINE_S:
                return "disconnect"
            if self.state is LinkState.SIGNING_ON and self._echo_since is None:
                self._echo_since = now
                return "sign_on"
            return None
        if self._echo_since is not None:
            return "disconnect" if now - self._echo_since >= HOST_ECHO_DEADLINE_S else None
        if now - self._last_heard >= HOST_ECHO_AFTER_S:
            self._echo_since = now
            return "echo"
        return None

    def _duty_signed_off(self, now: float) -> LinkDuty | None:
        if self._echo_since is not None:
            return "disconnect" if now - self._echo_since >= HOST_SIGN_ON_DEADLINE_S else None
        if now - self._state_since >= HOST_SIGNED_OFF_S:
            self._echo_since = now
            return "sign_on"
        return None

    def _remember_late(self, key: CorrelationKey) -> None:
        if len(self._late) >= HOST_LATE_KEYS_MAX:
            del self._late[next(iter(self._late))]
        self._late[key] = None

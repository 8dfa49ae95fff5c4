"""What the host decides: messages in, answers out, facts into the book. No socket and no clock of its own.

`Host.take` returns the answer as fields and how to deliver it. The book's facts are in memory then: the caller
flushes the book before any answer leaves.
"""

import random
from collections import Counter
from datetime import UTC, datetime

import msgspec

from deploy.sandbox.simulators.book import (
    APPROVED,
    CAPTURED,
    DECLINED,
    PARTIALLY_APPROVED,
    REFUNDED,
    REVERSED,
    Book,
    Entry,
    Fact,
    letters_of,
    message_key,
)
from deploy.sandbox.simulators.cards import card_named
from deploy.sandbox.simulators.script import (
    AMOUNT_INCORRECT_CODE,
    APPROVE,
    BEHAVIOURS,
    BY_AMOUNT,
    BY_PAN,
    DUPLICATE_CODE,
    NO_ORIGINAL_CODE,
    ODD,
    OTHER_CURRENCY,
    OTHER_MINOR,
    OTHER_PAN,
    PARTIAL_CODE,
    REFUSED_FOR_GOOD_CODE,
    REVERSAL_REFUSED_CODE,
    UNSEEN_REVERSED_CODE,
    Behaviour,
    Overrides,
)
from edge.dialects import DIALECTS
from edge.protocol.field import Message

REVERSALS_COUNTED_MAX = 50_000
_ECHOED_IF_PRESENT = (3, 4, 7, 11, 12, 13, 37, 41, 42, 49, 70)
_NETWORK_CODES = {"001", "002", "301"}  # sign-on, sign-off, echo
_OWN_ANSWERS = {"0810", "0430", "0530"}
_SIGN_ON, _SIGN_OFF = "001", "002"
BY_CUSTOMER, BY_MERCHANT = "C104", "M104"
"""Data element 61: who asks for a payment by a card that is kept. The answer to the first kind names it for its network
(63), and each of the second kind must name the first."""

FIRST_MISSING_CODE = "1A"
UNSEEN_IN_PART_CODE = "25"
"""A part can only be taken back of what is there."""

Answer = tuple[Message | bytes | None, Behaviour]
"""The answer and how to deliver it (delay, repeats, closing): fields, or a whole frame, or None for nothing to say."""

IGNORE = Behaviour(replies=0)


def _answer_start(mti: str) -> str:
    """Return what an approval begins with: its length, type and bitmap, all of them ASCII in this dialect.

    The codec writes one answer and reads it back, so that the layout of `Host._approve` cannot drift from it.
    """
    values = {
        3: "000000",
        4: "0" * 11 + "1",
        7: "0102030405",
        11: "000006",
        37: "R" * 12,
        38: "A" * 6,
        39: "00",
    }
    fields: Message = {0: mti, **values, 41: "T" * 8, 49: "978"}
    payload = _CODEC.encode(fields)
    body = "".join(str(fields[number]) for number in sorted(fields) if number)
    assert payload.endswith(body.encode())
    return (len(payload).to_bytes(2, "big") + payload[: -len(body)]).decode("ascii")


_CODEC = DIALECTS["ascii1987"]
_APPROVED_PURCHASE = _answer_start("0210")
_APPROVED_HOLD = _answer_start("0110")


class UnknownMessageType(Exception):
    """A message type that this host does not take."""

    def __init__(self, mti: str) -> None:
        super().__init__(f"message type {mti} is not taken")
        self.mti = mti


class Host:
    """The decisions of one acquirer over one book."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.counts: Counter[str] = Counter()
        self.now_us = 0
        self.today = ""
        self._random = random.Random()  # noqa: S311 - errors by chance, nothing secret
        self._approvals = len(book)
        self._reversals_seen: dict[str, int] = {}
        # What each accepted reversal said of amounts, by its number and its original: a repeat says the same.
        self._reversals_taken: dict[str, tuple[str, str]] = {}
        # Scripts of payments whose reversal is not simply accepted, by reference; kept small, newest win.
        self._scripted: dict[str, Behaviour] = {}
        self._scripted_amounts = {f"{amount:012d}" for amount in BY_AMOUNT}
        self.overrides = Overrides()
        self.apply(self.overrides)

    def apply(self, overrides: Overrides) -> None:
        """Take new overrides. Raises: CardUnknown for a name that is neither a test card nor a number."""
        by_pan = dict(BY_PAN)
        for card, behaviour in overrides.cards.items():
            pan = card if card.isdigit() else card_named(card).pan
            by_pan[pan] = BEHAVIOURS[behaviour]
        self.overrides = overrides
        self._by_pan = by_pan
        self._default = BEHAVIOURS[overrides.default]
        self._error_rate = overrides.error_rate
        self._odd_rate = overrides.odd_rate
        self._unusual = self._default is not APPROVE or bool(overrides.error_rate or overrides.odd_rate)

    def at(self, now_us: int) -> None:
        """Set the clock: once per batch of messages, microseconds since 1970."""
        if now_us // 1_000_000 != self.now_us // 1_000_000 or not self.today:
            self.today = datetime.fromtimestamp(now_us / 1_000_000, UTC).date().isoformat()
        self._today_totals = self.book.day(self.today)
        self._line_end = f"\t{now_us}\t{self.today}\t\t"
        self.now_us = now_us

    def take(self, message: Message) -> Answer:
        """Decide on one message. Raises: UnknownMessageType, KeyError for a field that its type needs."""
        mti = message[0]
        assert isinstance(mti, str)
        if mti in {"0200", "0100"}:
            answer = self._approve(message, mti)
            return (answer, APPROVE) if answer is not None else self._authorise(message, mti)
        if mti in {"0201", "0101"}:
            return self._authorise(message, mti)
        if mti in {"0420", "0421", "0400", "0401"}:
            return self._reverse(message, mti)
        if mti in {"0220", "0221", "0120", "0121"}:
            return self._book_advice(message, mti), APPROVE
        if mti == "0800":
            return self._network(message), APPROVE
        if mti in {"0500", "0501", "0520", "0521"}:
            return self._totals(message, mti), APPROVE
        if mti in _OWN_ANSWERS:
            self.counts["own_answered" if message.get(39) == "00" else "own_refused"] += 1
            return None, IGNORE
        raise UnknownMessageType(str(mti))

    # Authorisations, purchases, refunds

    def _approve(self, m: Message, mti: str) -> bytes | None:
        """Book and answer the one case that a benchmark is made of: a new reference, in full, without a script.

        Returns None, nothing done, for everything else. The answer is written without the codec: all its fields have
        a fixed width, which decoding has checked on the way in.
        """
        amount, stan, terminal, sent, processing = m[4], m[11], m[41], m[7], m[3]
        rrn = m.get(37)
        book = self.book
        if (
            m.get(2) in self._by_pan
            or amount in self._scripted_amounts
            or rrn is None
            or rrn in book.lines
            or self._unusual
            or book.unseen
            or processing == "200000"
            or 2 not in m
            or (61 in m and (m[61] == BY_CUSTOMER or 63 not in m))
        ):
            return None
        self._approvals += 1
        approval = f"{self._approvals % 1_000_000:06d}"
        currency = m[49]
        if mti == "0200":
            today = self._today_totals
            today.debit_count += 1
            today.debit_minor += int(amount)
            start = _APPROVED_PURCHASE
        else:
            start = _APPROVED_HOLD
        book.decide(
            f"approved\t{rrn}\t{mti}{processing[:2]}\t{terminal}\t{stan}\t{sent}\t{currency}\t{amount}\t{amount}"
            f"\t{approval}\t00{self._line_end}{_short_card(m)}\n",
            rrn,  # type: ignore[arg-type]
            f"{mti[:2]}{terminal}{stan}{sent}",
        )
        return f"{start}{processing}{amount}{sent}{stan}{rrn}{approval}00{terminal}{currency}".encode()

    def _authorise(self, m: Message, mti: str) -> Answer:
        pan = str(m.get(2) or str(m.get(35, "")).replace("D", "=").split("=")[0])
        amount, rrn = int(m[4]), str(m.get(37) or self._make_rrn(m, mti))
        behaviour = self._by_pan.get(pan) or BY_AMOUNT.get(amount) or self._default
        if behaviour is APPROVE and self._odd_rate and self._random.random() < self._odd_rate:
            behaviour = BEHAVIOURS[self._random.choice(ODD)]
        original = ""
        if str(m[3]).startswith("20") and self._is_of_another(m, rrn):
            # A terminal straight on this host names what it refunds; through an edge a refund has its own reference.
            original, rrn = rrn, self._make_rrn(m, mti)
        if rrn in self.book.lines:
            return self._answer_known(m, mti, rrn), behaviour
        if message_key(mti, str(m[41]), str(m[11]), str(m[7])) in self.book.unseen:
            return self._refuse_reversed(m, mti, rrn), behaviour
        if behaviour.loses:
            _remember(self._scripted, rrn, behaviour)
            return None, IGNORE
        fact, code, approved = self._decide(m, behaviour, amount)
        if behaviour.reversals != "accept" or behaviour.reversal_answered_from > 1:
            _remember(self._scripted, rrn, behaviour)
        approval = ""
        if fact != DECLINED:
            self._approvals += 1
            approval = f"{self._approvals % 1_000_000:06d}"
            if str(m[3]).startswith("20"):
                fact = REFUNDED
        answer = _echo(m, mti)
        answer[37], answer[39] = rrn, code
        if approval:
            answer[38] = approval
            answer[4] = f"{approved:012d}"
            if m.get(61) == BY_CUSTOMER:
                answer[63] = f"{self.now_us // 1000 % 10**9:09d}{self._approvals % 10**6:06d}"
        self._say_otherwise(answer, behaviour)
        believed = self._fact(
            fact, m, mti, rrn, approved=approved, approval=approval, code=code, original=original
        )
        # The book keeps what the host believes: that is what it would settle.
        self.book.record(
            msgspec.structs.replace(
                believed,
                currency=str(answer.get(49, believed.currency)),
                approved_minor=int(answer[4]) if approval else approved,
                digits_shown=_short_card(answer) if 2 in answer else believed.digits_shown,
            )
        )
        return answer, behaviour

    def _say_otherwise(self, answer: Message, behaviour: Behaviour) -> None:
        """Change the answer as the script says."""
        match behaviour.otherwise:
            case "amount":
                answer[4] = f"{int(answer[4]) + OTHER_MINOR:012d}"
            case "currency":
                answer[49] = OTHER_CURRENCY
            case "card":
                answer[2] = OTHER_PAN
            case "reference":
                answer[37] = f"X{answer[11]:0>11}"
            case "type":
                answer[0] = "0230" if answer[0] == "0210" else "0130"
            case None:
                pass
        if behaviour.said_code is not None:
            answer[39] = behaviour.said_code
            if not behaviour.said_code:
                del answer[39]

    def _is_of_another(self, m: Message, rrn: str) -> bool:
        """Whether the book has this reference for another message than this one."""
        entry = self.book.get(rrn)
        return entry is not None and entry.stan != m[11]

    def _decide(self, m: Message, behaviour: Behaviour, amount: int) -> tuple[str, str, int]:
        """Return the fact, the response code and the amount approved."""
        if self._error_rate and self._random.random() < self._error_rate:
            return DECLINED, "96", 0
        if not behaviour.approves:
            return DECLINED, behaviour.code, 0
        if m.get(61) == BY_MERCHANT and 63 not in m:
            return DECLINED, FIRST_MISSING_CODE, 0
        if behaviour.code != PARTIAL_CODE:
            return APPROVED, behaviour.code, amount
        if not str(m.get(60, "")).startswith("PA"):
            # Only a terminal that declares partial approvals may get one.
            return DECLINED, "51", 0
        return PARTIALLY_APPROVED, PARTIAL_CODE, amount * behaviour.approved_percent // 100

    def own_message(self, number: int) -> Message:
        """Return something that a host says on its own: an echo, a cut-over, totals, or a reversal of nobody's payment."""
        now = datetime.fromtimestamp(self.now_us / 1_000_000, UTC) if self.now_us else datetime.now(UTC)
        common: Message = {7: now.strftime("%m%d%H%M%S"), 11: f"{number % 1_000_000:06d}"}
        match number % 4:
            case 1:
                return {0: "0800", **common, 15: now.strftime("%m%d"), 70: "201"}
            case 2:
                return {0: "0520", **common, 88: f"{number:016d}"}
            case 3:
                return {
                    0: "0420", 3: "000000", 4: "000000001250", **common, 37: f"Z{number:011d}", 41: "T0000001", 49: "978",
                    90: f"0200{number % 1_000_000:06d}{now:%m%d%H%M%S}" + "0" * 22,
                }  # fmt: skip
            case _:
                return {0: "0800", **common, 70: "301"}

    def _make_rrn(self, m: Message, mti: str) -> str:
        """A reference for a request that brought none: the one that its first sending got, or a new one."""
        known = self.book.rrn_of(message_key(mti, str(m[41]), str(m[11]), str(m[7])))
        return known or f"9{len(self.book.lines):011d}"

    def _answer_known(self, m: Message, mti: str, rrn: str) -> Message:
        """A reference that the book has: the same message again, an original reversed before it came, or a clash."""
        entry = self.book.get(rrn)
        assert entry is not None
        answer = _echo(m, mti)
        answer[37] = rrn
        same = entry.stan == m[11] and entry.terminal == str(m[41]).rstrip() and entry.kind[1] == mti[1]
        if same and entry.state == REVERSED and not entry.response_code:
            return self._refuse_reversed(m, mti, rrn)
        if same:
            answer[39] = entry.response_code
            if entry.approval_code:
                answer[38] = entry.approval_code
            if entry.approved_minor:
                answer[4] = f"{entry.approved_minor:012d}"
            return answer
        answer[39] = DUPLICATE_CODE
        return answer

    def _refuse_reversed(self, m: Message, mti: str, rrn: str) -> Message:
        """The reversal overtook its authorisation: nobody expects the money any more."""
        self.book.record(self._fact(DECLINED, m, mti, rrn, code=UNSEEN_REVERSED_CODE))
        answer = _echo(m, mti)
        answer[37], answer[39] = rrn, UNSEEN_REVERSED_CODE
        return answer

    # Reversals

    def _reverse(self, m: Message, mti: str) -> Answer:
        answer = _echo(m, mti)
        original = str(m.get(90, ""))
        terminal = str(m[41])
        key = (
            message_key(original[:4], terminal, original[4:10], original[10:20])
            if original.strip("0")
            else ""
        )
        rrn = str(m.get(37, "")).strip()
        if rrn not in self.book.lines:
            rrn = self.book.rrn_of(key) or rrn or (f"unseen-{key}" if key else "")
        if not rrn:
            answer[39] = "30"
            return answer, APPROVE
        scripted = self._scripted.get(rrn, APPROVE)
        seen = self._reversals_seen.get(rrn, 0) + 1
        _remember(self._reversals_seen, rrn, seen)
        manner = self.overrides.reversals
        if manner == "accept" and not self.overrides.reversals_released:
            manner = scripted.reversals
            if seen < scripted.reversal_answered_from:
                manner = "ignore"
        if manner == "ignore":
            return None, IGNORE
        if manner in ("refuse", "refuse_for_good"):
            answer[39] = REVERSAL_REFUSED_CODE if manner == "refuse" else REFUSED_FOR_GOOD_CODE
            return answer, APPROVE
        entry = self.book.get(rrn)
        stays = int(str(m.get(95, ""))[:12] or 0)
        if stays and entry is None:
            answer[39] = UNSEEN_IN_PART_CODE
            return answer, APPROVE
        taken_as = f"{rrn}{terminal}{m[11]}{original}"
        amounts = str(m.get(4, "")), str(m.get(95, ""))
        taken = self._reversals_taken.get(taken_as)
        if taken is not None and taken != amounts:
            answer[39] = DUPLICATE_CODE
            return answer, APPROVE
        if entry is not None and taken is None and not _amounts_fit(m, entry, stays):
            answer[39] = AMOUNT_INCORRECT_CODE
            return answer, APPROVE
        _remember(self._reversals_taken, taken_as, amounts)
        if entry is None or not entry.reversal_accepted:
            if entry is not None and stays:
                fact = self._fact(PARTIALLY_APPROVED, m, mti, rrn, approved=stays)
            elif entry is not None:
                fact = self._fact(REVERSED, m, mti, rrn, approved=entry.approved_minor)
            else:
                # Never seen: it is remembered under what field 90 says, and what comes later is refused.
                unseen = self._fact(REVERSED, m, mti, rrn)
                fact = msgspec.structs.replace(
                    unseen,
                    kind=original[:4] + unseen.kind[4:],
                    stan=original[4:10],
                    transmitted_at=original[10:20],
                )
            self.book.record(fact)
        answer[39] = NO_ORIGINAL_CODE if manner == "no_original" else "00"
        return answer, APPROVE

    # Advices and completions

    def _book_advice(self, m: Message, mti: str) -> Message:
        answer = _echo(m, mti)
        amount = int(m[4])
        given = str(m.get(37, "")).strip()
        key = message_key(mti, str(m[41]), str(m[11]), str(m[7]))
        if self.book.rrn_of(key) is not None:
            answer[39] = "00"
            return answer
        original = str(m.get(90, ""))
        about = self.book.rrn_of(message_key(original[:4], str(m[41]), original[4:10], original[10:20]))
        known = self.book.get(given) if given else None
        if known is not None and known.stan == m[11] and known.kind[1] == mti[1] and known.kind[2] == "2":
            answer[39] = "00"
            return answer
        own = given or self._make_rrn(m, mti)
        if about is None and known is not None:
            about = given
        code = str(m.get(38, "")).strip()
        self.book.record(
            self._fact(CAPTURED, m, mti, own, approved=amount, approval=code, code="00", original=about or "")
        )
        answer[39] = "00"
        answer[37] = own
        return answer

    # Network management, totals

    def _network(self, m: Message) -> Message:
        answer = _echo(m, "0800")
        code = str(m.get(70, ""))
        answer[39] = "00" if code in _NETWORK_CODES else "12"
        self.counts["sign_on" if code == _SIGN_ON else "sign_off" if code == _SIGN_OFF else "echo"] += 1
        return answer

    def _totals(self, m: Message, mti: str) -> Message:
        answer = _echo(m, mti)
        ours = self.book.day(self.today)
        fields: Message = {
            74: f"{ours.credit_count:010d}",
            75: f"{ours.credit_reversal_count:010d}",
            76: f"{ours.debit_count:010d}",
            77: f"{ours.debit_reversal_count:010d}",
            86: f"{ours.credit_minor:016d}",
            87: f"{ours.credit_reversal_minor:016d}",
            88: f"{ours.debit_minor:016d}",
            89: f"{ours.debit_reversal_minor:016d}",
        }
        agrees = all(m.get(number, value) == value for number, value in fields.items())
        answer |= fields
        answer[39] = "00" if agrees else "95"
        answer[66] = "1" if agrees else "2"
        return answer

    def _fact(
        self, fact: str, m: Message, mti: str, rrn: str, *, approved: int = 0, approval: str = "", code: str = "",
        original: str = "",
    ) -> Fact:  # fmt: skip
        return Fact(
            fact=fact,
            rrn=rrn,
            kind=f"{mti[:3]}0{str(m.get(3, '00'))[:2]}",
            terminal=str(m[41]).rstrip(),
            stan=str(m[11]),
            transmitted_at=str(m.get(7, "")),
            currency=str(m.get(49, "")),
            amount_minor=int(m.get(4, 0)),
            approved_minor=approved,
            approval_code=approval,
            response_code=code,
            at_us=self.now_us,
            day=self.today,
            original_rrn=original,
            digits_shown=_short_card(m),
        )


def _amounts_fit(m: Message, entry: Entry, stays_minor: int) -> bool:
    """Whether a reversal says the amount that was asked or approved, and leaves no more than there is."""
    if entry.reversal_accepted or 4 not in m:
        return True
    named_right = int(m[4]) in (entry.amount_minor, entry.approved_first_minor)
    return named_right and stays_minor <= entry.approved_minor


def _short_card(m: Message) -> str:
    pan = m.get(2, "")
    return letters_of(f"{pan[:6]}{pan[-4:]}")  # type: ignore[str-bytes-safe]


def format_error(m: Message) -> Message:
    """Return the answer to a request that lacks what its type needs."""
    answer = _echo(m, str(m[0]))
    answer[39] = "30"
    return answer


def _echo(m: Message, mti: str) -> Message:
    answer: Message = {0: f"{mti[:2]}{int(mti[2]) + 1}0"}
    for number in _ECHOED_IF_PRESENT:
        if number in m:
            answer[number] = m[number]
    return answer


def _remember(table: dict, key: str, value: object) -> None:
    table.pop(key, None)
    table[key] = value
    if len(table) > REVERSALS_COUNTED_MAX:
        del table[next(iter(table))]

"""One exchange of a terminal, for people and for programs: where to connect, what to remember, what to print."""

from __future__ import annotations

import fcntl
import os
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import Parameter

from core.contracts.reasons import Reason
from core.transactions.reasons import meaning_of
from core.values.edition1987 import UNAVAILABLE
from deploy.cli.exchange_words import element_names, words
from deploy.local.authority import DevelopmentAuthority
from deploy.local.data_folder import check_readable
from deploy.local.errors import Misused
from deploy.local.state_file import read_state
from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.cards import CardUnknown, TestCard, card_named
from deploy.sandbox.simulators.requests import Identity
from deploy.sandbox.simulators.stans import StanFile, Stans, StansExhausted
from deploy.sandbox.simulators.terminal import Exchange, LinkLost, SignOnRefused, Terminal
from edge.protocol.masking import describe
from edge.translate.reasons import reason_of_answer, reason_of_host

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from deploy.cli.common import Common
    from edge.protocol.field import Message

STAN_FILE = "stans.json"
HISTORY_FILE = "terminal-history.json"
HISTORY_MAX = 500
AMOUNT_MINOR_MAX = 999_999_999_999
PAYMENTS = frozenset({"0100", "0200"})
HOLDS = frozenset({"0100"})
PURCHASES = frozenset({"0200"})
APPROVED = frozenset({"00", "10"})
EXIT_DECLINED = 1
EXIT_NO_ANSWER = 3


@Parameter(name="*")
@dataclass(frozen=True)
class Where:
    """--terminal, --acceptor, --tls, --address, --timeout."""

    terminal: str = "T0000001"
    "Identifier of the terminal (data element 41)."
    acceptor: str = ""
    "Identifier of the card acceptor (data element 42)."
    tls: Annotated[bool, Parameter(negative="")] = False
    "Connect by TLS with the terminal's certificate."
    address: str | None = None
    "host:port of an edge, instead of the one that runs on --data."
    timeout: float = 30.0
    "Seconds to wait for an answer."


WHERE = Where()


class Done(msgspec.Struct):
    """A payment that this command line made: enough to take it back later, and no card number."""

    terminal: str
    mti: str
    processing_code: str
    card: str
    amount_minor: int
    stan: str
    transmitted_at: str
    day: str
    rrn: str
    approval_code: str
    code: str


def read_amount(text: str) -> int:
    """Return minor units of euros. Raises: Misused."""
    try:
        amount = Decimal(text.strip().replace(",", "."))
        minor = amount * 100
        if not amount.is_finite() or minor != minor.to_integral_value() or not 0 < minor <= AMOUNT_MINOR_MAX:
            raise InvalidOperation
    except InvalidOperation:
        raise Misused("amount-refused", text=text) from None
    return int(minor)


def read_card(name: str) -> TestCard:
    """Return a test card by its English or French name. Raises: Misused."""
    try:
        return card_named(name)
    except CardUnknown:
        # Somebody may have typed a card number: it is not repeated.
        shown = name if not any(character.isdigit() for character in name) or len(name) < 12 else "***"
        raise Misused("card-unknown", name=shown) from None


def read_address(common: Common, address: str | None, *, tls: bool) -> tuple[str, int]:
    """Return where to connect: as given, or as the running copy says. Raises: Misused, FolderOfAnother."""
    if address is not None:
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise Misused("address-refused", text=address)
        return host, int(port)
    check_readable(common.data)
    state = read_state(common.data)
    port_name = "edge-tls" if tls else "edge"
    if state is None or not state.is_supervised or port_name not in state.ports:
        raise Misused("nothing-runs", data=common.data)
    return "127.0.0.1", state.ports[port_name]


def client_context(data: Path, terminal: str) -> ssl.SSLContext:
    """Return the TLS context of a terminal of the development authority, its certificate made if need be."""
    authority = DevelopmentAuthority(data / "tls", data / "authority")
    files = authority.terminal_certificate(terminal, now=datetime.now(UTC))
    context = ssl.create_default_context(cafile=str(authority.authority_certificate))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(str(files.certificate), str(files.key))
    return context


@asynccontextmanager
async def session(common: Common, where: Where) -> AsyncIterator[Terminal]:
    """Connect and sign on; sign-off and close at the end. Raises: Misused."""
    if not 0 < len(where.terminal) <= 8 or not where.terminal.isalnum() or not where.terminal.isascii():
        raise Misused("terminal-refused", text=where.terminal)
    if where.timeout <= 0:
        raise Misused("number-refused", text="--timeout")
    host, port = read_address(common, where.address, tls=where.tls)
    terminal = Terminal(
        Identity(f"{where.terminal:<8}", f"{where.acceptor:<15}"),
        host=host,
        port=port,
        stans=Stans(where.terminal, file=StanFile(common.data / STAN_FILE)),
        tls=client_context(common.data, where.terminal) if where.tls else None,
        reply_timeout_s=where.timeout,
    )
    try:
        await terminal.connect()
        await terminal.sign_on()
        yield terminal
    except LinkLost as error:
        raise Misused(f"link-{error.how}", **error.facts) from error
    except StansExhausted as error:
        raise Misused("stans-exhausted", terminal=where.terminal) from error
    except SignOnRefused as error:
        said = _refusal(common, error.code, error.shown)
        raise Misused(
            "sign-on-refused", terminal=where.terminal, response_code=error.code, words=said
        ) from error
    finally:
        await terminal.close()


def remember(common: Common, done: Done) -> None:
    """Keep what this command line did, the newest HISTORY_MAX of it."""
    path = common.data / HISTORY_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        kept = [*_parse(file.read()), done][-HISTORY_MAX:]
        file.seek(0)
        file.truncate()
        file.write(msgspec.json.encode(kept).decode())


def history(common: Common) -> list[Done]:
    """Return what this command line did, oldest first."""
    path = common.data / HISTORY_FILE
    return _parse(path.read_text()) if path.exists() else []


def _parse(text: str) -> list[Done]:
    try:
        return msgspec.json.decode(text, type=list[Done])
    except msgspec.MsgspecError:
        return []


def find(
    common: Common, where: Where, *, rrn: str | None, stan: str | None, mtis: frozenset[str] = PAYMENTS
) -> Done | None:
    """Return the newest payment of the terminal with that reference or number; without either, the newest approved."""
    for done in reversed(history(common)):
        if done.terminal != where.terminal or done.mti not in mtis:
            continue
        if rrn is None and stan is None:
            if done.code in APPROVED and done.amount_minor and done.processing_code == requests.PURCHASE:
                return done
        elif (rrn is None or done.rrn == rrn) and (stan is None or int(done.stan) == int(stan)):
            return done
    return None


def as_done(exchange: Exchange, card: TestCard, where: Where) -> Done:
    """Return what to remember of a payment."""
    request = exchange.request
    return Done(
        terminal=where.terminal,
        mti=str(request[0]),
        processing_code=str(request[3]),
        card=card.name,
        amount_minor=exchange.approved_minor or int(request[4]),
        stan=str(request[11]),
        transmitted_at=str(request[7]),
        day=exchange.day,
        rrn=exchange.rrn,
        approval_code=exchange.approval_code,
        code=exchange.code,
    )


def as_request(done: Done, identity: Identity) -> Message:
    """Return the message of a remembered payment, as far as a reversal repeats it."""
    return {
        0: done.mti,
        2: card_named(done.card).pan,
        3: done.processing_code,
        4: f"{done.amount_minor:012d}",
        7: done.transmitted_at,
        11: done.stan,
        14: card_named(done.card).expiry,
        22: requests.CONTACTLESS,
        25: "00",
        41: identity.terminal,
        42: identity.acceptor,
        49: "978",
    }


def show(common: Common, where: Where, exchange: Exchange, reversals: list[Exchange] | None = None) -> int:
    """Print the exchange and return the exit code: 0 accepted, 1 declined, 3 without an answer."""
    verdict = _verdict(common, where, exchange)
    taken_back = bool(reversals) and (reversals or [])[-1].code == "00"
    if common.as_json:
        common.print_json(_as_json(common, exchange, verdict, reversals or []))
    else:
        for one in (exchange, *(reversals or [])):
            _print_table(common, one)
        line = f"{verdict} {words(common.spoken, 'in', ms=exchange.elapsed_ms)}"
        if exchange.answer is None and reversals is not None:
            line += ", " + words(common.spoken, "reversed" if taken_back else "not-reversed")
        common.print_line(line)
    if exchange.answer is None:
        return EXIT_NO_ANSWER
    return 0 if exchange.approved else EXIT_DECLINED


def _verdict(common: Common, where: Where, exchange: Exchange) -> str:
    spoken, code = common.spoken, exchange.code
    if exchange.answer is None:
        return words(spoken, "no-answer", seconds=where.timeout)
    parts = [f"({code})"]
    if exchange.answer.get(66) in {"1", "2"}:
        parts.append(words(spoken, "in-balance" if exchange.answer[66] == "1" else "out-of-balance") + ",")
    if exchange.rrn:
        parts.append(f"RRN {exchange.rrn},")
    if exchange.approval_code.strip():
        parts.append(f"{exchange.approval_code},")
    paid = exchange.request[0] in PAYMENTS
    key = "partial" if code == "10" else ("approved" if paid else "done") if code == "00" else "declined"
    if code == UNAVAILABLE:
        key = "not-made"
    said = "" if code == "00" else f" {_reason(common, exchange)}"
    return " ".join([words(spoken, key), *parts]).rstrip(",") + said


def _reason(common: Common, exchange: Exchange) -> str:
    shown = str(exchange.answer.get(44, "")) if exchange.answer else ""
    reason = reason_of_answer(exchange.code, shown)
    if exchange.code == UNAVAILABLE and not shown:
        # Told of a host that did not answer as of one that could not be asked: whatever it took is given back.
        reason = Reason.HOST_NO_REPLY
    elif reason != reason_of_host(exchange.code):
        return _refusal(common, exchange.code, shown)
    return meaning_of(reason).words(common.spoken).customer


def _refusal(common: Common, code: str, shown: str) -> str:
    """Return what a refusal of ours is and what to do; a sign-on carries no card, so no bank refused it."""
    reason = reason_of_answer(code, shown)
    if reason == reason_of_host(code):
        return words(common.spoken, "refused-by-edge")
    told = meaning_of(reason).words(common.spoken)
    return f"{told.agent} {told.next_step}"


def _as_json(common: Common, exchange: Exchange, verdict: str, reversals: list[Exchange]) -> dict[str, Any]:
    names = element_names(common.spoken)
    return {
        "approved": exchange.approved,
        "code": exchange.code,
        "said": verdict,
        "reason": _reason(common, exchange) if exchange.code else None,
        "milliseconds": round(exchange.elapsed_ms, 3),
        "rrn": exchange.rrn or None,
        "approval_code": exchange.approval_code.strip() or None,
        "approved_minor": exchange.approved_minor,
        "stan": exchange.request[11],
        "request": describe(exchange.request, names),
        "answer": describe(exchange.answer, names) if exchange.answer else None,
        "reversals": [
            {
                "request": describe(one.request, names),
                "answer": describe(one.answer, names) if one.answer else None,
                "milliseconds": round(one.elapsed_ms, 3),
            }
            for one in reversals
        ],
    }


def _print_table(common: Common, exchange: Exchange) -> None:
    from rich.table import Table  # noqa: PLC0415 - programs that read JSON do not wait for it.
    from rich.text import Text  # noqa: PLC0415

    names = element_names(common.spoken)
    asked = {line["field"]: line["value"] for line in describe(exchange.request, names)}
    answered = {line["field"]: line["value"] for line in describe(exchange.answer or {}, names)}
    table = Table(box=None, pad_edge=False)
    for key in ("field", "name", "request", "answer"):
        table.add_column(words(common.spoken, key), justify="right" if key == "field" else "left")
    for number in sorted({*asked, *answered}):
        # What came over a wire is text, never markup.
        cells = (Text(asked.get(number, "")), Text(answered.get(number, "")))
        table.add_row(str(number), names.get(number, ""), *cells)
    common.console().print(table)

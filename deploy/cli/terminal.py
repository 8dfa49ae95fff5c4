"""`guichet terminal`: one real exchange over the socket, as a payment terminal makes it."""

from __future__ import annotations

from dataclasses import dataclass

from cyclopts import App, Parameter

from deploy.cli.common import COMMON, Common
from deploy.cli.exchange import (
    APPROVED,
    HOLDS,
    PURCHASES,
    WHERE,
    Done,
    Where,
    as_done,
    as_request,
    find,
    history,
    read_amount,
    read_card,
    remember,
    session,
    show,
)
from deploy.local.errors import Misused
from deploy.sandbox.simulators.cards import TestCard
from deploy.sandbox.simulators.requests import PURCHASE, REFUND, DayTotals
from deploy.sandbox.simulators.terminal import Exchange, Payment, Terminal

app = App(
    name="guichet terminal", help="Make one real exchange as a payment terminal; cards: docs/sandbox.md."
)


@Parameter(name="*")
@dataclass(frozen=True)
class About:
    """--rrn, --card: which payment a later step is about, and the card where this command line did not make it."""

    rrn: str | None = None
    card: str | None = None


ABOUT = About()


@app.command
async def pay(
    *,
    amount: str,
    card: str = "approve-visa",
    no_partial: bool = False,
    where: Where = WHERE,
    common: Common = COMMON,
) -> int:
    """Buy (0200). Without an answer in time the payment is reversed, never sent again.

    Parameters
    ----------
    amount
        Euros, such as 12.50.
    card
        Name of a test card, English or French: approve-visa, insufficient-funds, no-reply…
    no_partial
        Do not declare partial approvals.
    """
    amount_minor, chosen = read_amount(amount), read_card(card)
    async with session(common, where) as terminal:
        payment = await terminal.pay(
            chosen.pan, amount_minor, partial_ok=not no_partial, expiry=chosen.expiry
        )
        return _finish(common, where, chosen, payment)


@app.command
async def preauthorise(
    *, amount: str, card: str = "approve-visa", where: Where = WHERE, common: Common = COMMON
) -> int:
    """Hold an amount (0100), to be completed later."""
    amount_minor, chosen = read_amount(amount), read_card(card)
    async with session(common, where) as terminal:
        payment = await terminal.preauthorise(chosen.pan, amount_minor, expiry=chosen.expiry)
        return _finish(common, where, chosen, payment)


@app.command
async def complete(
    *, amount: str, about: About = ABOUT, where: Where = WHERE, common: Common = COMMON
) -> int:
    """Capture a hold (0220): the one that --rrn names, else the newest of this terminal."""
    amount_minor, (rrn, card, approval) = read_amount(amount), _original(common, where, about, HOLDS)
    async with session(common, where) as terminal:
        done = await terminal.complete(
            card.pan, amount_minor, rrn=rrn, approval_code=approval, expiry=card.expiry
        )
        return show(common, where, done)


@app.command
async def verify(*, card: str = "approve-visa", where: Where = WHERE, common: Common = COMMON) -> int:
    """Ask whether a card is good (0100, amount 0)."""
    chosen = read_card(card)
    async with session(common, where) as terminal:
        return _finish(common, where, chosen, await terminal.verify(chosen.pan, expiry=chosen.expiry))


@app.command
async def refund(*, amount: str, about: About = ABOUT, where: Where = WHERE, common: Common = COMMON) -> int:
    """Give money back (0200, processing code 20) on the payment that --rrn names, else on the newest."""
    amount_minor, (rrn, card, _) = read_amount(amount), _original(common, where, about, PURCHASES)
    async with session(common, where) as terminal:
        payment = await terminal.refund(card.pan, amount_minor, rrn=rrn, expiry=card.expiry)
        return _finish(common, where, card, payment)


@app.command
async def advise(
    *, amount: str, card: str = "approve-visa", where: Where = WHERE, common: Common = COMMON
) -> int:
    """Tell of a purchase that the terminal approved off line (0220)."""
    amount_minor, chosen = read_amount(amount), read_card(card)
    async with session(common, where) as terminal:
        done = await terminal.advise(chosen.pan, amount_minor, approval_code="OFFL01", expiry=chosen.expiry)
        return show(common, where, done)


@app.command
async def cancel(
    *, rrn: str | None = None, stan: str | None = None, where: Where = WHERE, common: Common = COMMON
) -> int:
    """Take a payment back on the customer's wish (0400): by --rrn or --stan, else the newest of this terminal."""
    done = _found(common, where, rrn=rrn, stan=stan)
    async with session(common, where) as terminal:
        exchange = await terminal.cancel(as_request(done, terminal.identity), rrn=done.rrn)
        return _finish(common, where, read_card(done.card), exchange)


@app.command
async def reverse(
    *, rrn: str | None = None, stan: str | None = None, where: Where = WHERE, common: Common = COMMON
) -> int:
    """Reverse a payment as after a timeout (0420, repeated as 0421): by --rrn or --stan, else the newest."""
    done = _found(common, where, rrn=rrn, stan=stan)
    async with session(common, where) as terminal:
        exchanges = await terminal.reverse(as_request(done, terminal.identity), rrn=done.rrn)
        return _finish(common, where, read_card(done.card), exchanges[-1])


@app.command
async def totals(*, where: Where = WHERE, common: Common = COMMON) -> int:
    """Compare the day's totals (0500) of what this command line did on the terminal."""
    async with session(common, where) as terminal:
        return show(common, where, await terminal.send_totals(_counted(common, where, terminal)))


@app.command
async def echo(*, where: Where = WHERE, common: Common = COMMON) -> int:
    """Sign on and ask whether anybody is there (0800)."""
    async with session(common, where) as terminal:
        return show(common, where, await terminal.echo())


def _finish(common: Common, where: Where, card: TestCard, done: Payment | Exchange) -> int:
    exchange, reversals = (done.exchange, done.reversals) if isinstance(done, Payment) else (done, None)
    remember(common, as_done(exchange, card, where))
    return show(common, where, exchange, reversals)


def _found(common: Common, where: Where, *, rrn: str | None, stan: str | None) -> Done:
    if stan is not None and not stan.isdecimal():
        raise Misused("payment-unknown")
    done = find(common, where, rrn=rrn, stan=stan)
    if done is None:
        raise Misused("payment-unknown")
    return done


def _original(common: Common, where: Where, about: About, mtis: frozenset[str]) -> tuple[str, TestCard, str]:
    """Return the reference, card and approval code of what a refund or completion is about. Raises: Misused."""
    chosen = read_card(about.card) if about.card is not None else None
    done = find(common, where, rrn=about.rrn, stan=None, mtis=mtis)
    if done is not None and done.rrn:
        return done.rrn, chosen or read_card(done.card), done.approval_code
    if about.rrn is None or chosen is None:
        raise Misused("payment-unknown")
    return about.rrn, chosen, ""


def _counted(common: Common, where: Where, terminal: Terminal) -> DayTotals:
    today = terminal.today()
    done = [
        one
        for one in history(common)
        if one.terminal == where.terminal and one.day == today and one.code in APPROVED
    ]
    debits = [one.amount_minor for one in done if one.mti == "0200" and one.processing_code == PURCHASE]
    refunds = [one.amount_minor for one in done if one.mti == "0200" and one.processing_code == REFUND]
    reversals = [one.amount_minor for one in done if one.mti[:2] == "04"]
    return DayTotals(
        debit_count=len(debits),
        debit_minor=sum(debits),
        credit_count=len(refunds),
        credit_minor=sum(refunds),
        reversal_count=len(reversals),
        reversal_minor=sum(reversals),
    )

"""The card of a purchase is changed: verified and authenticated first, once, and never between a debit and its card."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest

from core.cards.api import CardTriesTooMany
from core.cards.tries import ORDER_A_DAY_MAX
from core.contracts import card_changes as ask
from core.contracts.card_changes import CardChangeFailure
from core.contracts.cards import Authenticated, TransactionStatus
from core.contracts.orders import OrderId
from core.contracts.payment import BY_CUSTOMER, BY_MERCHANT
from core.contracts.reasons import Reason
from core.contracts.refusals import NotFound, Refused
from core.contracts.states import Brand
from core.schedules.changing import store
from core.schedules.changing.errors import CardPagesTooMany
from core.schedules.changing.handlers import PAGES_OPEN_MAX
from tests.integration.core.schedules.card_changes import CHALLENGE, Changer, open_changer
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_books_agree, check_invariants
from tests.integration.core.transactions.world import eventually


@pytest.fixture
async def changer(shop: Shop) -> AsyncIterator[Changer]:
    async with open_changer(shop) as opened:
        yield opened


async def failing_order(shop: Shop) -> tuple[UUID, UUID]:
    """Make an order of which a debit was declined and waits for its next try, which is due."""
    order, instalments = await shop.order()
    shop.world.host.script.append(behaviour.DECLINE)
    await shop.collect(await shop.run())
    await shop.world.owner.execute(
        "UPDATE instalment SET collect_after = now() - interval '1 hour' WHERE id = $1", instalments[1]
    )
    return order, instalments[1]


async def test_s2_30_a_card_that_is_verified_takes_the_place_of_the_other_and_pays_what_comes(
    shop: Shop, changer: Changer
) -> None:
    order, instalments = await shop.order(due_in_days=20)
    before = await changer.card_of(order)
    shop.world.host.usual_messages = msgspec.msgpack.encode([{}, {63: "klmnopqrst"}])
    done = await changer.change(order)
    assert (done.state, done.old_card.last_four, done.new_card and done.new_card.last_four) == (
        "done",
        "0014",
        "4242",
    )
    (verification,) = shop.world.host.messages("0100")
    assert (verification.processing_code, verification.amount_minor) == ("380000", 0)
    assert (verification.initiator, verification.entry_mode) == (BY_CUSTOMER, "810")
    assert (verification.authentication[:2], verification.sensitive) == ("05", b"sealed code")
    assert changer.bank.asked[0].amount_minor == 0
    card = await changer.card_of(order)
    assert (card["last_four"], card["network_transaction_id"]) == ("4242", "klmnopqrst")
    assert card["verified_at"] is not None
    assert await shop.value("SELECT released_at FROM stored_card WHERE id = $1", before["id"]) is not None
    assert await shop.events(order) == ["card_changed"]
    told = await shop.value(
        "SELECT facts->>'old' || ' ' || (facts->>'new') FROM mail WHERE template = 'card_changed' AND about_id = $1",
        order,
    )
    assert told == "0014 4242"
    # The debits to come are tied to the verification by the network's name of it.
    shop.later(days=20)
    assert await shop.collect(await shop.run()) == 1
    (debit,) = shop.world.host.messages("0200")
    assert (debit.initiator, debit.network_id) == (BY_MERCHANT, "klmnopqrst")
    assert (await shop.instalment(instalments[1]))["state"] == "paid"
    await check_invariants(shop.world)
    await check_books_agree(shop.world)


async def test_s2_32_09_27_is_refused_and_10_27_is_taken_where_the_last_debit_is_on_3_october_2027(
    shop: Shop, changer: Changer
) -> None:
    order, instalments = await shop.order(due_in_days=20)
    await shop.world.owner.execute(
        "UPDATE instalment SET due_on = $2 WHERE id = $1", instalments[2], date(2027, 10, 3)
    )
    page = await changer.open(order)
    assert page.last_debit == "2027-10-03"
    assert (await changer.type(page, expiry="2709")).outcome == "card_ends_too_soon"
    assert (await changer.type(page, brand=Brand.AMEX)).outcome == "brand_refused"
    taken = await changer.type(page, expiry="2710")
    done = await changer.go_on(page.change.id, taken.token)
    assert (done.state, done.new_card and done.new_card.expires) == ("done", "2027-10")


@pytest.mark.parametrize("kind", ["too_late", "debit_submitted", "unpaid"])
async def test_s2_33_to_s2_35_a_change_that_may_not_be_does_not_begin(
    shop: Shop, changer: Changer, kind: str
) -> None:
    order, instalments = await shop.order(due_in_days=6 if kind == "too_late" else 20)
    if kind != "too_late":
        state = "in_progress" if kind == "debit_submitted" else "unpaid"
        await shop.world.owner.execute(
            "UPDATE instalment SET state = $2 WHERE id = $1", instalments[1], state
        )
    if kind == "unpaid":
        await shop.world.owner.execute("UPDATE purchase_order SET state = 'unpaid' WHERE id = $1", order)
    with pytest.raises(Refused) as refused:
        await changer.open(order)
    assert refused.value.problem.code == f"card_change_{kind}"
    assert await shop.value("SELECT count(*) FROM card_change") == 0


async def test_car_3_a_challenge_that_is_confirmed_goes_on_where_it_stopped(
    shop: Shop, changer: Changer
) -> None:
    order, _ = await shop.order(due_in_days=20)
    changer.bank.says = CHALLENGE
    asked = await changer.change(order)
    assert asked.state == "to_confirm"
    assert asked.redirect is not None
    assert asked.redirect.startswith("http://localhost:7080/authentications/")
    assert shop.world.host.messages("0100") == []
    assert (await changer.card_of(order))["last_four"] == "0014"
    await changer.come_back(asked, "Y")
    assert (await changer.go_on(asked.id)).state == "done"
    # Asked again, as a reload of the page does, it is as it was.
    assert (await changer.go_on(asked.id)).state == "done"
    assert len(shop.world.host.messages("0100")) == 1
    assert len(changer.bank.asked) == 1


@pytest.mark.parametrize(
    ("status", "is_cancelled", "failure"),
    [("N", False, "not_confirmed"), ("N", True, "cancelled"), ("U", False, "bank_unavailable")],
)
async def test_car_3_a_challenge_that_is_not_confirmed_leaves_the_old_card(
    shop: Shop, changer: Changer, status: TransactionStatus, *, is_cancelled: bool, failure: CardChangeFailure
) -> None:
    order, _ = await shop.order(due_in_days=20)
    changer.bank.says = CHALLENGE
    asked = await changer.change(order)
    await changer.come_back(asked, status, is_cancelled=is_cancelled)
    ended = await changer.go_on(asked.id)
    assert (ended.state, ended.failure) == ("failed", failure)
    await _keeps_the_old_card(shop, changer, order, ended.id)
    assert shop.world.host.messages("0100") == []


async def test_car_3_a_challenge_to_which_nobody_comes_back_leaves_the_old_card(
    shop: Shop, changer: Changer
) -> None:
    order, _ = await shop.order(due_in_days=20)
    changer.bank.says = CHALLENGE
    asked = await changer.change(order)
    shop.world.clock.offset += timedelta(minutes=11)
    ended = await changer.go_on(asked.id)
    assert (ended.state, ended.failure) == ("failed", "timed_out")
    await _keeps_the_old_card(shop, changer, order, ended.id)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [(Authenticated("N"), "not_confirmed"), (Authenticated("U"), "bank_unavailable")],
)
async def test_a_bank_that_does_not_vouch_leaves_the_old_card(
    shop: Shop, changer: Changer, answer: Authenticated, failure: CardChangeFailure
) -> None:
    order, _ = await shop.order(due_in_days=20)
    changer.bank.says = answer
    ended = await changer.change(order)
    assert (ended.state, ended.failure) == ("failed", failure)
    await _keeps_the_old_card(shop, changer, order, ended.id)


async def test_s2_31_a_card_that_its_bank_declines_leaves_the_old_one(shop: Shop, changer: Changer) -> None:
    order, _ = await shop.order(due_in_days=20)
    shop.world.host.script.append(behaviour.DECLINE)
    ended = await changer.change(order)
    assert (ended.state, ended.failure) == ("failed", "declined")
    assert (await changer.row(ended.id))["reason"] == Reason.INSUFFICIENT_FUNDS
    await _keeps_the_old_card(shop, changer, order, ended.id)


async def test_unknown_is_no_yes_the_verification_is_reversed_and_the_old_card_stays(
    shop: Shop, changer: Changer
) -> None:
    order, _ = await shop.order(due_in_days=20)
    shop.world.host.script.append(behaviour.LATE)
    ended = await changer.change(order)
    assert (ended.state, ended.failure) == ("failed", "unanswered")
    await _keeps_the_old_card(shop, changer, order, ended.id)
    await shop.world.deliver()
    assert len(shop.world.host.messages("0420")) == 1
    await check_books_agree(shop.world)


async def test_without_an_engine_nothing_is_sent_and_the_worker_ends_it(shop: Shop, changer: Changer) -> None:
    order, _ = await shop.order(due_in_days=20)
    await shop.world.stop_engine()
    waits = await changer.change(order)
    assert waits.state == "checking"
    with pytest.raises(Refused) as refused:
        await changer.open(order)
    assert refused.value.problem.code == "card_change_under_way"
    await shop.world.owner.execute("UPDATE card_change SET verified_from = verified_from - interval '2 min'")
    shop.world.clock.offset += timedelta(seconds=31)
    await changer.changes.take_up()
    ended = await changer.go_on(waits.id)
    assert (ended.state, ended.failure) == ("failed", "unanswered")
    assert shop.world.host.messages("0100") == []
    await _keeps_the_old_card(shop, changer, order, ended.id)
    await shop.world.start_engine()


async def test_what_the_browser_did_not_wait_for_is_decided_by_the_worker(
    shop: Shop, changer: Changer, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, _ = await shop.order(due_in_days=20)

    async def nobody(_change_id: bytes) -> None:
        """The desk ends before it reads what became of the verification."""

    with monkeypatch.context() as patch:
        patch.setattr(changer.changes, "decide", nobody)
        assert (await changer.change(order)).state == "checking"
    shop.world.clock.offset += timedelta(seconds=31)
    await changer.changes.take_up()
    assert (await changer.card_of(order))["last_four"] == "4242"


async def test_what_nobody_comes_back_to_is_given_up(shop: Shop, changer: Changer) -> None:
    typed, _ = await shop.order(due_in_days=20)
    opened, _ = await shop.order(due_in_days=20)
    changer.bank.says = CHALLENGE
    ids = [(await changer.change(typed)).id, (await changer.open(opened)).change.id]
    await changer.changes.take_up()
    assert [(await changer.row(each))["state"] for each in ids] == ["typed", "opened"]
    shop.world.clock.offset += timedelta(minutes=51)
    await changer.changes.take_up()
    assert [(await changer.row(each))["failure"] for each in ids] == ["timed_out", "left"]
    await _keeps_the_old_card(shop, changer, typed, ids[0])


async def test_s2_34_a_claim_that_comes_first_keeps_its_card_and_the_change_fails(
    shop: Shop, changer: Changer
) -> None:
    order, instalment = await failing_order(shop)
    changer.bank.says = CHALLENGE
    asked = await changer.change(order)
    shop.world.host.script.append(behaviour.HOLD)
    run = await shop.run("run2")
    assert await run.collect() == 1
    await changer.come_back(asked, "Y")
    ended = await changer.go_on(asked.id)
    assert (ended.state, ended.failure) == ("failed", "debit_submitted")
    await _keeps_the_old_card(shop, changer, order, ended.id)
    debits = await shop.debits(instalment)
    assert debits[-1]["card_id"] == (await changer.card_of(order))["id"]
    for let_go in shop.world.host.held.values():
        let_go()
    await shop.settle(run)


async def test_s2_34_a_claim_passes_by_what_is_being_changed_and_then_debits_the_new_card(
    shop: Shop, changer: Changer
) -> None:
    order, instalment = await failing_order(shop)
    run = await shop.run("run2")
    async with shop.world.pool.acquire() as connection, connection.transaction():
        await store.hold_order(connection, order.bytes)
        assert await run.collect() == 0
    assert (await changer.change(order)).state == "done"
    assert await shop.collect(run) == 1
    debits = await shop.debits(instalment)
    assert [each["state"] for each in debits] == ["declined", "approved"]
    assert debits[-1]["card_id"] == (await changer.card_of(order))["id"]


async def test_of_a_change_and_a_claim_at_once_exactly_one_wins(shop: Shop, changer: Changer) -> None:
    run = await shop.run("run2")
    for _ in range(4):
        order, instalment = await failing_order(shop)
        changer.bank.says = CHALLENGE
        asked = await changer.change(order)
        await changer.come_back(asked, "Y")

        _, ended = await asyncio.gather(eventually(run.collect), changer.go_on(asked.id))
        await shop.settle(run)
        while ended.state == "checking":
            ended = await changer.go_on(asked.id)
        debit = (await shop.debits(instalment))[-1]
        card = (await changer.card_of(order))["last_four"]
        if ended.state == "done":
            assert (card, debit["card_id"]) == ("4242", (await changer.card_of(order))["id"])
        else:
            assert (card, ended.failure) == ("0014", "debit_submitted")
            assert debit["card_id"] == (await changer.card_of(order))["id"]


async def test_two_tabs_verify_once_and_see_the_same(shop: Shop, changer: Changer) -> None:
    order, _ = await shop.order(due_in_days=20)
    page = await changer.open(order)
    again = await changer.open(order)
    assert again.change.id == page.change.id
    typed = await changer.type(page)
    await asyncio.gather(*(changer.go_on(page.change.id, typed.token) for _ in range(4)))
    ended = await changer.go_on(page.change.id)
    assert ended.state == "done"
    assert len(shop.world.host.messages("0100")) == 1
    assert await shop.value("SELECT count(*) FROM stored_card WHERE last_four = '4242'") == 1


async def test_a_customer_who_begins_again_gives_up_what_waited_at_the_bank(
    shop: Shop, changer: Changer
) -> None:
    order, _ = await shop.order(due_in_days=20)
    changer.bank.says = CHALLENGE
    first = await changer.change(order)
    page = await changer.open(order)
    assert page.change.id != first.id
    assert (await changer.go_on(first.id)).failure == "replaced"
    # Its bank says yes too late: another change stands in its place.
    await changer.come_back(first, "Y")
    assert (await changer.go_on(first.id)).state == "failed"
    assert (await changer.card_of(order))["last_four"] == "0014"


async def test_so_many_cards_are_tried_a_day_however_often_a_change_is_begun_anew(
    shop: Shop, changer: Changer
) -> None:
    order, _ = await shop.order(due_in_days=20)
    pages = [await changer.open(order) for _ in range(2)]
    changer.bank.says = Authenticated("N", "acs-1", "ds-1")
    for _ in range(ORDER_A_DAY_MAX):
        # Pages of tries before count no more once they have expired.
        await shop.world.owner.execute("UPDATE frame_session SET expires_at = opened_at + interval '1 us'")
        assert (await changer.change(order)).failure == "not_confirmed"
    with pytest.raises(CardTriesTooMany):
        await changer.open(order)
    assert len(changer.bank.asked) == ORDER_A_DAY_MAX
    assert pages[0].change.id == pages[1].change.id
    assert (await changer.card_of(order))["last_four"] == "0014"


async def test_pages_are_counted_over_all_changes_of_an_order(shop: Shop, changer: Changer) -> None:
    order, _ = await shop.order(due_in_days=20)
    changer.bank.says = Authenticated("N", "acs-1", "ds-1")
    for _ in range(PAGES_OPEN_MAX // 2):
        await changer.open(order)
    await changer.change(order)
    for _ in range(PAGES_OPEN_MAX // 2 - 1):
        await changer.open(order)
    with pytest.raises(CardPagesTooMany):
        await changer.open(order)


async def test_a_token_is_good_for_its_change_alone_and_not_for_ever(shop: Shop, changer: Changer) -> None:
    mine, _ = await shop.order(due_in_days=20)
    other, _ = await shop.order(due_in_days=20)
    page, elsewhere = await changer.open(mine), await changer.open(other)
    typed = await changer.type(elsewhere)
    for token in (typed.token, "ctk_" + "0" * 26):
        with pytest.raises(Refused) as refused:
            await changer.go_on(page.change.id, token)
        assert refused.value.problem.code == "card_change_token_refused"
    shop.world.clock.offset += timedelta(minutes=16)
    with pytest.raises(Refused) as refused:
        await changer.go_on(elsewhere.change.id, typed.token)
    assert refused.value.problem.code == "card_change_token_refused"
    assert await shop.value("SELECT count(*) FROM card_change WHERE state <> 'opened'") == 0


async def test_what_another_customer_bought_is_not_found(shop: Shop, changer: Changer) -> None:
    order, _ = await shop.order(due_in_days=20)
    page = await changer.open(order)
    changer.customer = msgspec.structs.replace(changer.customer, emails=("somebody@example.com",))
    with pytest.raises(NotFound):
        await changer.open(order)
    with pytest.raises(NotFound):
        await changer.go_on(page.change.id)


async def test_arrears_are_collected_at_once_by_the_new_card_where_the_customer_says_so(
    shop: Shop, changer: Changer
) -> None:
    order, instalments = await shop.order()
    shop.world.host.script.append(behaviour.DECLINE)
    run = await shop.run()
    await shop.collect(run)
    with pytest.raises(Refused) as refused:
        await collect_now(changer, order)
    assert refused.value.problem.code == "card_change_nothing_waits"
    done = await changer.change(order)
    assert (done.state, done.waiting and done.waiting.amount) == ("done", 4_265)
    assert await run.collect() == 0
    assert await collect_now(changer, order) == 4_265
    assert await shop.collect(run) == 1
    assert (await shop.instalment(instalments[1]))["state"] == "paid"
    assert (await changer.go_on(done.id)).waiting is None


async def test_a_card_that_pays_another_purchase_too_is_not_let_go(shop: Shop, changer: Changer) -> None:
    card = await shop.card()
    order, _ = await shop.order(due_in_days=20, card=card)
    await shop.order(due_in_days=20, card=card)
    assert (await changer.change(order)).state == "done"
    assert await shop.value("SELECT released_at FROM stored_card WHERE id = $1", card) is None


async def test_a_debit_that_was_moved_behind_the_expiry_meanwhile_refuses_the_card(
    shop: Shop, changer: Changer
) -> None:
    order, instalments = await shop.order(due_in_days=20)
    page = await changer.open(order)
    typed = await changer.type(page, expiry=f"{date.fromisoformat(page.last_debit):%y%m}")
    await shop.world.owner.execute("UPDATE instalment SET due_on = due_on + 40 WHERE id = $1", instalments[2])
    ended = await changer.go_on(page.change.id, typed.token)
    assert (ended.state, ended.failure) == ("failed", "ends_too_soon")
    await _keeps_the_old_card(shop, changer, order, ended.id)


@pytest.mark.parametrize("reached", ["typed", "verifying"])
async def test_where_another_card_pays_meanwhile_it_stays_and_the_change_fails(
    shop: Shop, changer: Changer, monkeypatch: pytest.MonkeyPatch, reached: str
) -> None:
    """Its customer settled what was unpaid by another card while they were at the bank for this one."""
    order, _ = await shop.order(due_in_days=20)

    async def nobody(_change_id: bytes) -> None:
        """The desk ends before it reads what became of the verification."""

    if reached == "typed":
        changer.bank.says = CHALLENGE
        asked = await changer.change(order)
        await changer.come_back(asked, "Y")
    else:
        with monkeypatch.context() as patch:
            patch.setattr(changer.changes, "decide", nobody)
            asked = await changer.change(order)
    assert (await changer.row(asked.id))["state"] == reached
    settled_by = await shop.card()
    await shop.world.owner.execute("UPDATE purchase_order SET card_id = $2 WHERE id = $1", order, settled_by)
    ended = await changer.go_on(asked.id)
    assert (ended.state, ended.failure) == ("failed", "overtaken")
    assert (await changer.card_of(order))["id"] == settled_by
    await _keeps_the_old_card(shop, changer, order, ended.id)


async def test_a_page_that_was_opened_before_another_card_paid_gives_way_to_a_new_one(
    shop: Shop, changer: Changer
) -> None:
    order, _ = await shop.order(due_in_days=20)
    before = await changer.open(order)
    await shop.world.owner.execute(
        "UPDATE purchase_order SET card_id = $2 WHERE id = $1", order, await shop.card()
    )
    assert (await changer.open(order)).change.id != before.change.id
    assert (await changer.row(before.change.id))["failure"] == "replaced"
    assert (await changer.change(order)).state == "done"


async def collect_now(changer: Changer, order: UUID) -> int:
    answer = await changer.handlers.collect_now(changer.customer, ask.CollectNow(id=OrderId(order.bytes)))
    return answer.amount.amount


async def _keeps_the_old_card(shop: Shop, changer: Changer, order: UUID, change: str) -> None:
    card = await changer.card_of(order)
    assert (card["last_four"], card["released_at"]) == ("0014", None)
    new = (await changer.row(change))["card_id"]
    assert (
        new is None or await shop.value("SELECT released_at FROM stored_card WHERE id = $1", new) is not None
    )
    assert "card_changed" not in await shop.events(order)

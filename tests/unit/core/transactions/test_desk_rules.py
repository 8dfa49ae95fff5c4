"""Hops, diagnosis and actions follow from the row."""

from __future__ import annotations

import itertools
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from core.contracts.host_matters import STUCK_AFTER
from core.contracts.reasons import Reason
from core.contracts.states import DeliveryKind, Kind, State
from core.contracts.transaction_filter import TransactionFilter
from core.transactions.desk.model import DeskDelivery, DeskTransaction
from core.transactions.desk.rules import (
    actions_of,
    bounds_of_times,
    cancel_action,
    customer_of,
    diagnosis_of,
    hops_of,
    refund_action,
)
from core.transactions.exchanges.rules import UNKNOWN_REASONS
from core.transactions.reasons_kinds import words_of
from core.values.ids import lowest_id

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
APPROVED = DeskTransaction(
    id=bytes(16),
    business_date=date(2026, 11, 22),
    kind=Kind.PURCHASE,
    state=State.APPROVED,
    reason=Reason.APPROVED,
    amount_minor=1000,
    approved_minor=1000,
    captured_minor=0,
    reserved_minor=0,
    refund_pending_minor=0,
    currency="EUR",
    received_at=NOW,
    sent_at=NOW + timedelta(milliseconds=1),
    decided_at=NOW + timedelta(milliseconds=20),
    host_sent_us=2_000,
    host_replied_us=18_000,
    host_code="00",
)
REVERSAL = DeskDelivery(
    kind=DeliveryKind.REVERSAL, since=NOW, tries=2, due_at=NOW, accepted_at=None, last_result="no_reply"
)
STUCK = msgspec.structs.replace(
    REVERSAL, since=NOW - STUCK_AFTER - timedelta(seconds=1), tries=12, due_at=NOW + timedelta(seconds=40)
)


def changed(**changes: object) -> DeskTransaction:
    return msgspec.structs.replace(APPROVED, **changes)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "due"),
        ({"refused_at": NOW}, "refused"),
        ({"accepted_at": NOW, "last_result": "code 00"}, "accepted"),
        ({"accepted_at": NOW, "last_result": "reversed"}, "withdrawn"),
        ({"accepted_at": NOW, "refused_at": NOW, "last_result": "closed", "closed": True}, "closed"),
    ],
)
def test_a_delivery_says_where_it_stands(changes: dict[str, object], state: str) -> None:
    assert msgspec.structs.replace(REVERSAL, **changes).state == state


@pytest.mark.parametrize(("locale", "again"), [("fr", "renvoyée"), ("en", "sent again")])
def test_a_reversal_refused_for_good_is_not_said_to_be_sent_again_by_itself(locale: str, again: str) -> None:
    refused = msgspec.structs.replace(REVERSAL, refused_at=NOW, last_result="code 57")
    told = diagnosis_of(changed(state=State.REVERSED), [refused], locale=locale, now=NOW)
    assert told.severity == "problem"
    assert again in told.explanation
    assert "“To check”" in told.next_step or "« À vérifier »" in told.next_step


@pytest.mark.parametrize(
    "changes",
    [
        {"refused_at": NOW, "last_result": "code 57"},
        {"last_result": "code 96"},
        {"accepted_at": NOW, "closed": True, "last_result": "code 57"},
    ],
    ids=["refused", "refused for now", "closed"],
)
@pytest.mark.parametrize("state", [State.UNKNOWN, State.REVERSED])
def test_nobody_is_told_that_nothing_is_charged_before_the_acquirer_has_said_so(
    state: State, changes: dict[str, object]
) -> None:
    delivery = msgspec.structs.replace(REVERSAL, **changes)
    payment = changed(state=state, reason=Reason.HOST_NO_REPLY)
    for locale, charged in (("fr", "débit"), ("en", "charged")):
        told = diagnosis_of(payment, [delivery], locale=locale, now=NOW)
        assert f"not {charged}" not in told.next_step
        assert f"n’est pas {charged}é" not in told.next_step
        said = customer_of(payment, [delivery], locale=locale, now=NOW)
        assert said is not None
        assert "may still" in said or "peut encore" in said
    actions = actions_of(payment, [delivery], may_refund=True, may_cancel=True, now=NOW)
    why = "reversal_refused_for_now" if delivery.refused_at is None else "reversal_unconfirmed"
    assert actions.why == ("reversal_closed" if delivery.closed else why)


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_reversal_that_the_acquirer_ignores_is_said_to_wait_for_a_person_however_soon_it_is_sent_again(
    locale: str,
) -> None:
    payment = changed(state=State.REVERSED, reason=Reason.CANCELLED_BY_AGENT)
    told = diagnosis_of(payment, [STUCK], locale=locale, now=NOW)
    assert told.severity == "problem"
    assert told.next_step.startswith("Voir « À vérifier »" if locale == "fr" else "See “To check”")
    assert (
        "peut encore" in (said := customer_of(payment, [STUCK], locale=locale, now=NOW) or "")
        or "may still" in said
    )
    acts = actions_of(payment, [STUCK], may_refund=True, may_cancel=True, now=NOW)
    assert acts.why == "reversal_unconfirmed"


@pytest.mark.parametrize(
    "kind", [DeliveryKind.PARTIAL_REVERSAL, DeliveryKind.ADVICE, DeliveryKind.COMPLETION]
)
@pytest.mark.parametrize("changes", [{}, {"since": NOW, "refused_at": NOW}], ids=["stuck", "refused"])
def test_whatever_does_not_reach_the_acquirer_sends_to_what_is_to_be_checked(
    kind: DeliveryKind, changes: dict[str, object]
) -> None:
    told = diagnosis_of(
        changed(state=State.APPROVED),
        [msgspec.structs.replace(STUCK, kind=kind, **changes)],
        locale="fr",
        now=NOW,
    )
    assert told.is_to_check
    assert told.severity == "warning"
    assert "À vérifier" in told.next_step


def test_what_is_left_of_an_approval_in_part_is_not_to_be_paid_by_other_means() -> None:
    part = msgspec.structs.replace(REVERSAL, kind=DeliveryKind.PARTIAL_REVERSAL)
    payment = changed(state=State.PARTIALLY_APPROVED, reason=Reason.PARTIAL_APPROVAL)
    told = diagnosis_of(payment, [part], locale="fr", now=NOW)
    assert told.next_step == "Rien à faire : l’envoi est répété jusqu’à son acceptation."
    assert customer_of(payment, [part], locale="fr", now=NOW) is None


def test_an_answer_that_cannot_be_used_is_not_called_none() -> None:
    told = diagnosis_of(
        changed(state=State.REVERSED, reason=Reason.HOST_CODE_UNKNOWN), [], locale="fr", now=NOW
    )
    assert told.title == "Réponse inutilisable, annulée"


def test_hops_follow_each_other_without_a_gap() -> None:
    hops = hops_of(APPROVED)
    assert [(hop.name, hop.duration_ms) for hop in hops] == [
        ("check_and_commit", 1.0),
        ("wait_for_link", 1.0),
        ("host", 16.0),
        ("decide", 2.0),
    ]
    silent = hops_of(changed(state=State.UNKNOWN, reason=Reason.HOST_NO_REPLY, host_replied_us=None))
    assert [(hop.name, hop.ok) for hop in silent][-1] == ("host", False)


def test_a_diagnosis_names_the_hop_and_the_next_step() -> None:
    blocked = changed(
        state=State.DECLINED,
        reason=Reason.STORE_BLOCKED,
        sent_at=None,
        host_sent_us=None,
        host_replied_us=None,
    )
    for locale, title in (("fr", "Refusée par nous"), ("en", "Declined by us")):
        shown = diagnosis_of(blocked, [], locale=locale, now=NOW)
        assert (shown.title, shown.hop, shown.severity) == (title, "check_and_commit", "problem")
        assert shown.next_step
    unknown = changed(state=State.UNKNOWN, reason=Reason.HOST_NO_REPLY)
    assert diagnosis_of(unknown, [], locale="fr", now=NOW).hop == "host"
    waiting = diagnosis_of(unknown, [REVERSAL], locale="en", now=NOW + timedelta(minutes=6))
    assert (waiting.hop, waiting.severity) == ("host", "problem")
    assert "2" in waiting.explanation
    stuck = diagnosis_of(changed(state=State.SENT), [], locale="en", now=NOW + timedelta(minutes=6))
    assert stuck.severity == "problem"


def test_every_state_has_a_diagnosis() -> None:
    for state in State:
        for locale in ("fr", "en"):
            assert diagnosis_of(changed(state=state), [], locale=locale, now=NOW).title


def test_a_refund_never_goes_above_what_was_captured() -> None:
    assert refund_action(APPROVED, permitted=True).why == "not_captured"
    part = changed(state=State.CAPTURED, captured_minor=1000, reserved_minor=400)
    assert refund_action(part, permitted=True).max.amount == 600
    assert refund_action(part, permitted=False).why == "not_permitted"
    done = changed(state=State.REFUNDED, captured_minor=1000, reserved_minor=1000)
    assert refund_action(done, permitted=True).why == "nothing_left"


def test_only_what_is_approved_and_not_captured_is_cancelled() -> None:
    assert cancel_action(APPROVED, permitted=True).allowed
    captured = changed(state=State.CAPTURED, captured_minor=1000)
    assert cancel_action(captured, permitted=True).why == "already_captured"
    assert cancel_action(changed(state=State.DECLINED), permitted=True).why == "was_declined"


def test_times_bound_ids_by_the_millisecond_and_an_end_takes_in_its_own() -> None:
    assert bounds_of_times(TransactionFilter()) == (bytes(16), b"\xff" * 16)
    whole = TransactionFilter(received_from_us=5_000, received_to_us=9_000)
    assert bounds_of_times(whole) == (lowest_id(5_000), lowest_id(9_000))
    within = TransactionFilter(received_from_us=5_999, received_to_us=8_001)
    assert bounds_of_times(within) == (lowest_id(5_000), lowest_id(9_000))


def test_every_kind_in_every_state_offers_one_act_or_says_one_reason_why_none() -> None:
    words = tomllib.loads((Path(__file__).parents[4] / "portals/kit/words/transactions.toml").read_text())[
        "why"
    ]
    for kind, state, captured, refund, cancel in itertools.product(
        Kind, State, (0, 1250), (True, False), (True, False)
    ):
        taken = captured if state in (State.CAPTURED, State.REFUNDED, State.SETTLED) else 0
        standing = changed(kind=kind, state=state, captured_minor=taken, reserved_minor=0)
        acts = actions_of(standing, may_refund=refund, may_cancel=cancel, now=NOW)
        offered = [acts.refund.allowed, acts.cancel.allowed]
        assert sum(offered) + (acts.why is not None) == 1, (kind, state)
        # What the API answers to the acts themselves is the same decision.
        assert acts.refund.allowed == (refund and refund_action(standing, permitted=True).allowed)
        assert acts.cancel.allowed == (cancel and cancel_action(standing, permitted=True).allowed)
        for why in (acts.why, acts.refund.why, acts.cancel.why):
            assert why is None or len(words[why]) == 2


def test_a_reversal_that_the_acquirer_refuses_has_one_next_step() -> None:
    refused = diagnosis_of(
        changed(state=State.UNKNOWN),
        [msgspec.structs.replace(REVERSAL, last_result="code 05")],
        locale="fr",
        now=NOW,
    )
    assert refused.next_step == "Signalez la référence à l’acquéreur : il répond et refuse."
    assert "Rien à faire" not in refused.next_step


def test_a_timeout_after_sending_is_the_hosts_wait_and_not_the_links() -> None:
    silent = changed(
        state=State.UNKNOWN, reason=Reason.HOST_NO_REPLY, host_sent_us=None, host_replied_us=None
    )
    for standing in (
        silent,
        msgspec.structs.replace(silent, state=State.REVERSED),
        msgspec.structs.replace(silent, state=State.REVERSED, reason=Reason.REVERSED_BY_TERMINAL),
    ):
        assert [(hop.name, hop.ok) for hop in hops_of(standing)][1:] == [("host", False)]
    nothing_sent = msgspec.structs.replace(silent, state=State.DECLINED, reason=Reason.HOST_UNREACHABLE)
    assert [(hop.name, hop.ok) for hop in hops_of(nothing_sent)][1:] == [("wait_for_link", False)]


def test_a_reversal_that_a_person_closed_sends_nobody_to_a_list_where_it_does_not_stand() -> None:
    closed = msgspec.structs.replace(REVERSAL, accepted_at=NOW, closed=True, last_result="code 57")
    standing = changed(state=State.REVERSED, reason=Reason.HOST_NO_REPLY)
    why = actions_of(standing, [closed], may_refund=True, may_cancel=True, now=NOW).why
    assert why == "reversal_closed"
    words = tomllib.loads((Path(__file__).parents[4] / "portals/kit/words/transactions.toml").read_text())
    assert all("vérifier »" not in text and "To check" not in text for text in words["why"][why])


OF_A_PAYMENT = (
    "paiement peut être refait",
    "payment can be made again",
    "Refaites le paiement",
    "Make the payment again",
)


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("reason", [*sorted(UNKNOWN_REASONS), Reason.PARTIAL_APPROVAL])
@pytest.mark.parametrize("state", [State.UNKNOWN, State.REVERSED])
def test_a_refund_without_an_answer_is_not_spoken_of_as_a_payment(
    locale: str, reason: Reason, state: State
) -> None:
    refund = changed(kind=Kind.REFUND, state=state, reason=reason)
    told = diagnosis_of(refund, [], locale=locale, now=NOW)
    assert ("remboursé" if locale == "fr" else "refunded") in told.next_step
    said = customer_of(
        changed(kind=Kind.REFUND, state=State.UNKNOWN, reason=reason), [], locale=locale, now=NOW
    )
    assert said is not None
    for text in (told.explanation, told.next_step, said):
        assert "débité" not in text
        assert "charged" not in text
        assert all(words not in text for words in OF_A_PAYMENT)


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("reason", list(Reason))
def test_no_reason_of_a_refund_offers_the_customer_another_card_or_a_new_payment(
    locale: str, reason: Reason
) -> None:
    words = words_of(reason, kind=Kind.REFUND, state=State.DECLINED, locale=locale)
    for text in (words.customer, words.next_step):
        for wrong in (
            "autre carte", "another card", "nouveau paiement", "new payment", "le paiement", "the payment again",
            "ce paiement", "this payment", "débité", "charged", "Paiement accepté", "Payment accepted",
            "votre banque", "your bank", "carte a expiré",
        ):  # fmt: skip
            if reason != Reason.ORIGINAL_NOT_FOUND and "d’origine" not in text and "original" not in text:
                assert wrong.lower() not in text.lower(), (reason, text)


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_each_kind_says_what_was_accepted(locale: str) -> None:
    bank = "La banque du porteur a accepté." if locale == "fr" else "The cardholder’s bank accepted."
    said = {
        kind: words_of(Reason.APPROVED, kind=kind, state=State.APPROVED, locale=locale).agent for kind in Kind
    }
    assert [kind for kind, agent in said.items() if agent == bank] == [Kind.PURCHASE]
    assert len(set(said.values())) == len(Kind)


@pytest.mark.parametrize(
    "kind", [Kind.VERIFICATION, Kind.AUTHORISATION, Kind.COMPLETION, Kind.ADVICE, Kind.REFUND]
)
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_what_was_taken_back_is_named_by_its_kind(kind: Kind, locale: str) -> None:
    told = diagnosis_of(
        changed(kind=kind, state=State.REVERSED, reason=Reason.HOST_NO_REPLY), [], locale=locale, now=NOW
    )
    word = {
        Kind.VERIFICATION: ("vérification", "verification"),
        Kind.AUTHORISATION: ("autorisation", "authorisation"),
        Kind.COMPLETION: ("finalisation", "completion"),
        Kind.ADVICE: ("paiement", "payment"),
        Kind.REFUND: ("remboursement", "refund"),
    }[kind][locale == "en"]
    assert word in told.next_step


def test_part_of_a_payment_that_the_terminal_was_not_told_of_is_not_said_to_be_accepted() -> None:
    said = customer_of(changed(state=State.UNKNOWN, reason=Reason.PARTIAL_APPROVAL), [], locale="fr", now=NOW)
    assert said is not None
    assert "Payez le reste" not in said
    stands = changed(state=State.PARTIALLY_APPROVED, reason=Reason.PARTIAL_APPROVAL)
    assert "Payez le reste" in (customer_of(stands, [], locale="fr", now=NOW) or "")


@pytest.mark.parametrize("reason", [*sorted(UNKNOWN_REASONS), Reason.PARTIAL_APPROVAL])
def test_only_what_got_no_answer_is_called_unanswered(reason: Reason) -> None:
    for locale, unanswered in (("fr", "Sans réponse"), ("en", "No answer")):
        told = diagnosis_of(changed(state=State.REVERSED, reason=reason), [], locale=locale, now=NOW)
        assert (unanswered in told.title) == (reason == Reason.HOST_NO_REPLY)


def test_the_figure_of_unknown_results_is_not_named_after_one_of_their_causes() -> None:
    words = Path(__file__).parents[4] / "portals/kit/words"
    named = [
        tomllib.loads((words / "transactions.toml").read_text())[group]["unknown"]
        for group in ("counter", "chart")
    ]
    assert named == [["Résultat inconnu", "Unknown result"]] * 2
    figures = (Path(__file__).parents[4] / "docs/figures.md").read_text()
    (line,) = [line for line in figures.splitlines() if line.startswith("| unknown |")]
    assert "résultat inconnu" in line
    assert "a code that we do not know" in line


@pytest.mark.parametrize(
    "changes", [{}, {"state": State.CAPTURED, "captured_minor": 1000}, {"kind": Kind.AUTHORISATION}]
)
def test_the_debit_of_an_instalment_is_taken_back_from_its_order_alone(changes: dict[str, object]) -> None:
    debit = changed(is_of_order=True, **changes)
    actions = actions_of(debit, may_refund=True, may_cancel=True, now=NOW)
    assert (actions.refund.allowed, actions.cancel.allowed) == (False, False)
    assert (actions.why, actions.refund.max.amount) == ("paid_by_order", 0)


def test_a_debit_that_took_nothing_is_told_as_any_payment() -> None:
    declined = changed(is_of_order=True, state=State.DECLINED)
    assert actions_of(declined, may_refund=True, may_cancel=True, now=NOW).why == "was_declined"

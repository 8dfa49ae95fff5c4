"""What the acquirer has not confirmed has its own sentence, whatever kind of delivery it is."""

from datetime import timedelta

import msgspec
import pytest

from core.contracts.host_matters import STUCK_AFTER
from core.contracts.reasons import Reason
from core.contracts.states import DeliveryKind, State
from core.transactions.desk.model import DeskDelivery
from core.transactions.desk.rules import actions_of, customer_of, diagnosis_of
from core.transactions.exchanges.rules import UNKNOWN_REASONS
from tests.unit.core.transactions.test_desk_rules import NOW, REVERSAL, changed

ENDED_OTHERWISE = {
    "refused for good": {"refused_at": NOW, "last_result": "code 57"},
    "refused for now": {"last_result": "code 96"},
    "closed": {"accepted_at": NOW, "closed": True, "last_result": "no_reply"},
    "late": {"since": NOW - STUCK_AFTER - timedelta(seconds=1), "tries": 14},
}
NOTHING_TO_DO = ("Rien à faire", "Nothing to do")


def of_kind(kind: DeliveryKind, changes: dict[str, object]) -> DeskDelivery:
    return msgspec.structs.replace(REVERSAL, kind=kind, **changes)


@pytest.mark.parametrize("kind", list(DeliveryKind))
@pytest.mark.parametrize("changes", ENDED_OTHERWISE.values(), ids=ENDED_OTHERWISE)
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_nothing_that_the_acquirer_has_not_confirmed_is_said_to_leave_nothing_to_do(
    kind: DeliveryKind, changes: dict[str, object], locale: str
) -> None:
    state = State.REVERSED if kind is DeliveryKind.REVERSAL else State.APPROVED
    told = diagnosis_of(changed(state=state), [of_kind(kind, changes)], locale=locale, now=NOW)
    assert told.severity != "ok"
    assert not told.next_step.startswith(NOTHING_TO_DO)
    said = customer_of(changed(state=state), [of_kind(kind, changes)], locale=locale, now=NOW)
    assert said is not None


@pytest.mark.parametrize(
    "kind", [DeliveryKind.PARTIAL_REVERSAL, DeliveryKind.ADVICE, DeliveryKind.COMPLETION]
)
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_each_end_without_the_acquirer_has_a_title_of_its_own(kind: DeliveryKind, locale: str) -> None:
    titles = {
        diagnosis_of(changed(), [of_kind(kind, changes)], locale=locale, now=NOW).title
        for changes in ENDED_OTHERWISE.values()
    }
    assert len(titles) == len(ENDED_OTHERWISE)


def test_a_closed_partial_reversal_says_that_more_than_what_stays_may_be_held() -> None:
    closed = of_kind(DeliveryKind.PARTIAL_REVERSAL, ENDED_OTHERWISE["closed"])
    told = diagnosis_of(changed(), [closed], locale="fr", now=NOW)
    assert told.title == "Annulation partielle close par un agent"
    assert "peut rester débité de plus" in told.explanation
    assert told.next_step.startswith("Vérifiez auprès de l’acquéreur")
    # It stands in no list any more.
    assert not told.is_to_check


def test_what_waits_for_a_person_is_said_before_what_one_has_closed() -> None:
    closed = of_kind(DeliveryKind.PARTIAL_REVERSAL, ENDED_OTHERWISE["closed"])
    refused = of_kind(DeliveryKind.ADVICE, ENDED_OTHERWISE["refused for good"])
    assert diagnosis_of(changed(), [closed, refused], locale="fr", now=NOW).is_to_check


@pytest.mark.parametrize("state", [State.REVERSED, State.DECLINED])
def test_a_payment_that_was_taken_back_as_a_whole_speaks_of_no_part_of_it(state: State) -> None:
    closed = of_kind(DeliveryKind.PARTIAL_REVERSAL, ENDED_OTHERWISE["closed"])
    accepted = msgspec.structs.replace(REVERSAL, accepted_at=NOW, last_result="code 00")
    payment = changed(state=state, reason=Reason.CANCELLED_BY_AGENT)
    told = diagnosis_of(payment, [closed, accepted], locale="fr", now=NOW)
    assert "partielle" not in told.title


def test_what_is_on_its_way_is_not_said_to_have_been_taken() -> None:
    part = of_kind(DeliveryKind.PARTIAL_REVERSAL, {"tries": 3})
    told = diagnosis_of(changed(), [part], locale="fr", now=NOW)
    assert "n’a pas encore accepté l’annulation partielle ; nombre d’essais : 3" in told.explanation
    assert told.next_step.endswith("jusqu’à son acceptation.")


@pytest.mark.parametrize(
    ("state", "reason"),
    [(State.REVERSED, Reason.CANCELLED_BY_AGENT), (State.UNKNOWN, Reason.HOST_NO_REPLY)],
)
def test_a_reversal_counts_as_made_once_the_acquirer_has_accepted_it(state: State, reason: Reason) -> None:
    payment = changed(state=state, reason=reason)
    due = msgspec.structs.replace(REVERSAL, tries=0, last_result="")
    acts = actions_of(payment, [due], may_refund=True, may_cancel=True, now=NOW)
    assert (acts.why, acts.refund.why, acts.cancel.why) == ("reversal_under_way",) * 3
    accepted = msgspec.structs.replace(due, accepted_at=NOW, last_result="code 00")
    reversed_ = changed(state=State.REVERSED, reason=reason)
    assert actions_of(reversed_, [accepted], may_refund=True, may_cancel=True, now=NOW).why == "was_reversed"


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("reason", [*sorted(UNKNOWN_REASONS), Reason.PARTIAL_APPROVAL])
def test_a_reversal_made_long_ago_is_not_said_to_be_still_to_come(reason: Reason, locale: str) -> None:
    accepted = msgspec.structs.replace(REVERSAL, accepted_at=NOW, last_result="code 00")
    told = diagnosis_of(changed(state=State.REVERSED, reason=reason), [accepted], locale=locale, now=NOW)
    assert "part seule" not in told.explanation
    assert "leaves by itself" not in told.explanation
    # A step is an act, or says that there is none.
    assert told.next_step.startswith(NOTHING_TO_DO)

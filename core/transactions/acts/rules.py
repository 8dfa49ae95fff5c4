"""Whether an act may be carried out: the same answer as the desk's, from what stands now."""

from core.contracts.reasons import Reason
from core.transactions.acts.model import CANCEL, Act, Standing


def refusal_of(act: Act, standing: Standing) -> Reason:
    """Return NONE when the act may be carried out, else why not.

    MESSAGE_REFUSED: whoever acts does not hold the right there any more, or the approval is not one of this act.
    AMOUNT_ABOVE_LIMIT: it takes a second person.
    """
    if standing.reach_minor is None:
        return Reason.MESSAGE_REFUSED
    if act.kind == CANCEL:
        return Reason.NONE
    amount_minor = act.amount_minor or 0
    if act.approval_id is not None:
        may = standing.is_approved and amount_minor <= standing.reach_minor
        return Reason.NONE if may else Reason.MESSAGE_REFUSED
    # All that is given back of one payment counts, or a large refund would be several small ones.
    altogether_minor = standing.refunded_minor + amount_minor
    if altogether_minor > min(standing.reach_minor, standing.alone_max_minor):
        return Reason.AMOUNT_ABOVE_LIMIT
    return Reason.NONE

"""What customers read for the states of schedules and instalments in mails and on paper (SCH-2, S2.8, S2.23).

The pages of the portals have the same words in `state.schedule` and `state.instalment` of their catalogue; a test compares.
"""

from collections.abc import Mapping
from typing import Final

from core.contracts.my_orders import MyOrderState
from core.contracts.orders import InstalmentState

SCHEDULE_WORDS: Final[Mapping[str, Mapping[MyOrderState, str]]] = {
    "fr": {
        "in_progress": "en cours",
        "unpaid": "impayé",
        "being_settled": "en cours de régularisation",
        "settled": "soldé",
        "cancelled": "annulé",
    },
    "en": {
        "in_progress": "in progress",
        "unpaid": "unpaid",
        "being_settled": "being settled",
        "settled": "settled",
        "cancelled": "cancelled",
    },
}

INSTALMENT_WORDS: Final[Mapping[str, Mapping[InstalmentState, str]]] = {
    "fr": {
        "upcoming": "à venir",
        "in_progress": "en cours",
        "paid": "réglé",
        "unpaid": "impayé",
        "cancelled": "supprimé",
    },
    "en": {
        "upcoming": "upcoming",
        "in_progress": "in progress",
        "paid": "paid",
        "unpaid": "unpaid",
        "cancelled": "cancelled",
    },
}

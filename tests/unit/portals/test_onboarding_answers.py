"""From a form of one step of an onboarding file to the answers that are sent."""

from __future__ import annotations

from portals.agent.companies.saving import STORE_FIELDS
from portals.agent.onboarding.answers import answers_of
from portals.kit.i18n import load_words

WORDS = load_words()["fr"]


def test_stores_are_sent_in_their_order_without_the_one_taken_out() -> None:
    form = {
        "stores.10.name": "C",
        "stores.0.name": " A ",
        "stores.2.name": "B",
        "stores.x.name": "no",
        "contacts.1.name": "no",
        "remove": "2",
    }
    stores, errors = answers_of(WORDS, "stores", form)
    assert isinstance(stores, list)
    assert [store["name"] for store in stores] == ["A", "C"]
    assert set(stores[0]) == set(STORE_FIELDS)
    assert errors == {}


def test_numbers_of_services_are_read_as_people_write_them() -> None:
    form = {"services.kind.pax": "1", "services.kind.nothing": "1", "services.volume": "12 000,50 €"}
    assert answers_of(WORDS, "services", form) == (
        {"kinds": ["pax"], "terminals": 0, "monthly_volume_minor": 1_200_050},
        {},
    )
    wrong = {"services.terminals": "ten", "services.volume": "a lot"}
    kept, errors = answers_of(WORDS, "services", wrong)
    assert kept == {"kinds": [], "terminals": 0, "monthly_volume_minor": 0}
    assert set(errors) == {"services.terminals", "services.volume"}


def test_documents_are_what_is_ticked_and_known() -> None:
    form = {"documents.wanted.lease": "1", "documents.received.lease": "1", "documents.wanted.cake": "1"}
    assert answers_of(WORDS, "documents", form) == ({"wanted": ["lease"], "received": ["lease"]}, {})

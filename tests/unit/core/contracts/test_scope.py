"""The places of a scope, as statements narrow by them."""

from uuid import UUID

from core.contracts.scope import EVERYTHING, Area, Scope

HERE, THERE = bytes(16), b"\x01" * 16


def test_the_places_of_a_scope_are_those_of_its_areas_each_once_and_in_order() -> None:
    scope = Scope(
        (
            Area(departments=("75",), services=("pax",)),
            Area(departments=("13", "75"), stores=(THERE, HERE)),
            Area(stores=(HERE,), companies=(THERE,)),
        )
    )
    places = scope.places()
    assert places.named == (["13", "75"], [UUID(bytes=HERE), UUID(bytes=THERE)], [UUID(bytes=THERE)])
    assert (places.everything, places.anywhere) == (False, False)


def test_one_area_without_a_place_is_enough_to_hold_anywhere() -> None:
    # A functional scope alone holds anywhere, but not for everything.
    assert Scope((Area(services=("pax",)),)).places()[:2] == (False, True)
    both = Scope((Area(departments=("13",)), Area(services=("pax",)))).places()
    assert (both.anywhere, both.departments) == (True, ["13"])
    assert EVERYTHING.places() == (True, True, [], [], [])
    assert Scope((Area(), Area(companies=(HERE,)))).places()[:2] == (True, True)


def test_no_area_and_an_empty_one_hold_nowhere() -> None:
    assert Scope().places() == (False, False, [], [], [])
    assert Scope((Area(departments=()),)).places() == (False, False, [], [], [])

"""Links lead only where the reader may go."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from core.contracts.operations import RIGHTS
from portals.agent.addresses import FOLDERS, page_of
from portals.agent.pages import PAGES
from portals.kit.closed_links import without_closed_links


@pytest.mark.parametrize(
    ("kind", "permissions", "opens"),
    [
        ("mail", {"audit.read", "contracts.read"}, False),
        ("agent", {"audit.read", "contracts.read"}, False),
        ("contract", {"audit.read", "contracts.read"}, True),
        ("alert_rule", {"audit.read"}, False),
        ("alert_rule", {"alerts.read"}, True),
        ("transaction", {"audit.read"}, False),
    ],
)
def test_a_record_is_linked_for_who_may_open_its_list(kind: str, permissions: set[str], opens: bool) -> None:
    assert PAGES.may_open(permissions, page_of(kind, "x_1")) is opens


def test_every_right_that_decides_exists_and_every_folder_has_one() -> None:
    assert {right for needed in PAGES.rights.values() for right in needed} <= RIGHTS.keys()
    assert {kind for kind in FOLDERS if PAGES.may_open((), page_of(kind, "x_1"))} == set()


@pytest.mark.parametrize(
    ("address", "permissions", "opens"),
    [
        ("/transactions?store=sto_1", {"directory.read"}, False),
        ("/transactions?store=sto_1", {"transactions.read"}, True),
        ("/companies/com_1/edit", {"directory.read"}, False),
        ("/companies/com_1/edit", {"merchants.edit"}, True),
        ("/contracts/new?company=com_1", {"contracts.read"}, False),
        ("/contracts/templates/tpl_1", {"contracts.read"}, True),
        ("/alerts/rules/new", {"alerts.read"}, False),
        ("/to-check#hmt_1", {"directory.read"}, False),
        ("/notices?cursor=x", (), True),
        ("/", (), True),
    ],
)
def test_an_address_is_judged_by_its_page_whatever_follows_it(
    address: str, permissions: Collection[str], opens: bool
) -> None:
    assert PAGES.may_open(permissions, address) is opens


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('<a href="/stores/sto_1">Ondine</a>', '<a href="/stores/sto_1">Ondine</a>'),
        ('<a href="/mail/mai_1">un <b>courriel</b></a> ici', "un <b>courriel</b> ici"),
        ('<a class="place-chip" href="/mail/mai_1">x</a>', '<span class="place-chip">x</span>'),
        ('<a class="button small" href="/mail/mai_1">Ouvrir</a>', ""),
        ('<a data-href="/stores" href="/mail?a=1&amp;b=2">x</a>', "x"),
        (
            '<a href="//elsewhere">x</a><a href="#f-name">y</a>',
            '<a href="//elsewhere">x</a><a href="#f-name">y</a>',
        ),
        ('<abbr title="/mail">x</abbr>', '<abbr title="/mail">x</abbr>'),
    ],
)
def test_a_page_links_only_to_what_its_reader_may_open(written: str, shown: str) -> None:
    assert without_closed_links(written, PAGES, {"directory.read"}) == shown

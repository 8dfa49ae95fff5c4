"""Links lead only where the reader may go."""

from __future__ import annotations

import pytest

from core.contracts.permissions import Permission
from portals.agent.addresses import FOLDERS, page_of
from portals.kit.navigation import MAIN, MORE, may_open


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
    assert may_open(permissions, page_of(kind, "x_1")) is opens


def test_every_right_that_decides_exists_and_every_folder_but_services_has_one() -> None:
    rights = {
        right for page in [*MAIN, *(one for _, group in MORE for one in group)] for right in page.rights
    }
    assert rights <= {str(one) for one in Permission}
    assert {kind for kind in FOLDERS if may_open((), page_of(kind, "x_1"))} == {"service"}

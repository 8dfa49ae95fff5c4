"""Rows are exported from where somebody may both read and export, and from nowhere else."""

from __future__ import annotations

import pytest

from core.contracts.scope import Area, Scope
from core.supervision.exports.rules import shared

PARIS, LYON = Area(departments=("75",)), Area(departments=("69",))
BOTH = Area(departments=("75", "69"))
EVERYWHERE = Area()


@pytest.mark.parametrize(
    ("read", "export", "where"),
    [
        ((PARIS,), (LYON,), ()),
        ((EVERYWHERE,), (LYON,), (LYON,)),
        ((PARIS,), (EVERYWHERE,), (PARIS,)),
        ((PARIS, LYON), (BOTH,), (PARIS, LYON)),
        ((PARIS,), (PARIS,), (PARIS,)),
        ((Area(services=("softpos",)),), (PARIS,), ()),
        ((), (EVERYWHERE,), ()),
    ],
)
def test_what_is_exported_is_what_both_rights_reach(
    read: tuple[Area, ...], export: tuple[Area, ...], where: tuple[Area, ...]
) -> None:
    assert shared(Scope(read), Scope(export)).areas == where

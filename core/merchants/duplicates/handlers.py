"""Duplicates: asked for before something is made, and asked again when it is."""

import asyncpg
import msgspec

from core.contracts.merchants import Duplicate, DuplicateList, FindDuplicates
from core.db.rows import Connection
from core.identity.api import NotPermitted, Permission, SignedIn
from core.merchants import rules
from core.merchants.duplicates.rules import ranked
from core.merchants.duplicates.store import find_hits


async def duplicates(pool: asyncpg.Pool, caller: SignedIn, request: FindDuplicates) -> DuplicateList:
    """Return who may be the same merchant. Raises: NotPermitted."""
    if not (caller.may(Permission.MERCHANTS_REGISTER) or caller.may(Permission.MERCHANTS_EDIT)):
        raise NotPermitted(Permission.MERCHANTS_REGISTER.value)
    async with pool.acquire() as connection:
        return DuplicateList(await find_duplicates(connection, caller, request))


async def find_duplicates(
    connection: Connection, caller: SignedIn, asked: FindDuplicates, *, own_file: bytes | None = None
) -> list[Duplicate]:
    """Return who may be the same; what is not a number of its kind is not looked for."""
    clean = msgspec.structs.replace(
        asked,
        siren=_right(rules.check_siren(asked.siren)),
        siret=_right(rules.check_siret(asked.siret)),
        vat=_right(rules.check_vat(asked.vat)),
        iban=_right(rules.check_iban(asked.iban)),
        phone=_right(rules.check_phone(asked.phone)),
        email=_right(rules.check_email(asked.email)),
        postcode=asked.postcode.strip(),
        city=rules.one_line(asked.city),
    )
    # What may be shown is what the caller could open.
    scope = caller.scope_of(Permission.DIRECTORY_READ)
    return ranked(await find_hits(connection, scope, clean, agent_id=caller.agent_id, own_file=own_file))


def _right(checked: rules.Checked) -> str:
    return "" if checked.code else checked.value

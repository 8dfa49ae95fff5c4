"""Statements of brands as typed functions."""

import base64
from datetime import datetime
from typing import Final

import asyncpg

from core.contracts.notifications import BrandView, SaveBrand
from core.contracts.references import PersonRef
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.notifications.brands.rules import logo_type_of, palette_of
from core.notifications.mail.model import Face
from core.values.clock import to_unix_us
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL = load_beside(__file__)
_PRODUCT: Final = "Guichet"
_PRODUCT_ACCENT: Final = "#14595a"


async def brand_of_host(connection: Connection, host: str) -> BrandView:
    """Return the face of a host, else the institution's, else one without a name."""
    row = await connection.fetchrow(_SQL.brand_of_host, host)
    return BrandView() if row is None else _view_of(row)


async def face_of(
    connection: Connection, account_id: bytes | None, locale: str, *, otherwise_url: str
) -> Face:
    """Return whose mail it is: the account's partner, else the institution."""
    row = await connection.fetchrow(_SQL.brand_of_account, uuid_or_none(account_id))
    if row is None:
        return Face(_PRODUCT, _PRODUCT_ACCENT, "", "", "", otherwise_url)
    return Face(
        name=row["name"],
        accent=row["accent_light"] or _PRODUCT_ACCENT,
        email=row["contact_email"],
        phone=row["contact_phone"],
        hours=row["contact_hours_en" if locale == "en" else "contact_hours_fr"],
        space_url=row["space_url"] or otherwise_url,
    )


async def list_brands(connection: Connection, brand_id: bytes | None = None) -> list[BrandView]:
    """Return every face, or one."""
    return [_view_of(row) for row in await connection.fetch(_SQL.brands, uuid_or_none(brand_id))]


async def lock(connection: Connection) -> None:
    """Let one change happen at a time."""
    await connection.fetchval(_SQL.lock_brands)


async def to_replace(connection: Connection, wish: SaveBrand) -> list[bytes]:
    """Return the brands that stand under the wish's host or account; two when they are not one and the same."""
    rows = await connection.fetch(_SQL.brand_to_replace, wish.host, uuid_or_none(wish.account))
    return [row["id"].bytes for row in rows]


async def account_exists(connection: Connection, account_id: bytes) -> bool:
    """Return whether there is such an account."""
    return await connection.fetchval(_SQL.account_exists, uuid_of(account_id)) is not None


async def put(
    connection: Connection, wish: SaveBrand, *, replaced: bytes | None, agent_id: bytes, now: datetime
) -> bytes:
    """Write a brand that has been checked and return its id."""
    made = await connection.fetchval(
        _SQL.put_brand,
        uuid_or_none(replaced),
        wish.host,
        uuid_or_none(wish.account),
        wish.name.strip(),
        wish.accent_light and wish.accent_light.lower(),
        wish.accent_dark and wish.accent_dark.lower(),
        wish.logo,
        logo_type_of(wish.logo) if wish.logo else None,
        wish.contact_email,
        wish.contact_phone,
        wish.contact_hours_fr,
        wish.contact_hours_en,
        wish.space_url,
        uuid_of(agent_id),
        now,
    )
    assert made is not None
    return made.bytes


async def remove(connection: Connection, brand_id: bytes) -> str | None:
    """Take a partner's brand away and return its name; None when there is none."""
    return await connection.fetchval(_SQL.remove_brand, uuid_of(brand_id))


def _view_of(row: asyncpg.Record) -> BrandView:
    return BrandView(
        id=encode_id("brand", row["id"].bytes),
        name=row["name"],
        host=row["host"],
        account_id=None if row["account_id"] is None else encode_id("account", row["account_id"].bytes),
        account_name=row["account_name"],
        light=None if row["accent_light"] is None else palette_of("light", row["accent_light"]),
        dark=None if row["accent_dark"] is None else palette_of("dark", row["accent_dark"]),
        logo=None if row["logo"] is None else base64.b64encode(row["logo"]).decode(),
        logo_type=row["logo_type"],
        contact_email=row["contact_email"],
        contact_phone=row["contact_phone"],
        contact_hours_fr=row["contact_hours_fr"],
        contact_hours_en=row["contact_hours_en"],
        space_url=row["space_url"],
        changed_by=PersonRef(encode_id("agent", row["changed_by"].bytes), row["changed_by_name"] or ""),
        changed_at=timestamp(row["changed_at"]),
        revision=to_unix_us(row["changed_at"]),
    )

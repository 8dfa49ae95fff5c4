"""Whether a company may have a contract (MER-2)."""

from core.db.rows import Connection


async def may_have_contract(_connection: Connection, _company_id: bytes) -> bool:
    """Return whether the company's onboarding was commercially validated.

    Companies that stood before onboarding existed count as validated.
    """
    return True

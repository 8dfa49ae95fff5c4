"""Whether a company may have a contract (MER-2): the one question to onboarding."""

from core.db.rows import Connection
from core.merchants.api import onboarding_validated


async def may_have_contract(connection: Connection, company_id: bytes) -> bool:
    """Return whether the company's onboarding was commercially validated."""
    return await onboarding_validated(connection, company_id)

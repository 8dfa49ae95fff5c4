"""Refusals of administration."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Denied, Facts, Refused


class FieldsRefused(Refused):
    """Fields that do not agree with what stands; each is named."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("invalid_request", errors=errors)


class OwnRights(Denied):
    """Nobody changes their own rights or disables themselves."""

    def __init__(self) -> None:
        super().__init__("own_rights")


class BeyondOwnRights(Denied):
    """Nobody gives or takes back what they do not hold themselves, there and for that amount."""

    def __init__(self, right: str | None = None) -> None:
        super().__init__("beyond_own_rights", {"right": right})


class LastAdministrator(Refused):
    """Somebody must remain who can administer everything."""

    def __init__(self) -> None:
        super().__init__("last_administrator")


class AlreadyGranted(Refused):
    """The same grant stands already."""

    def __init__(self, doer: Facts) -> None:
        super().__init__("already_granted", doer)


class AlreadyRevoked(Refused):
    """The grant has ended."""

    def __init__(self, doer: Facts) -> None:
        super().__init__("already_revoked", doer)


class TooManyGrants(Refused):
    """An agent's standing grants are bounded."""

    def __init__(self, *, grants_max: int) -> None:
        super().__init__("too_many_grants", {"grants_max": grants_max})


class AlreadyDisabled(Refused):
    """The agent is disabled."""

    def __init__(self, doer: Facts) -> None:
        super().__init__("already_disabled", doer)


class AlreadyEnabled(Refused):
    """The agent is not disabled."""

    def __init__(self, doer: Facts) -> None:
        super().__init__("already_enabled", doer)


class RoleFixed(Refused):
    """The administrator keeps every permission, and built-in roles their names."""

    def __init__(self) -> None:
        super().__init__("role_fixed")


class RoleTaken(Refused):
    """A role of this code exists."""

    def __init__(self) -> None:
        super().__init__("role_taken")

"""Refusals of contracts and services."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Overtaken, Refused


class AgreementRefused(Refused):
    """Fields that cannot be taken."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("invalid_request", errors=errors)


class OnboardingNotValidated(Refused):
    """A contract is made only after the commercial validation (MER-2)."""

    def __init__(self) -> None:
        super().__init__("onboarding_not_validated")


class ContractActRefused(Overtaken):
    """The contract is not in a state for this step."""

    def __init__(self, state: str, act: str) -> None:
        super().__init__("contract_act_refused", {"state": state, "act": act})


class ContractStartsLater(Refused):
    """Its first day has not come."""

    def __init__(self) -> None:
        super().__init__("contract_starts_later")


class ServiceCoveredElsewhere(Refused):
    """Another contract that is active or suspended covers one of the services."""

    def __init__(self, number: str) -> None:
        super().__init__("service_covered_elsewhere", {"contract": number})


class GridNotInForce(Refused):
    """The grid has no approved version whose date has come."""

    def __init__(self) -> None:
        super().__init__("fee_grid_not_in_force", errors=[FieldProblem("grid", "not_in_force")])


class PaperChanged(Refused):
    """What was read is not what would be signed."""

    def __init__(self) -> None:
        super().__init__("contract_paper_changed", errors=[FieldProblem("pdf_sha256", "changed")])


class SignatureRefused(Refused):
    """No consent, both ways at once, or a file that is not a PDF of this company."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__("signature_refused", errors=[FieldProblem(field, code)])


class ServiceStands(Refused):
    """The store has this service already."""

    def __init__(self) -> None:
        super().__init__("service_stands", errors=[FieldProblem("kind", "taken")])

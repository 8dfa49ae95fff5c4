"""What an agent may be allowed to do, by name. Roles are rows that hold sets of these (MER-8, CRM-1)."""

from enum import StrEnum


class Right(StrEnum):
    """One thing that a role may allow. The text is what is stored, audited and shown to administrators.

    A contract declares its own as an enumeration of these; which roles have one at first is in its migration.
    """


class Permission(Right):
    """Rights that several contracts ask for."""

    TRANSACTIONS_READ = "transactions.read"
    TRANSACTIONS_EXPORT = "transactions.export"
    TRANSACTIONS_REFUND = "transactions.refund"
    TRANSACTIONS_REFUND_APPROVE = "transactions.refund_approve"
    TRANSACTIONS_CANCEL = "transactions.cancel"
    BLOCKS_WRITE = "blocks.write"
    DIRECTORY_READ = "directory.read"  # accounts, companies, stores, terminals, contacts
    MERCHANTS_REGISTER = "merchants.register"  # pre-registration by a shop seller
    MERCHANTS_EDIT = "merchants.edit"
    MERCHANTS_VALIDATE = "merchants.validate"  # the commercial validation
    CONTRACTS_READ = "contracts.read"
    CONTRACTS_WRITE = "contracts.write"
    CONTRACTS_ACTIVATE = "contracts.activate"  # activate, suspend, terminate
    CONTRACTS_TEMPLATES = "contracts.templates"
    SERVICES_WRITE = "services.write"  # options of a service at a store
    TERMINALS_WRITE = "terminals.write"  # assign, activate, set options
    FEES_READ = "fees.read"
    FEES_WRITE = "fees.write"
    FEES_APPROVE = "fees.approve"
    REQUESTS_USE = "requests.use"
    REQUESTS_CONFIGURE = "requests.configure"
    ALERTS_READ = "alerts.read"
    ALERTS_ACKNOWLEDGE = "alerts.acknowledge"
    ALERTS_WRITE = "alerts.write"
    JOURNALS_READ = "journals.read"
    MACROS_USE = "macros.use"
    MACROS_WRITE = "macros.write"
    MAIL_READ = "mail.read"
    AGENTS_READ = "agents.read"
    AGENTS_WRITE = "agents.write"
    GRANTS_WRITE = "grants.write"
    AUDIT_READ = "audit.read"
    BRANDING_WRITE = "branding.write"

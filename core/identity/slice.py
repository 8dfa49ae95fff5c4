"""What identity brings to the processes: sessions, how agents get in, agents and roles, the audit."""

from typing import Final

from core.contracts import access as ask
from core.contracts import administration, customers
from core.db.queries import load_beside
from core.identity.access.agents import agents_realm
from core.identity.access.inviting import InvitationHandlers
from core.identity.access.logging_in import LogInHandlers
from core.identity.access.own_access import OwnAccessHandlers
from core.identity.access.passwords import Passwords
from core.identity.access.settings import access_settings
from core.identity.access.sign_on import SignOnHandlers
from core.identity.administration.agents import AgentHandlers
from core.identity.administration.audit.handlers import AuditHandlers
from core.identity.administration.onlookers.handlers import OnlookerHandlers
from core.identity.administration.roles import RoleHandlers
from core.identity.customers import store as customer_store
from core.identity.customers.links import LinkHandlers
from core.identity.customers.own import OwnHandlers
from core.identity.customers.realm import customers_realm
from core.identity.handlers import SessionHandlers
from core.identity.people.store import AGENT_STATEMENTS, CUSTOMER_STATEMENTS
from core.runtime.manifest import Names, Parts, Served, Slice, serves, serves_without_session
from core.runtime.retention import RetentionRule

_SQL: Final = load_beside(__file__)


def _operations(parts: Parts) -> list[Served]:
    """Raises: SettingRefused."""
    return [*_of_access(parts), *_of_customers(parts), *_of_administration(parts)]


def _of_access(parts: Parts) -> list[Served]:
    pool, clock = parts.pool, parts.clock
    settings, passwords = access_settings(parts.environment), Passwords()
    sessions = SessionHandlers(pool, clock)
    realm = agents_realm(settings)
    log_ins = LogInHandlers(pool, clock, passwords, realm)
    invitations = InvitationHandlers(pool, clock, passwords, realm, parts.queue_mail)
    sign_ons = SignOnHandlers(pool, clock, settings, log_ins)
    own = OwnAccessHandlers(pool, clock, passwords, realm)
    return [
        serves_without_session(ask.LOG_IN, log_ins.log_in),
        serves_without_session(ask.ANSWER_FACTOR, log_ins.answer_factor),
        serves_without_session(ask.FACTOR_CHALLENGE, log_ins.factor_challenge),
        serves_without_session(ask.READ_INVITATION, invitations.read_invitation),
        serves_without_session(ask.ACCEPT_INVITATION, invitations.accept_invitation),
        serves_without_session(ask.SIGN_ON_OFFERED, sign_ons.offered),
        serves_without_session(ask.START_SIGN_ON, sign_ons.start_sign_on),
        serves_without_session(ask.FINISH_SIGN_ON, sign_ons.finish_sign_on),
        serves_without_session(ask.SESSIONS_ENDED, sessions.sessions_ended),
        serves(ask.SESSION, sessions.session),
        serves(ask.LOG_OUT, sessions.log_out),
        serves(ask.STREAM_OPENED, sessions.stream_opened),
        serves(ask.INVITE_AGENT, invitations.invite_agent),
        serves(ask.MY_ACCESS, own.my_access),
        serves(ask.CONFIRM_SESSION, own.confirm_session),
        serves(ask.CHANGE_PASSWORD, own.change_password),
        serves(ask.START_TOTP, own.start_totp),
        serves(ask.CONFIRM_TOTP, own.confirm_totp),
        serves(ask.START_PASSKEY, own.start_passkey),
        serves(ask.ADD_PASSKEY, own.add_passkey),
        serves(ask.REMOVE_FACTOR, own.remove_factor),
        serves(ask.RENEW_RECOVERY_CODES, own.renew_recovery_codes),
        serves(ask.END_SESSION, own.end_session),
        serves(ask.END_SESSIONS, own.end_sessions),
    ]


def _of_customers(parts: Parts) -> list[Served]:
    pool, clock = parts.pool, parts.clock
    realm, passwords = (
        customers_realm(parts.environment, access_settings(parts.environment).seal),
        Passwords(),
    )
    log_ins = LogInHandlers(pool, clock, passwords, realm)
    links = LinkHandlers(pool, clock, passwords, log_ins, parts.queue_mail, parts.expected_by)
    access = OwnAccessHandlers(pool, clock, passwords, realm)
    own = OwnHandlers(pool, clock, realm, parts.queue_mail, parts.follow_joins)
    return [
        serves_without_session(customers.LOG_IN, log_ins.log_in),
        serves_without_session(customers.ANSWER_FACTOR, log_ins.answer_factor),
        serves_without_session(customers.FACTOR_CHALLENGE, log_ins.factor_challenge),
        serves_without_session(customers.ASK_LINK, links.ask_link),
        serves_without_session(customers.READ_LINK, links.read_link),
        serves_without_session(customers.USE_LINK, links.use_link),
        serves(customers.SHOW, own.show),
        serves(customers.CHANGE, own.change),
        serves(customers.LOG_OUT, own.log_out),
        serves(customers.ADD_EMAIL, own.add_email),
        serves(customers.PROVE_EMAIL, own.prove_email),
        serves(customers.MAKE_EMAIL_MAIN, own.make_email_main),
        serves(customers.REMOVE_EMAIL, own.remove_email),
        serves(customers.ACCESS, access.my_access),
        serves(customers.CONFIRM, access.confirm_session),
        serves(customers.CHANGE_PASSWORD, access.change_password),
        serves(customers.START_TOTP, access.start_totp),
        serves(customers.CONFIRM_TOTP, access.confirm_totp),
        serves(customers.START_PASSKEY, access.start_passkey),
        serves(customers.ADD_PASSKEY, access.add_passkey),
        serves(customers.REMOVE_FACTOR, access.remove_factor),
        serves(customers.RENEW_RECOVERY_CODES, access.renew_recovery_codes),
        serves(customers.END_SESSION, access.end_session),
        serves(customers.END_SESSIONS, access.end_sessions),
    ]


def _of_administration(parts: Parts) -> list[Served]:
    agents = AgentHandlers(parts.pool, parts.clock)
    roles = RoleHandlers(parts.pool, parts.clock)
    audit = AuditHandlers(parts.pool, parts.clock, parts.names)
    onlookers = OnlookerHandlers(parts.pool, parts.clock)
    return [
        serves(administration.LIST_AGENTS, agents.agents),
        serves(administration.ONE_AGENT, agents.agent),
        serves(administration.DISABLE_AGENT, agents.disable),
        serves(administration.ENABLE_AGENT, agents.enable),
        serves(administration.GIVE_GRANT, agents.give),
        serves(administration.REVOKE_GRANT, agents.revoke),
        serves(administration.LIST_ROLES, roles.roles),
        serves(administration.CREATE_ROLE, roles.create),
        serves(administration.CHANGE_ROLE, roles.change),
        serves(administration.LIST_ACTIONS, audit.actions),
        serves(administration.CHAIN, audit.chain),
        serves(administration.LOOK, onlookers.look),
        serves(administration.LIST_ONLOOKERS, onlookers.onlookers),
    ]


SLICE: Final = Slice(
    "identity",
    operations=_operations,
    retention=(
        RetentionRule(
            "session",
            AGENT_STATEMENTS.prune_sessions,
            "GUICHET_KEEP_SESSIONS_DAYS",
            days=30,
            days_min=1,
            by_id=False,
        ),
        RetentionRule(
            "customer_session",
            CUSTOMER_STATEMENTS.prune_sessions,
            "GUICHET_KEEP_CUSTOMER_SESSIONS_DAYS",
            days=30,
            days_min=1,
            by_id=False,
        ),
        RetentionRule(
            "customer_link",
            customer_store.PRUNE_LINKS,
            "GUICHET_KEEP_CUSTOMER_LINKS_DAYS",
            days=30,
            days_min=1,
            by_id=False,
        ),
    ),
    names=Names(frozenset({"agent"}), _SQL.record_names),
)

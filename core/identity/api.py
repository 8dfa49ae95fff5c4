"""What identity offers other slices and the processes."""

from core.contracts.permissions import Permission
from core.contracts.scope import EVERYTHING, Scope
from core.identity.access.passwords import PASSWORDS
from core.identity.access.seal import FactorSeal, Seal, load_or_make_key
from core.identity.access.settings import AccessSettings, access_settings, key_file, portal_url_of
from core.identity.customers.handlers import CustomerHandlers
from core.identity.customers.model import Customer
from core.identity.customers.realm import space_url_of
from core.identity.denials import Denials
from core.identity.errors import KeyReused, NotPermitted, SessionEnded
from core.identity.handlers import SessionHandlers
from core.identity.idempotency import Claim, Keyholder, WriteOnce, once
from core.identity.model import Grant, Integrator, SignedIn
from core.identity.people.store import CUSTOMERS
from core.identity.permits import require, require_everywhere
from core.identity.repeats import Doer, DoneByAnother, doer_facts, find_doer, refuse_repeat_of_another
from core.identity.staleness import find_last_change, name_and_moment, refuse_if_stale
from core.identity.store import forget_old, list_holders, record_action
from core.identity.views import hash_of_token

__all__ = [
    "CUSTOMERS",
    "EVERYTHING",
    "PASSWORDS",
    "AccessSettings",
    "Claim",
    "Customer",
    "CustomerHandlers",
    "Denials",
    "Doer",
    "DoneByAnother",
    "FactorSeal",
    "Grant",
    "Integrator",
    "KeyReused",
    "Keyholder",
    "NotPermitted",
    "Permission",
    "Scope",
    "Seal",
    "SessionEnded",
    "SessionHandlers",
    "SignedIn",
    "WriteOnce",
    "access_settings",
    "doer_facts",
    "find_doer",
    "find_last_change",
    "forget_old",
    "hash_of_token",
    "key_file",
    "list_holders",
    "load_or_make_key",
    "name_and_moment",
    "once",
    "portal_url_of",
    "record_action",
    "refuse_if_stale",
    "refuse_repeat_of_another",
    "require",
    "require_everywhere",
    "space_url_of",
]

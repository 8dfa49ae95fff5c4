"""Check a second factor: a TOTP, a passkey, a recovery code. Each use changes what is stored, so none works twice."""

from datetime import datetime
from typing import Any

import structlog
from webauthn import verify_authentication_response
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException

from core.identity.access.model import PendingLogIn, StoredFactor
from core.identity.access.rules import recovery_code_typed, step_of
from core.identity.realm import Realm
from core.identity.store import Connection

_log = structlog.get_logger("core.identity")


async def prove_code(
    connection: Connection,
    realm: Realm[Any],
    factors: list[StoredFactor],
    code: str,
    *,
    now: datetime,
) -> bool:
    """Return whether a TOTP of the person gives this code now, and use its time step up."""
    for factor in factors:
        secret = None if factor.secret is None else realm.seal.unseal(factor.person_id, factor.secret)
        if factor.kind == "totp" and secret is None:
            _log.error("factor_not_unsealed", factor=factor.id.hex())
        if secret is None:
            continue
        step = step_of(secret.decode(), code, now=now, last_step=factor.last_step)
        if step is not None:
            return await realm.people.use_step(connection, factor.id, step=step, now=now)
    return False


async def prove_recovery_code(
    connection: Connection, realm: Realm[Any], person_id: bytes, code: str, *, now: datetime
) -> bool:
    """Return whether it is an unused recovery code of the person, and use it up."""
    digest = realm.seal.digest(person_id, recovery_code_typed(code))
    return await realm.people.use_recovery_code(connection, person_id, code_hash=digest, now=now)


async def prove_passkey(
    connection: Connection,
    realm: Realm[Any],
    factors: list[StoredFactor],
    pending: PendingLogIn,
    answer: str,
    *,
    now: datetime,
) -> bool:
    """Return whether a passkey of the person signed the challenge of this log in; the challenge is used up."""
    if pending.challenge is None:
        return False
    await realm.people.put_pending_challenge(connection, pending.token_hash, None)
    try:
        credential = parse_authentication_credential_json(answer)
        raw_id = base64url_to_bytes(credential.id)
    except (WebAuthnException, ValueError):
        return False
    factor = next((each for each in factors if each.credential_id == raw_id), None)
    if factor is None or factor.public_key is None:
        return False
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=pending.challenge,
            expected_rp_id=realm.relying_party,
            expected_origin=realm.portal_url,
            credential_public_key=factor.public_key,
            credential_current_sign_count=factor.sign_count,
            # It is the second factor: presence is what it adds to the password.
            require_user_verification=False,
        )
    except (WebAuthnException, ValueError) as error:
        _log.warning("passkey_refused", why=type(error).__name__)
        return False
    await realm.people.use_passkey(connection, factor.id, sign_count=verified.new_sign_count, now=now)
    return True

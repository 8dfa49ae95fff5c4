"""What somebody signed in, of whichever realm, sees and changes of their own access."""

import secrets
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec
import structlog
from pyotp import random_base32
from pyotp.totp import TOTP
from webauthn import generate_registration_options, options_to_json, verify_registration_response
from webauthn.helpers import parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.contracts.access import (
    PASSKEY_ANSWER_BYTES_MAX,
    AddPasskey,
    ChangePassword,
    ConfirmTotp,
    EndSession,
    Factor,
    FactorAdded,
    MyAccess,
    OwnSession,
    PasskeyOptions,
    RecoveryCodes,
    RemoveFactor,
    TotpStarted,
    WithPassword,
)
from core.contracts.desk import FieldProblem
from core.contracts.listing import Nothing
from core.contracts.refusals import NotFound
from core.db.rows import Connection
from core.identity.access.errors import (
    CodeWrong,
    ConfirmationNeeded,
    FactorsFull,
    LastFactor,
    PasskeyRefused,
    PasswordRefused,
    PasswordWrong,
    SecondFactorMissing,
)
from core.identity.access.model import StoredFactor, StoredSession
from core.identity.access.opening import replace_password, standing
from core.identity.access.passwords import Passwords
from core.identity.access.rules import (
    FACTORS_MAX,
    FAILURES_PER_FACTOR_MAX,
    RECOVERY_CODE_LETTERS,
    RECOVERY_CODES,
    browser_and_system,
    is_confirmed,
    recovery_code_typed,
    step_of,
)
from core.identity.access.throttle import count_attempt, forget_attempt
from core.identity.administration.errors import FieldsRefused
from core.identity.origin import CALLED_FROM
from core.identity.realm import Insider, Realm
from core.values.clock import Clock
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none

SESSION_ID_BYTES: Final = 16
_CHALLENGE_BYTES: Final = 32
_NAME_CHARACTERS_MAX: Final = 60
# Crockford's letters: none is taken for another when it is read from paper.
_RECOVERY_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_log = structlog.get_logger("core.identity")


class OwnAccessHandlers:
    """Operations on one's own password, second factors and sessions."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, passwords: Passwords, realm: Realm[Any]) -> None:
        self._pool = pool
        self._clock = clock
        self._passwords = passwords
        self._realm = realm
        self._people = realm.people

    async def my_access(self, caller: Insider, _request: Nothing) -> MyAccess:
        """Return everything that lets the caller in."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            factors = standing(await self._people.list_factors(connection, caller.principal_id))
            left = await self._people.count_recovery_codes(connection, caller.principal_id)
            own = await self._people.list_sessions(
                connection, caller.principal_id, now=now, seen_after=now - self._realm.session_idle
            )
        return MyAccess(
            factors=[_factor_view(factor) for factor in factors],
            recovery_codes_left=left,
            sessions=[_session_view(one, caller) for one in own],
            enrolling=caller.enrolling,
            confirmed=is_confirmed(caller.confirmed_at, now),
        )

    async def confirm_session(self, caller: Insider, request: WithPassword) -> Nothing:
        """Prove by the password who asks; changes of credentials are taken for the next minutes.

        Raises: PasswordWrong, TooManyAttempts.
        """
        now = self._clock.now()
        await self._prove_password(caller, request.password, now)
        await self._people.confirm_session(self._pool, caller.token_hash, now)
        return Nothing()

    async def change_password(self, caller: Insider, request: ChangePassword) -> Nothing:
        """Replace the password; every other session ends and no device stays known.

        Raises: PasswordWrong, PasswordRefused, TooManyAttempts, SecondFactorMissing.
        """
        if caller.enrolling:
            raise SecondFactorMissing
        now = self._clock.now()
        await self._prove_password(caller, request.password, now)
        self._passwords.refuse_weak(
            request.new_password, email=caller.email, by=self._realm.why_password_refused
        )
        if request.new_password == request.password:
            raise PasswordRefused("password_same")
        encoded = await self._passwords.hash(request.new_password)
        async with self._pool.acquire() as connection, connection.transaction():
            ended = await replace_password(
                connection, self._realm, caller.principal_id, encoded, now=now, but=caller.token_hash
            )
            await self._people.confirm_session(connection, caller.token_hash, now)
            await self._record(connection, caller, now, "credential.password_changed", {"sessions": ended})
        return Nothing()

    async def start_totp(self, caller: Insider, _request: Nothing) -> TotpStarted:
        """Show a new secret; it counts once a code of it came back. Raises: ConfirmationNeeded, FactorsFull."""
        now = self._clock.now()
        secret = random_base32()
        async with self._pool.acquire() as connection, connection.transaction():
            await self._may_add(connection, caller, now)
            sealed = self._realm.seal.seal(caller.principal_id, secret.encode())
            made = await self._people.add_totp(connection, caller.principal_id, sealed=sealed, now=now)
        uri = TOTP(secret).provisioning_uri(name=caller.email, issuer_name="Guichet")
        return TotpStarted(encode_id("factor", made), secret, uri)

    async def confirm_totp(self, caller: Insider, request: ConfirmTotp) -> FactorAdded:
        """Let a shown secret count. Raises: ConfirmationNeeded, FactorsFull, NotFound, CodeWrong."""
        now = self._clock.now()
        await count_attempt(self._pool, self._bounds(caller), now=now, ip="")
        async with self._pool.acquire() as connection, connection.transaction():
            factors = await self._may_add(connection, caller, now)
            shown = next((f for f in factors if f.id == request.factor and f.confirmed_at is None), None)
            if shown is None or shown.secret is None:
                raise NotFound
            secret = self._realm.seal.unseal(caller.principal_id, shown.secret)
            step = secret and step_of(secret.decode(), request.code, now=now, last_step=0)
            if not step:
                raise CodeWrong
            name = _name_of(request.name, "TOTP")
            await self._people.confirm_totp(
                connection, caller.principal_id, shown.id, now=now, step=step, name=name
            )
            await forget_attempt(connection, self._bounds(caller), at=now)
            return await self._added(connection, caller, shown.id, now, "totp")

    async def start_passkey(self, caller: Insider, _request: Nothing) -> PasskeyOptions:
        """Return what a new passkey must sign. Raises: ConfirmationNeeded, FactorsFull."""
        now = self._clock.now()
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        async with self._pool.acquire() as connection, connection.transaction():
            factors = await self._may_add(connection, caller, now)
            await self._people.put_challenge(connection, caller.token_hash, challenge)
        options = generate_registration_options(
            rp_id=self._realm.relying_party,
            rp_name="Guichet",
            user_id=caller.principal_id,
            user_name=caller.email,
            user_display_name=caller.name or caller.email,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=f.credential_id)
                for f in factors
                if f.credential_id is not None
            ],
        )
        return PasskeyOptions(msgspec.json.decode(options_to_json(options)))

    async def add_passkey(self, caller: Insider, request: AddPasskey) -> FactorAdded:
        """Keep a passkey that signed the challenge.

        Raises: FieldsRefused, ConfirmationNeeded, FactorsFull, PasskeyRefused.
        """
        credential = msgspec.json.encode(request.credential)
        if len(credential) > PASSKEY_ANSWER_BYTES_MAX:
            raise FieldsRefused([FieldProblem("credential", "too_long")])
        now = self._clock.now()
        challenge = await self._people.take_challenge(self._pool, caller.token_hash)
        if challenge is None:
            raise PasskeyRefused
        try:
            verified = verify_registration_response(
                credential=parse_registration_credential_json(credential.decode()),
                expected_challenge=challenge,
                expected_rp_id=self._realm.relying_party,
                expected_origin=self._realm.portal_url,
            )
        except (WebAuthnException, ValueError) as error:
            _log.warning("passkey_refused", why=type(error).__name__, person=caller.principal_id.hex())
            raise PasskeyRefused from error
        async with self._pool.acquire() as connection, connection.transaction():
            await self._may_add(connection, caller, now)
            made = await self._people.add_passkey(
                connection,
                caller.principal_id,
                name=_name_of(request.name, "Passkey"),
                credential_id=verified.credential_id,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                now=now,
            )
            if made is None:
                raise PasskeyRefused
            return await self._added(connection, caller, made, now, "passkey")

    async def remove_factor(self, caller: Insider, request: RemoveFactor) -> Nothing:
        """Forget a second factor; one at least stays where one is needed, and no recovery code without one.

        Raises: ConfirmationNeeded, NotFound, LastFactor.
        """
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            factors = standing(await self._confirmed_factors(connection, caller, now))
            factor = next((each for each in factors if each.id == request.id), None)
            if factor is None:
                raise NotFound
            if len(factors) == 1 and self._realm.needs_second_factor:
                raise LastFactor
            if len(factors) == 1:
                await self._people.remove_factors(connection, caller.principal_id)
            else:
                await self._people.remove_factor(connection, factor.id)
            facts = {"factor": encode_id("factor", factor.id), "kind": factor.kind, "name": factor.name}
            await self._record(connection, caller, now, "credential.factor_removed", facts)
        return Nothing()

    async def renew_recovery_codes(self, caller: Insider, _request: Nothing) -> RecoveryCodes:
        """Make ten new recovery codes; the old ones are worth nothing. Raises: ConfirmationNeeded."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            if not standing(await self._confirmed_factors(connection, caller, now)):
                raise SecondFactorMissing
            codes = await self._put_recovery_codes(connection, caller.principal_id)
            await self._record(connection, caller, now, "credential.recovery_codes_renewed", {})
        return RecoveryCodes(codes)

    async def end_session(self, caller: Insider, request: EndSession) -> Nothing:
        """End one of the caller's sessions. Raises: NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            if not await self._people.end_session_of(connection, caller.principal_id, request.id, now):
                raise NotFound
            facts = {"session": encode_id("session", request.id)}
            await self._record(connection, caller, now, "session.ended", facts)
        return Nothing()

    async def end_sessions(self, caller: Insider, _request: Nothing) -> Nothing:
        """Sign out everywhere, here too, and know no device any more."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            ended = await self._people.end_sessions_of(connection, caller.principal_id, now)
            await self._people.forget_devices(connection, caller.principal_id)
            await self._record(connection, caller, now, "session.ended_everywhere", {"sessions": ended})
        return Nothing()

    async def _prove_password(self, caller: Insider, password: str, now: datetime) -> None:
        ip = CALLED_FROM.get()
        await count_attempt(self._pool, self._bounds(caller), now=now, ip=ip)
        known = await self._realm.find_person(self._pool, caller.principal_id)
        if not await self._passwords.is_right(known.password_hash if known else None, password):
            _log.warning("confirmation_refused", ip=ip, person=caller.principal_id.hex())
            raise PasswordWrong
        async with self._pool.acquire() as connection, connection.transaction():
            await forget_attempt(connection, self._bounds(caller), at=now)

    async def _confirmed_factors(
        self, connection: Connection, caller: Insider, now: datetime
    ) -> list[StoredFactor]:
        """Return the caller's factors, held against other changes."""
        if not is_confirmed(caller.confirmed_at, now):
            raise ConfirmationNeeded
        await self._people.lock_person(connection, caller.principal_id)
        return await self._people.list_factors(connection, caller.principal_id)

    async def _may_add(self, connection: Connection, caller: Insider, now: datetime) -> list[StoredFactor]:
        factors = await self._confirmed_factors(connection, caller, now)
        if len(standing(factors)) >= FACTORS_MAX:
            raise FactorsFull
        # A session opened by the password alone adds the first factor, never one beside the first.
        if caller.enrolling and standing(factors):
            raise ConfirmationNeeded
        return factors

    async def _added(
        self,
        connection: Connection,
        caller: Insider,
        factor_id: bytes,
        now: datetime,
        kind: str,
    ) -> FactorAdded:
        factors = standing(await self._people.list_factors(connection, caller.principal_id))
        codes = await self._put_recovery_codes(connection, caller.principal_id) if len(factors) == 1 else []
        await self._people.finish_enrolling(connection, caller.token_hash)
        added = next(factor for factor in factors if factor.id == factor_id)
        facts = {"factor": encode_id("factor", factor_id), "kind": kind, "name": added.name}
        await self._record(connection, caller, now, "credential.factor_added", facts)
        return FactorAdded(_factor_view(added), codes)

    async def _put_recovery_codes(self, connection: Connection, person_id: bytes) -> list[str]:
        plain = [
            "".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(RECOVERY_CODE_LETTERS))
            for _ in range(RECOVERY_CODES)
        ]
        digests = [self._realm.seal.digest(person_id, recovery_code_typed(code)) for code in plain]
        await self._people.put_recovery_codes(connection, person_id, digests)
        return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in plain]

    async def _record(
        self,
        connection: Connection,
        caller: Insider,
        now: datetime,
        kind: str,
        facts: dict[str, str] | dict[str, int],
    ) -> None:
        await self._realm.record(connection, caller.principal_id, now=now, kind=kind, facts=dict(facts))

    def _bounds(self, caller: Insider) -> dict[str, int]:
        return {self._realm.subject("confirm", caller.principal_id): FAILURES_PER_FACTOR_MAX}


def _name_of(text: str, otherwise: str) -> str:
    plain = " ".join("".join(letter for letter in text if letter.isprintable()).split())
    return plain[:_NAME_CHARACTERS_MAX] or otherwise


def _factor_view(factor: StoredFactor) -> Factor:
    return Factor(
        id=encode_id("factor", factor.id),
        kind="passkey" if factor.kind == "passkey" else "totp",
        name=factor.name,
        added_at=timestamp(factor.created_at),
        last_used_at=timestamp_or_none(factor.last_used_at),
    )


def _session_view(one: StoredSession, caller: Insider) -> OwnSession:
    browser, system = browser_and_system(one.user_agent)
    return OwnSession(
        id=encode_id("session", one.token_hash[:SESSION_ID_BYTES]),
        browser=browser,
        system=system,
        ip=one.ip,
        created_at=timestamp(one.created_at),
        last_seen_at=timestamp(one.last_seen_at),
        expires_at=timestamp(one.expires_at),
        current=one.token_hash == caller.token_hash,
    )

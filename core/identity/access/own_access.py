"""What an agent sees and changes of their own access."""

import secrets
from datetime import datetime
from typing import Final

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
from core.identity import store as sessions
from core.identity.access import store
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
from core.identity.access.opening import standing
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
from core.identity.access.settings import AccessSettings
from core.identity.access.throttle import count_attempt, forget_attempt
from core.identity.administration.errors import FieldsRefused
from core.identity.model import SignedIn
from core.identity.origin import CALLED_FROM
from core.identity.rules import SESSION_IDLE
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

    def __init__(
        self, pool: asyncpg.Pool, clock: Clock, passwords: Passwords, settings: AccessSettings
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._passwords = passwords
        self._settings = settings

    async def my_access(self, caller: SignedIn, _request: Nothing) -> MyAccess:
        """Return everything that lets the caller in."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            factors = standing(await store.list_factors(connection, caller.agent_id))
            left = await store.count_recovery_codes(connection, caller.agent_id)
            own = await store.list_sessions(
                connection, caller.agent_id, now=now, seen_after=now - SESSION_IDLE
            )
        return MyAccess(
            factors=[_factor_view(factor) for factor in factors],
            recovery_codes_left=left,
            sessions=[_session_view(one, caller) for one in own],
            enrolling=caller.enrolling,
            confirmed=is_confirmed(caller.confirmed_at, now),
        )

    async def confirm_session(self, caller: SignedIn, request: WithPassword) -> Nothing:
        """Prove by the password who asks; changes of credentials are taken for the next minutes.

        Raises: PasswordWrong, TooManyAttempts.
        """
        now = self._clock.now()
        await self._prove_password(caller, request.password, now)
        await store.confirm_session(self._pool, caller.token_hash, now)
        return Nothing()

    async def change_password(self, caller: SignedIn, request: ChangePassword) -> Nothing:
        """Replace the password; every other session ends and no device stays known.

        Raises: PasswordWrong, PasswordRefused, TooManyAttempts, SecondFactorMissing.
        """
        if caller.enrolling:
            raise SecondFactorMissing
        now = self._clock.now()
        await self._prove_password(caller, request.password, now)
        self._passwords.refuse_weak(request.new_password, email=caller.email)
        if request.new_password == request.password:
            raise PasswordRefused("password_same")
        encoded = await self._passwords.hash(request.new_password)
        async with self._pool.acquire() as connection, connection.transaction():
            await store.lock_agent(connection, caller.agent_id)
            await store.put_password(connection, caller.agent_id, encoded)
            ended = await store.end_sessions_of(connection, caller.agent_id, now, but=caller.token_hash)
            await store.forget_devices(connection, caller.agent_id)
            await store.confirm_session(connection, caller.token_hash, now)
            await self._record(connection, caller, now, "credential.password_changed", {"sessions": ended})
        return Nothing()

    async def start_totp(self, caller: SignedIn, _request: Nothing) -> TotpStarted:
        """Show a new secret; it counts once a code of it came back. Raises: ConfirmationNeeded, FactorsFull."""
        now = self._clock.now()
        secret = random_base32()
        async with self._pool.acquire() as connection, connection.transaction():
            await self._may_add(connection, caller, now)
            sealed = self._settings.seal.seal(caller.agent_id, secret.encode())
            made = await store.add_totp(connection, caller.agent_id, sealed=sealed, now=now)
        uri = TOTP(secret).provisioning_uri(name=caller.email, issuer_name="Guichet")
        return TotpStarted(encode_id("factor", made), secret, uri)

    async def confirm_totp(self, caller: SignedIn, request: ConfirmTotp) -> FactorAdded:
        """Let a shown secret count. Raises: ConfirmationNeeded, FactorsFull, NotFound, CodeWrong."""
        now = self._clock.now()
        await count_attempt(self._pool, _bounds(caller), now=now, ip="")
        async with self._pool.acquire() as connection, connection.transaction():
            factors = await self._may_add(connection, caller, now)
            shown = next((f for f in factors if f.id == request.factor and f.confirmed_at is None), None)
            if shown is None or shown.secret is None:
                raise NotFound
            secret = self._settings.seal.unseal(caller.agent_id, shown.secret)
            step = secret and step_of(secret.decode(), request.code, now=now, last_step=0)
            if not step:
                raise CodeWrong
            name = _name_of(request.name, "TOTP")
            await store.confirm_totp(connection, caller.agent_id, shown.id, now=now, step=step, name=name)
            await forget_attempt(connection, _bounds(caller), at=now)
            return await self._added(connection, caller, shown.id, now, "totp")

    async def start_passkey(self, caller: SignedIn, _request: Nothing) -> PasskeyOptions:
        """Return what a new passkey must sign. Raises: ConfirmationNeeded, FactorsFull."""
        now = self._clock.now()
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        async with self._pool.acquire() as connection, connection.transaction():
            factors = await self._may_add(connection, caller, now)
            await store.put_challenge(connection, caller.token_hash, challenge)
        options = generate_registration_options(
            rp_id=self._settings.relying_party,
            rp_name="Guichet",
            user_id=caller.agent_id,
            user_name=caller.email,
            user_display_name=caller.name,
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

    async def add_passkey(self, caller: SignedIn, request: AddPasskey) -> FactorAdded:
        """Keep a passkey that signed the challenge.

        Raises: FieldsRefused, ConfirmationNeeded, FactorsFull, PasskeyRefused.
        """
        credential = msgspec.json.encode(request.credential)
        if len(credential) > PASSKEY_ANSWER_BYTES_MAX:
            raise FieldsRefused([FieldProblem("credential", "too_long")])
        now = self._clock.now()
        challenge = await store.take_challenge(self._pool, caller.token_hash)
        if challenge is None:
            raise PasskeyRefused
        try:
            verified = verify_registration_response(
                credential=parse_registration_credential_json(credential.decode()),
                expected_challenge=challenge,
                expected_rp_id=self._settings.relying_party,
                expected_origin=self._settings.portal_url,
            )
        except (WebAuthnException, ValueError) as error:
            _log.warning("passkey_refused", why=type(error).__name__, agent=caller.agent_id.hex())
            raise PasskeyRefused from error
        async with self._pool.acquire() as connection, connection.transaction():
            await self._may_add(connection, caller, now)
            made = await store.add_passkey(
                connection,
                caller.agent_id,
                name=_name_of(request.name, "Passkey"),
                credential_id=verified.credential_id,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                now=now,
            )
            if made is None:
                raise PasskeyRefused
            return await self._added(connection, caller, made, now, "passkey")

    async def remove_factor(self, caller: SignedIn, request: RemoveFactor) -> Nothing:
        """Forget a second factor; one at least stays. Raises: ConfirmationNeeded, NotFound, LastFactor."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            factors = standing(await self._confirmed_factors(connection, caller, now))
            factor = next((each for each in factors if each.id == request.id), None)
            if factor is None:
                raise NotFound
            if len(factors) == 1:
                raise LastFactor
            await store.remove_factor(connection, factor.id)
            facts = {"factor": encode_id("factor", factor.id), "kind": factor.kind, "name": factor.name}
            await self._record(connection, caller, now, "credential.factor_removed", facts)
        return Nothing()

    async def renew_recovery_codes(self, caller: SignedIn, _request: Nothing) -> RecoveryCodes:
        """Make ten new recovery codes; the old ones are worth nothing. Raises: ConfirmationNeeded."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            if not standing(await self._confirmed_factors(connection, caller, now)):
                raise SecondFactorMissing
            codes = await self._put_recovery_codes(connection, caller.agent_id)
            await self._record(connection, caller, now, "credential.recovery_codes_renewed", {})
        return RecoveryCodes(codes)

    async def end_session(self, caller: SignedIn, request: EndSession) -> Nothing:
        """End one of the caller's sessions. Raises: NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            if not await store.end_session_of(connection, caller.agent_id, request.id, now):
                raise NotFound
            facts = {"session": encode_id("session", request.id)}
            await self._record(connection, caller, now, "session.ended", facts)
        return Nothing()

    async def end_sessions(self, caller: SignedIn, _request: Nothing) -> Nothing:
        """Sign out everywhere, here too, and know no device any more."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            ended = await store.end_sessions_of(connection, caller.agent_id, now)
            await store.forget_devices(connection, caller.agent_id)
            await self._record(connection, caller, now, "session.ended_everywhere", {"sessions": ended})
        return Nothing()

    async def _prove_password(self, caller: SignedIn, password: str, now: datetime) -> None:
        ip = CALLED_FROM.get()
        await count_attempt(self._pool, _bounds(caller), now=now, ip=ip)
        agent = await store.find_agent(self._pool, caller.agent_id)
        if not await self._passwords.is_right(agent["password_hash"] if agent else None, password):
            _log.warning("confirmation_refused", ip=ip, agent=caller.agent_id.hex())
            raise PasswordWrong
        async with self._pool.acquire() as connection, connection.transaction():
            await forget_attempt(connection, _bounds(caller), at=now)

    async def _confirmed_factors(
        self, connection: sessions.Connection, caller: SignedIn, now: datetime
    ) -> list[StoredFactor]:
        """Return the caller's factors, held against other changes."""
        if not is_confirmed(caller.confirmed_at, now):
            raise ConfirmationNeeded
        await store.lock_agent(connection, caller.agent_id)
        return await store.list_factors(connection, caller.agent_id)

    async def _may_add(
        self, connection: sessions.Connection, caller: SignedIn, now: datetime
    ) -> list[StoredFactor]:
        factors = await self._confirmed_factors(connection, caller, now)
        if len(standing(factors)) >= FACTORS_MAX:
            raise FactorsFull
        # A session opened by the password alone adds the first factor, never one beside the first.
        if caller.enrolling and standing(factors):
            raise ConfirmationNeeded
        return factors

    async def _added(
        self,
        connection: sessions.Connection,
        caller: SignedIn,
        factor_id: bytes,
        now: datetime,
        kind: str,
    ) -> FactorAdded:
        factors = standing(await store.list_factors(connection, caller.agent_id))
        codes = await self._put_recovery_codes(connection, caller.agent_id) if len(factors) == 1 else []
        await store.finish_enrolling(connection, caller.token_hash)
        added = next(factor for factor in factors if factor.id == factor_id)
        facts = {"factor": encode_id("factor", factor_id), "kind": kind, "name": added.name}
        await self._record(connection, caller, now, "credential.factor_added", facts)
        return FactorAdded(_factor_view(added), codes)

    async def _put_recovery_codes(self, connection: sessions.Connection, agent_id: bytes) -> list[str]:
        plain = [
            "".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(RECOVERY_CODE_LETTERS))
            for _ in range(RECOVERY_CODES)
        ]
        digests = [self._settings.seal.digest(agent_id, recovery_code_typed(code)) for code in plain]
        await store.put_recovery_codes(connection, agent_id, digests)
        return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in plain]

    async def _record(
        self,
        connection: sessions.Connection,
        caller: SignedIn,
        now: datetime,
        kind: str,
        facts: dict[str, str] | dict[str, int],
    ) -> None:
        await sessions.record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind=kind,
            target_kind="agent",
            target_id=caller.agent_id,
            facts=dict(facts),
        )


def _bounds(caller: SignedIn) -> dict[str, int]:
    return {f"confirm:{caller.agent_id.hex()}": FAILURES_PER_FACTOR_MAX}


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


def _session_view(one: StoredSession, caller: SignedIn) -> OwnSession:
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

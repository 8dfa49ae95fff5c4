"""What is kept of people who get in, whichever realm they are of: passwords, sessions, second factors, devices.

Every method takes the connection of its caller's transaction.
"""

from datetime import datetime
from typing import Final

from core.db.queries import Queries, load_beside
from core.db.rows import Connection, uuid_of
from core.identity.access.model import Arrival, PendingLogIn, StoredFactor, StoredSession


class People:
    """The rows of one realm."""

    def __init__(self, statements: Queries) -> None:
        self._sql = statements

    async def open_session(
        self,
        connection: Connection,
        *,
        token_hash: bytes,
        person_id: bytes,
        now: datetime,
        expires_at: datetime,
        user_agent: str,
        ip: str,
        enrolling: bool,
    ) -> None:
        """Insert a session."""
        await connection.execute(
            self._sql.open_session,
            token_hash,
            uuid_of(person_id),
            now,
            expires_at,
            user_agent[:300],
            ip,
            enrolling,
        )

    async def note_seen(
        self, connection: Connection, token_hash: bytes, *, now: datetime, if_before: datetime
    ) -> None:
        """Write that a session is in use."""
        await connection.execute(self._sql.note_seen, token_hash, now, if_before)

    async def end_session(self, connection: Connection, token_hash: bytes, now: datetime) -> bool:
        """End a session; False when it had ended, which changes nothing."""
        return bool(await connection.fetchval(self._sql.end_session, token_hash, now))

    async def lock_person(self, connection: Connection, person_id: bytes) -> None:
        """Hold the person until the end of the transaction."""
        await connection.execute(self._sql.lock_person, uuid_of(person_id))

    async def put_password(self, connection: Connection, person_id: bytes, password_hash: str) -> None:
        """Replace a password."""
        await connection.execute(self._sql.put_password, uuid_of(person_id), password_hash)

    async def list_factors(self, connection: Connection, person_id: bytes) -> list[StoredFactor]:
        """Return a person's second factors, unconfirmed ones too, oldest first."""
        rows = await connection.fetch(self._sql.factors, uuid_of(person_id))
        return [
            StoredFactor(**{**dict(row), "id": row["id"].bytes, "person_id": row["person_id"].bytes})
            for row in rows
        ]

    async def add_totp(
        self, connection: Connection, person_id: bytes, *, sealed: bytes, now: datetime
    ) -> bytes:
        """Keep a TOTP that the person must confirm yet, in the place of an earlier one; return its id."""
        made = await connection.fetchval(self._sql.add_totp, uuid_of(person_id), sealed, now)
        assert made is not None
        return made.bytes

    async def confirm_totp(
        self,
        connection: Connection,
        person_id: bytes,
        factor_id: bytes,
        *,
        now: datetime,
        step: int,
        name: str,
    ) -> None:
        """Let a TOTP count."""
        await connection.execute(
            self._sql.confirm_totp, uuid_of(factor_id), uuid_of(person_id), now, step, name
        )

    async def add_passkey(
        self,
        connection: Connection,
        person_id: bytes,
        *,
        name: str,
        credential_id: bytes,
        public_key: bytes,
        sign_count: int,
        now: datetime,
    ) -> bytes | None:
        """Keep a passkey; return its id, None when it is somebody's already."""
        made = await connection.fetchval(
            self._sql.add_passkey, uuid_of(person_id), name, credential_id, public_key, sign_count, now
        )
        return made and made.bytes

    async def use_step(self, connection: Connection, factor_id: bytes, *, step: int, now: datetime) -> bool:
        """Use a time step of a TOTP; False when it, or a newer one, was used."""
        return await connection.fetchval(self._sql.use_step, uuid_of(factor_id), step, now) is not None

    async def use_passkey(
        self, connection: Connection, factor_id: bytes, *, sign_count: int, now: datetime
    ) -> None:
        """Note the use of a passkey."""
        await connection.execute(self._sql.use_passkey, uuid_of(factor_id), sign_count, now)

    async def remove_factor(self, connection: Connection, factor_id: bytes) -> None:
        """Forget a second factor."""
        await connection.execute(self._sql.remove_factor, uuid_of(factor_id))

    async def remove_factors(self, connection: Connection, person_id: bytes) -> None:
        """Forget every second factor and recovery code of a person."""
        await connection.execute(self._sql.remove_factors, uuid_of(person_id))
        await connection.execute(self._sql.drop_recovery_codes, uuid_of(person_id))

    async def put_recovery_codes(self, connection: Connection, person_id: bytes, hashes: list[bytes]) -> None:
        """Replace a person's recovery codes."""
        await connection.execute(self._sql.drop_recovery_codes, uuid_of(person_id))
        await connection.execute(self._sql.add_recovery_codes, uuid_of(person_id), hashes)

    async def count_recovery_codes(self, connection: Connection, person_id: bytes) -> int:
        """Return how many recovery codes are left."""
        return await connection.fetchval(self._sql.recovery_codes_left, uuid_of(person_id)) or 0

    async def use_recovery_code(
        self, connection: Connection, person_id: bytes, *, code_hash: bytes, now: datetime
    ) -> bool:
        """Use up a recovery code; False when there is no such one, or it was used."""
        return (
            await connection.fetchval(self._sql.use_recovery_code, uuid_of(person_id), code_hash, now)
            is not None
        )

    async def add_pending(
        self,
        connection: Connection,
        *,
        token_hash: bytes,
        person_id: bytes,
        first_factor: str,
        arrival: Arrival,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        """Keep a log in between its two steps."""
        await connection.execute(
            self._sql.add_pending,
            token_hash,
            uuid_of(person_id),
            now,
            expires_at,
            first_factor,
            arrival.device_hash,
            arrival.wants_device,
            arrival.user_agent[:300],
            arrival.ip,
        )

    async def find_pending(
        self, connection: Connection, token_hash: bytes, now: datetime
    ) -> PendingLogIn | None:
        """Return a log in that waits for its second step."""
        row = await connection.fetchrow(self._sql.pending, token_hash, now)
        return row and PendingLogIn(
            token_hash=row["token_hash"],
            person_id=row["person_id"].bytes,
            first_factor=row["first_factor"],
            challenge=row["challenge"],
            arrival=Arrival(row["ip"], row["user_agent"], row["device_hash"], row["wants_device"]),
        )

    async def use_pending(self, connection: Connection, token_hash: bytes, now: datetime) -> bool:
        """Finish a log in; False when it was finished by somebody else."""
        return await connection.fetchval(self._sql.use_pending, token_hash, now) is not None

    async def put_pending_challenge(
        self, connection: Connection, token_hash: bytes, challenge: bytes | None
    ) -> None:
        """Keep what a passkey must sign, or take it back."""
        await connection.execute(self._sql.put_pending_challenge, token_hash, challenge)

    async def find_device(
        self, connection: Connection, token_hash: bytes, *, person_id: bytes, now: datetime
    ) -> bytes | None:
        """Return the hash of a device that is known as that person's."""
        return await connection.fetchval(self._sql.device_of, token_hash, uuid_of(person_id), now)

    async def note_device(
        self, connection: Connection, token_hash: bytes, *, now: datetime, until: datetime
    ) -> None:
        """Keep a known device known."""
        await connection.execute(self._sql.note_device, token_hash, now, until)

    async def add_device(
        self,
        connection: Connection,
        token_hash: bytes,
        person_id: bytes,
        *,
        now: datetime,
        until: datetime,
        keep: int,
    ) -> None:
        """Know a device from now on, beside the `keep` latest ones."""
        await connection.execute(self._sql.add_device, token_hash, uuid_of(person_id), now, until, keep)

    async def forget_devices(self, connection: Connection, person_id: bytes) -> None:
        """Know no device of the person any more."""
        await connection.execute(self._sql.forget_devices, uuid_of(person_id))

    async def list_sessions(
        self, connection: Connection, person_id: bytes, *, now: datetime, seen_after: datetime
    ) -> list[StoredSession]:
        """Return the person's sessions that stand, latest first."""
        rows = await connection.fetch(self._sql.sessions_of, uuid_of(person_id), now, seen_after)
        return [StoredSession(**dict(row)) for row in rows]

    async def end_session_of(
        self, connection: Connection, person_id: bytes, session_id: bytes, now: datetime
    ) -> bool:
        """End one of the person's sessions; False when none stands under that id."""
        return (
            await connection.fetchval(self._sql.end_session_of, uuid_of(person_id), session_id, now)
            is not None
        )

    async def end_sessions_of(
        self, connection: Connection, person_id: bytes, now: datetime, *, but: bytes | None = None
    ) -> int:
        """End the person's sessions, but the one with that hash; return how many."""
        return len(await connection.fetch(self._sql.end_sessions_of, uuid_of(person_id), now, but))

    async def confirm_session(self, connection: Connection, token_hash: bytes, now: datetime) -> None:
        """Note that the person proved who they are."""
        await connection.execute(self._sql.confirm_session, token_hash, now)

    async def finish_enrolling(self, connection: Connection, token_hash: bytes) -> None:
        """Give a session its agent's grants."""
        await connection.execute(self._sql.finish_enrolling, token_hash)

    async def put_challenge(self, connection: Connection, token_hash: bytes, challenge: bytes) -> None:
        """Keep what a new passkey must sign."""
        await connection.execute(self._sql.put_challenge, token_hash, challenge)

    async def take_challenge(self, connection: Connection, token_hash: bytes) -> bytes | None:
        """Return what a new passkey must sign, once."""
        return await connection.fetchval(self._sql.take_challenge, token_hash)

    async def forget_old(self, connection: Connection, before: datetime) -> None:
        """Drop log ins and devices that expired."""
        await connection.execute(self._sql.forget_unfinished, before)
        await connection.execute(self._sql.forget_old_devices, before)


AGENT_STATEMENTS: Final = load_beside(__file__)
AGENTS: Final = People(AGENT_STATEMENTS)
CUSTOMER_STATEMENTS: Final = AGENT_STATEMENTS.renamed(
    {
        "agent": "customer",
        "agent_id": "customer_id",
        "agent_factor": "customer_factor",
        "known_device": "customer_device",
        "pending_login": "customer_pending_login",
        "recovery_code": "customer_recovery_code",
        "session": "customer_session",
    }
)
CUSTOMERS: Final = People(CUSTOMER_STATEMENTS)

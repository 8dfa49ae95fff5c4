"""Contracts: made, worded, made ready, signed, and moved through their life."""

from datetime import date, datetime
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from core.contracts import agreements as ask
from core.contracts.desk import FieldProblem
from core.contracts.listing import Written
from core.contracts.refusals import NotFound
from core.contracts.scope import Scope
from core.db.ids import new_id
from core.db.rows import Connection
from core.db.words import like_pattern
from core.documents.api import DocumentHandlers, typeset
from core.identity.api import (
    EVERYTHING,
    Permission,
    SignedIn,
    WriteOnce,
    record_action,
    refuse_if_stale,
    require,
)
from core.merchants.agreements import moving, store
from core.merchants.agreements.errors import (
    AgreementRefused,
    ContractActRefused,
    OnboardingNotValidated,
    PaperChanged,
    SignatureRefused,
)
from core.merchants.agreements.moving import By
from core.merchants.agreements.onboarding import may_have_contract
from core.merchants.agreements.paper import Content, paper_of
from core.merchants.agreements.ports import Signatures
from core.merchants.agreements.rules import PERMISSIONS, Step, consent_text, number_of, step_of
from core.merchants.agreements.signed_papers import refuse_other_paper
from core.merchants.agreements.views import contract_detail, summary_of
from core.merchants.agreements.wording import checked_terms, content_of, contract_form
from core.values.clock import Clock, paris_date
from core.values.cursors import id_in, page_of
from core.values.ids import encode_id

_PAPER: Final = Path(__file__).with_name("contract.typ")


class ContractHandlers:
    """Operations on contracts."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        documents: DocumentHandlers,
        *,
        signatures: Signatures,
        institution: str,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)
        self._documents = documents
        self._signatures = signatures
        self._institution = institution

    async def contracts(self, caller: SignedIn, request: ask.ListContracts) -> ask.ContractPage:
        """Return contracts, newest first. Raises: CursorMalformed."""
        return await list_contracts(self._pool, caller, request)

    async def contract(self, caller: SignedIn, request: ask.OneContract) -> ask.ContractDetail:
        """Return one contract. Raises: NotFound."""
        scope = caller.scope_of(Permission.CONTRACTS_READ)
        async with self._pool.acquire() as connection:
            return await contract_detail(connection, caller, scope, request.id)

    async def form(self, caller: SignedIn, request: ask.FillContract) -> ask.ContractForm:
        """Return what a contract of a company may name. Raises: NotFound."""
        scope = caller.scope_of(Permission.CONTRACTS_WRITE)
        async with self._pool.acquire() as connection:
            return await contract_form(connection, scope, request.id, self._today())

    async def make(self, caller: SignedIn, request: ask.MakeContract) -> Written:
        """Make a draft.

        Raises: NotFound, OnboardingNotValidated, AgreementRefused, GridNotInForce, KeyReused.
        """
        scope = caller.scope_of(Permission.CONTRACTS_WRITE)

        async def effect(connection: Connection) -> bytes:
            now = self._clock.now()
            if await store.find_company(connection, scope, request.company) is None:
                raise NotFound
            if not await may_have_contract(connection, request.company):
                raise OnboardingNotValidated
            terms = await checked_terms(
                connection, scope, request, company_id=request.company, today=paris_date(now)
            )
            number = number_of(paris_date(now).year, await store.next_number(connection))
            contract_id = new_id(self._clock)
            await store.add_contract(
                connection,
                contract_id=contract_id,
                number=number,
                company_id=request.company,
                agent_id=caller.agent_id,
                now=now,
            )
            version = await store.add_version(
                connection,
                contract_id=contract_id,
                locale=request.locale,
                fee_version_id=terms.fee_version_id,
                starts_on=terms.starts_on,
                agent_id=caller.agent_id,
                now=now,
            )
            await store.put_covered(
                connection, contract_id=contract_id, version=version, services=terms.services
            )
            facts: dict[str, object] = {"services": len(terms.services)}
            await self._note(connection, caller, contract_id, version, "make", ("draft", "draft"), "", facts)
            return await self._shown(connection, caller, contract_id)

        return await self._write(caller, request, effect)

    async def word(self, caller: SignedIn, request: ask.WordContract) -> Written:
        """Give the draft new terms, or begin an amendment.

        Raises: NotFound, ContractActRefused, ChangedMeanwhile, AgreementRefused, GridNotInForce, KeyReused.
        """
        scope = caller.scope_of(Permission.CONTRACTS_WRITE)
        act = "amend" if isinstance(request, ask.AmendContract) else "word"

        async def effect(connection: Connection) -> bytes:
            now = self._clock.now()
            row = await self._locked(connection, scope, request.id)
            version, version_state = await store.newest_version(connection, request.id)
            if act == "amend":
                self._step(row, version, version_state, "amend")
            elif version_state != "draft":
                raise ContractActRefused(row["state"], "word")
            await self._refuse_if_stale(connection, request)
            terms = await checked_terms(
                connection, scope, request, company_id=row["company_id"].bytes, today=paris_date(now)
            )
            if act == "amend":
                version = await store.add_version(
                    connection,
                    contract_id=request.id,
                    locale=request.locale,
                    fee_version_id=terms.fee_version_id,
                    starts_on=terms.starts_on,
                    agent_id=caller.agent_id,
                    now=now,
                )
            else:
                await store.word_version(
                    connection,
                    contract_id=request.id,
                    version=version,
                    locale=request.locale,
                    fee_version_id=terms.fee_version_id,
                    starts_on=terms.starts_on,
                )
            await store.put_covered(
                connection, contract_id=request.id, version=version, services=terms.services
            )
            states = (row["state"], row["state"])
            facts: dict[str, object] = {"services": len(terms.services)}
            await self._note(connection, caller, request.id, version, act, states, request.reason, facts)
            return await self._shown(connection, caller, request.id)

        return await self._write(caller, request, effect)

    async def move(self, caller: SignedIn, request: ask.MoveContract) -> Written:
        """Take one step; what it stops or starts happens in the same transaction.

        Raises: NotPermitted, NotFound, ContractActRefused, ChangedMeanwhile, AgreementRefused, ContractStartsLater,
        ServiceCoveredElsewhere, OnboardingNotValidated, GridNotInForce, KeyReused.
        """
        scope = require(caller, PERMISSIONS[request.act])
        ends_on = self._ends_on(request)

        async def effect(connection: Connection) -> bytes:
            now = self._clock.now()
            by = By(caller.agent_id, request.reason, now)
            row = await self._locked(connection, scope, request.id)
            version, version_state = await store.newest_version(connection, request.id)
            step = self._step(row, version, version_state, request.act)
            await self._refuse_if_stale(connection, request)
            if request.act == "prepare":
                await self._prepare(connection, caller, row, version, now)
                services = 0
            else:
                services = await self._carry_out(connection, row, version, step, request, by, ends_on)
            waits = request.act == "terminate" and ends_on is not None
            state = row["state"] if waits else step.contract
            await store.set_contract(
                connection,
                request.id,
                state=state,
                ends_on=ends_on if waits else self._end_kept(row, request.act, now),
                end_reason=_end_reason_kept(row, request),
            )
            facts: dict[str, object] = {"services": services}
            if ends_on is not None:
                facts["effective_on"] = ends_on.isoformat()
            await self._note(
                connection,
                caller,
                request.id,
                version,
                "notice" if waits else request.act,
                (row["state"], state),
                request.reason,
                facts,
            )
            return await self._shown(connection, caller, request.id)

        return await self._write(caller, request, effect)

    async def sign(self, caller: SignedIn, request: ask.SignContract) -> Written:
        """Take a signature: typed under the hash of the paper, or the signed paper itself.

        Raises: NotFound, ContractActRefused, SignatureRefused, PaperChanged, KeyReused.
        """
        scope = caller.scope_of(Permission.CONTRACTS_WRITE)
        if (request.typed is None) == (request.document is None):
            raise SignatureRefused("typed", "one_of_two")

        async def effect(connection: Connection) -> bytes:
            now = self._clock.now()
            row = await self._locked(connection, scope, request.id)
            version, version_state = await store.newest_version(connection, request.id)
            step = self._step(row, version, version_state, "sign")
            wording = (await store.list_versions(connection, request.id))[0]
            sha256: bytes = wording["sha_fr"] if wording["locale"] == "fr" else wording["sha_en"]
            if request.typed is not None:
                if not request.typed.consent:
                    raise SignatureRefused("consent", "missing")
                if request.typed.pdf_sha256 != sha256.hex():
                    raise PaperChanged
                evidence = await self._signatures.typed(
                    name=request.typed.name,
                    role=request.typed.role,
                    consent=consent_text(row["number"], version, row["legal_name"], wording["locale"]),
                    pdf_sha256=sha256.hex(),
                    ip=caller.ip,
                    now=now,
                )
            else:
                assert request.document is not None
                paper = await self._documents.find(connection, request.document)
                company = encode_id("company", row["company_id"].bytes)
                if paper is None or paper.company.id != company or paper.kind != "signed_contract":
                    raise SignatureRefused("document", "not_found")
                if paper.media_type != "application/pdf":
                    raise SignatureRefused("document", "not_a_pdf")
                refuse_other_paper(paper, wording)
                evidence = await self._signatures.uploaded(
                    agent=caller.name,
                    pdf_sha256=sha256.hex(),
                    signed_sha256=paper.sha256,
                    ip=caller.ip,
                    now=now,
                )
            await store.sign(
                connection,
                request.id,
                version,
                evidence=evidence,
                document_id=request.document,
                now=now,
            )
            await store.set_contract(
                connection,
                request.id,
                state=step.contract,
                ends_on=row["ends_on"],
                end_reason=row["end_reason"],
            )
            facts: dict[str, object] = {"method": evidence.method, "pdf_sha256": evidence.pdf_sha256}
            states = (row["state"], step.contract)
            await self._note(connection, caller, request.id, version, "sign", states, "", facts)
            return await self._shown(connection, caller, request.id)

        return await self._write(caller, request, effect)

    async def preview(self, caller: SignedIn, request: ask.PreviewContract) -> bytes:
        """Return the newest version as a PDF: marked as a draft until it is ready. Raises: NotFound."""
        scope = caller.scope_of(Permission.CONTRACTS_READ)
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            found = await store.list_contracts(connection, scope, contract_id=request.id)
            if not found:
                raise NotFound
            (row,) = found
            newest = (await store.list_versions(connection, request.id))[0]
            if newest["content"] is not None:
                content = msgspec.json.decode(newest["content"], type=Content)
                made_at, is_draft = newest["ready_at"], False
            else:
                content, _ = await self._content(connection, row, request.id, now)
                made_at, is_draft = now, True
        paper = paper_of(content, request.locale, made_at=made_at, is_draft=is_draft)
        return await typeset(_PAPER, paper, made_at=made_at)

    async def _refuse_if_stale(
        self, connection: Connection, request: ask.WordContract | ask.MoveContract
    ) -> None:
        await refuse_if_stale(
            connection,
            target_kind="contract",
            target_id=request.id,
            read=request.revision,
            present=len(await store.list_events(connection, request.id)),
        )

    async def _prepare(
        self, connection: Connection, caller: SignedIn, row: asyncpg.Record, version: int, now: datetime
    ) -> None:
        contract_id: bytes = row["id"].bytes
        company_id: bytes = row["company_id"].bytes
        if not await may_have_contract(connection, company_id):
            raise OnboardingNotValidated
        content, fee_version_id = await self._content(connection, row, contract_id, now)
        kept: list[bytes] = []
        locales: tuple[ask.Locale, ...] = ("fr", "en")
        for locale in locales:
            paper = paper_of(content, locale, made_at=now, is_draft=False)
            kept.append(
                await self._documents.file(
                    connection,
                    kind="contract",
                    company_id=company_id,
                    name=f"{row['number']}-v{version}-{locale}.pdf",
                    content=await typeset(_PAPER, paper, made_at=now),
                    agent_id=caller.agent_id,
                    now=now,
                )
            )
        await store.make_ready(
            connection,
            contract_id,
            version,
            content=content,
            pdf_fr=kept[0],
            pdf_en=kept[1],
            fee_version_id=fee_version_id,
            now=now,
        )

    async def _carry_out(
        self,
        connection: Connection,
        row: asyncpg.Record,
        version: int,
        step: Step,
        request: ask.MoveContract,
        by: By,
        ends_on: date | None,
    ) -> int:
        """Do what the step does to versions and services; return how many services it touched."""
        contract_id, number = row["id"].bytes, row["number"]
        match request.act:
            case "activate":
                return await moving.activate(connection, contract_id, number, version, by)
            case "suspend":
                return await moving.suspend(connection, contract_id, number, by)
            case "resume":
                return await moving.resume(connection, contract_id, number, by)
            case "terminate":
                if ends_on is not None:
                    return 0
                await store.cancel_pending(connection, contract_id)
                return await moving.end(connection, contract_id, number, by)
            case _:
                if step.version is not None:
                    await store.set_version_state(connection, contract_id, version, step.version, by.now)
                return 0

    def _ends_on(self, request: ask.MoveContract) -> date | None:
        """Return the day of a termination that waits, None for one that is carried out at once."""
        if request.effective_on is None:
            return None
        if request.act != "terminate":
            raise AgreementRefused([FieldProblem("effective_on", "unknown_field")])
        try:
            ends_on = date.fromisoformat(request.effective_on)
        except ValueError as error:
            raise AgreementRefused([FieldProblem("effective_on", "malformed", "YYYY-MM-DD")]) from error
        if ends_on < self._today():
            raise AgreementRefused([FieldProblem("effective_on", "past")])
        return ends_on if ends_on > self._today() else None

    def _end_kept(self, row: asyncpg.Record, act: ask.MovingAct, now: datetime) -> date | None:
        if act == "terminate":
            return paris_date(now)
        return None if act == "keep" else row["ends_on"]

    def _step(
        self, row: asyncpg.Record, version: int, version_state: ask.VersionState, act: ask.ContractAct
    ) -> Step:
        step = step_of(row["state"], version_state, is_first=version == 1, act=act, ends_on=row["ends_on"])
        if step is None:
            raise ContractActRefused(row["state"], act)
        return step

    async def _locked(self, connection: Connection, scope: Scope, contract_id: bytes) -> asyncpg.Record:
        row = await store.lock_contract(connection, scope, contract_id)
        if row is None:
            raise NotFound
        return row

    async def _content(
        self, connection: Connection, row: asyncpg.Record, contract_id: bytes, now: datetime
    ) -> tuple[Content, bytes]:
        # The caller's scope was checked on the contract; its paper says the same to whoever reads it.
        return await content_of(
            connection,
            EVERYTHING,
            contract_id=contract_id,
            number=row["number"],
            company_id=row["company_id"].bytes,
            institution=self._institution,
            today=paris_date(now),
        )

    async def _shown(self, connection: Connection, caller: SignedIn, contract_id: bytes) -> bytes:
        scope = caller.scope_of(Permission.CONTRACTS_READ)
        return msgspec.json.encode(await contract_detail(connection, caller, scope, contract_id))

    async def _note(
        self,
        connection: Connection,
        caller: SignedIn,
        contract_id: bytes,
        version: int,
        act: str,
        states: tuple[str, str],
        reason: str,
        facts: dict[str, object],
    ) -> None:
        now = self._clock.now()
        await store.add_event(
            connection,
            contract_id,
            version=version,
            act=act,
            before=states[0],
            after=states[1],
            agent_id=caller.agent_id,
            reason=reason,
            facts=facts,
            now=now,
        )
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind=f"contract.{act}",
            target_kind="contract",
            target_id=contract_id,
            facts={"version": version, "reason": reason, **facts},
        )

    def _today(self) -> date:
        return paris_date(self._clock.now())


async def list_contracts(
    pool: asyncpg.Pool, caller: SignedIn, request: ask.ListContracts
) -> ask.ContractPage:
    """Return contracts, newest first. Raises: CursorMalformed."""
    found = await store.list_contracts(
        pool,
        caller.scope_of(Permission.CONTRACTS_READ),
        pattern=like_pattern(request.query),
        company_id=request.company,
        state=request.state,
        before=id_in("contract", request.cursor),
        limit=request.limit + 1,
    )
    page, cursor = page_of(found, request.limit, lambda last: (encode_id("contract", last["id"].bytes),))
    return ask.ContractPage([summary_of(row) for row in page], cursor)


def _end_reason_kept(row: asyncpg.Record, request: ask.MoveContract) -> str:
    """Return why the contract ends: a step in between leaves the notice as it was given."""
    if request.act == "terminate":
        return request.reason
    return "" if request.act == "keep" else row["end_reason"]

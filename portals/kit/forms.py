"""A form as a page handles it: what was typed, what the gateway is asked with it, and what is wrong with it.

A page reads the fields, notes what it finds wrong itself, and sends. It gets what was made, or None: then the form holds
what was refused by field, the status of the answer, and whether a colleague was faster; the page shows it again with
`visit.page(template, form=form)`. Nothing is sent while something is wrong.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from litestar.status_codes import (
    HTTP_401_UNAUTHORIZED,
    HTTP_404_NOT_FOUND,
    HTTP_422_UNPROCESSABLE_ENTITY,
)

from portals.kit.formats import PARIS, AmountMalformed, parse_amount, parse_time, whole_number
from portals.kit.gateway import FieldError, GatewayProblem, GatewayUser, Json, Parameters
from portals.kit.i18n import Words
from portals.kit.originals import REVISION

_JUDGED_ONLY: Final = "judged_only"
"""A field that no body of the API has: with it a body is refused for certain, and what else is wrong with it is told."""

KEY: Final = "idempotency_key"
"""The hidden field with the key under which a form acts once, however often it is sent."""

_KEY_CHARACTERS_MAX: Final = 255
_REASON_CHARACTERS_MIN: Final = 3
"""The gateway asks for as much."""

Fresh = Callable[[], Awaitable[dict[str, Any]]]


class Stale(NamedTuple):
    """A form whose record somebody else changed after the page was opened: who did, and where to read it again."""

    who: str
    address: str


class Wording(NamedTuple):
    """How a form says what the gateway refused of its fields."""

    field_of: Callable[[str], str] = str
    """The form's name of a field of the API."""

    words: Mapping[str, str] = {}
    """The word of a field of the form, whatever is wrong with it, or of `field.code`."""

    codes: str = ""
    """What begins the words of errors by their codes: `contract.problem.`"""

    otherwise: str = ""
    """The word for anything else; without it the gateway's own sentence is shown."""

    def told(self, words: Words, error: FieldError, detail: str) -> str:
        """Return one refused field in words."""
        field = self.field_of(error.field)
        if error.code == "too_long" and error.detail:
            return (
                error.detail
            )  # A field's one word says what is missing from it, and here there is too much.
        key = self.words.get(f"{field}.{error.code}") or self.words.get(field)
        text = words.get(f"{self.codes}{error.code}", "") if self.codes else ""
        text = words(key) if key else text or (words(self.otherwise) if self.otherwise else "")
        if not text:
            return error.detail or detail
        return text.format(detail=error.detail) if "{detail}" in text else text


PLAIN: Final = Wording()


class Form:
    """The fields of one form, and what became of it."""

    def __init__(
        self, words: Words, gateway: GatewayUser, fields: dict[str, Any], sent: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._words = words
        self._gateway = gateway
        self.fields = fields
        self.sent = sent  # all fields in their order, those of one name too
        self.errors: dict[str, str] = {}
        self.stale: Stale | None = None
        self.problem: GatewayProblem | None = None
        self.status = 200
        self.is_orphan = False  # what it changes was deleted meanwhile

    def __getitem__(self, name: str) -> str:
        """Return what was typed into a field, without the space around it; empty for a field that was not sent."""
        return str(self.fields.get(name) or "").strip()

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def texts(self, *names: str, prefix: str = "") -> dict[str, str]:
        """Return some fields as a part of a body."""
        return {name: self[prefix + name] for name in names}

    def chosen(self, name: str, *, characters_max: int = 60, count_max: int = 200) -> list[str]:
        """Return every value that was chosen under one name."""
        return [value[:characters_max] for field, value in self.sent if field == name][:count_max]

    def choice(self, name: str, allowed: Sequence[str], otherwise: str = "") -> str:
        """Return one of the values that a field may have."""
        return self[name] if self[name] in allowed else otherwise

    @property
    def locale(self) -> str:
        """`fr` or `en`: of who typed it."""
        return self._words.locale

    @property
    def refused(self) -> bool:
        """Whether something is wrong with it, or it came too late."""
        return self.status != 200

    @property
    def key(self) -> str | None:
        """The key under which it acts once."""
        return self[KEY][:_KEY_CHARACTERS_MAX] or None

    @property
    def revision(self) -> Json:
        """The revision that it was made from, as a part of a body; nothing when it has none."""
        revision = whole_number(self["revision"], 16)
        return {} if revision is None else {"revision": revision}

    def error(self, field: str, word: str, **facts: object) -> None:
        """Note what is wrong with a field, by the key of its word."""
        self.say(field, self._words(word, **facts))

    def say(self, field: str, text: str) -> None:
        """Note what is wrong with a field, in words."""
        self.errors[field] = text
        self.status = 422

    def reason(self, name: str = "reason") -> str:
        """Return why somebody does something; one that is too short to say it is an error."""
        reason = self[name]
        if len(reason) < _REASON_CHARACTERS_MIN:
            self.error(name, "action.reason_short")
        return reason

    def amount(
        self, name: str, word: str = "action.amount_malformed", *, currency: str = "EUR"
    ) -> int | None:
        """Return minor units, None for an empty field; what is no amount is an error."""
        if not self[name]:
            return None
        try:
            return parse_amount(self[name], currency)
        except AmountMalformed:
            self.error(name, word)
            return None

    def late(self, record: str, *, by: str, at: str | None) -> None:
        """Note that somebody was faster, who and when, where the page finds it out itself."""
        moment = parse_time(at)
        self.status, self.fields = 409, {}
        self.stale = Stale(f"{by}, {moment.astimezone(PARIS):%d/%m %H:%M}" if moment else by, record)

    async def post(
        self,
        path: str,
        body: Json,
        *,
        wording: Wording = PLAIN,
        record: str = "",
        fresh: Fresh | None = None,
        step: str = "",
        keyed: bool = True,
        stays: bool = False,
        judged: bool = False,
    ) -> Json | None:
        """Ask for something to be done; return what came of it, None when it was refused or not sent.

        `record` is where to read again what a colleague changed meanwhile, `fresh` gives the fields of its newest
        state. `step` tells apart what one form asks in turn. Not `keyed`: it may be asked again with another body.
        `stays`: whatever is refused is said on the page. `judged`: where the page has found something wrong by itself,
        the gateway is asked what else is, so that whoever typed mends all of it at once.

        Raises: NothingToDo, GatewayDown; GatewayProblem where no field can mend it.
        """
        if self.refused:
            return await self._judge(self._gateway.post, path, body, wording) if judged else None
        asked = self._gateway.post(path, body, idempotency_key=self._key_of(step) if keyed else None)
        return await self._told(asked, wording, record, fresh, stays=stays)

    async def patch(
        self,
        path: str,
        body: Json,
        *,
        wording: Wording = PLAIN,
        record: str = "",
        fresh: Fresh | None = None,
        step: str = "",
        judged: bool = False,
    ) -> Json | None:
        """Change a record as it was when the form was made; otherwise as `post`."""
        if self.refused:
            return await self._judge(self._gateway.patch, path, body, wording) if judged else None
        asked = self._gateway.patch(path, {**body, **self.revision}, idempotency_key=self._key_of(step))
        return await self._told(asked, wording, record, fresh)

    async def save(
        self,
        path: str,
        record_id: str,
        body: Json,
        *,
        wording: Wording = PLAIN,
        record: str = "",
        fresh: Fresh | None = None,
        judged: bool = False,
    ) -> Json | None:
        """Change the record of this id, or make one where there is none yet.

        Where it was deleted meanwhile (`is_orphan`), what was typed may be kept as a new one.
        """
        if not record_id:
            return await self.post(path, body, wording=wording, judged=judged)
        try:
            return await self.patch(
                f"{path}/{record_id}", body, wording=wording, record=record, fresh=fresh, judged=judged
            )
        except GatewayProblem as problem:
            if problem.status != HTTP_404_NOT_FOUND:
                raise
        self.error("", "form.orphan")
        self.fields.pop(REVISION, None)
        self.is_orphan = True
        return None

    async def _judge(
        self, ask: Callable[[str, Json], Awaitable[Json]], path: str, body: Json, wording: Wording
    ) -> None:
        """Add what the gateway finds wrong to what the page has found, whose own words stand; nothing is done."""
        if self.status != HTTP_422_UNPROCESSABLE_ENTITY:
            return
        try:
            await ask(path, {**body, **self.revision, _JUDGED_ONLY: True})
        except GatewayProblem as problem:
            if problem.status == HTTP_401_UNAUTHORIZED:
                raise
            self.errors = {
                wording.field_of(error.field): wording.told(self._words, error, problem.detail)
                for error in problem.errors
                if error.field not in ("body", _JUDGED_ONLY)
            } | self.errors

    async def delete(self, path: str, *, wording: Wording = PLAIN) -> Json | None:
        """Delete a record; otherwise as `post`."""

        async def deleted() -> Json:
            await self._gateway.delete(path)
            return {}

        return None if self.refused else await self._told(deleted(), wording, "", None)

    async def upload(
        self, path: str, parameters: Parameters, content: bytes, *, wording: Wording = PLAIN
    ) -> Json | None:
        """Send a file; otherwise as `post`."""
        if self.refused:
            return None
        return await self._told(self._gateway.upload(path, parameters, content), wording, "", None)

    def _key_of(self, step: str) -> str | None:
        return f"{self.key}{step}" if self.key else None

    async def _told(
        self,
        asked: Awaitable[Json],
        wording: Wording,
        record: str,
        fresh: Fresh | None,
        *,
        stays: bool = False,
    ) -> Json | None:
        try:
            return await asked
        except GatewayProblem as problem:
            if problem.status == 401 or (problem.is_beyond_the_form and not stays):
                raise
            self.problem = problem
            self.status = 422
            if problem.code == "changed_meanwhile":
                self._late(problem, record)
                self.fields = await fresh() if fresh is not None else {}
            else:
                self.errors = {
                    wording.field_of(error.field): wording.told(self._words, error, problem.detail)
                    for error in problem.errors
                } or {"": problem.detail}
        return None

    def _late(self, problem: GatewayProblem, record: str) -> None:
        """Note that a colleague saved first: no field is wrong, and the page shows what they saved."""
        self.status = 409
        if record:
            self.stale = Stale(problem.errors[0].detail if problem.errors else "", record)
            return
        writers = {each.detail.partition(" : «")[0] for each in problem.errors if not each.detail.isdigit()}
        who = " ; ".join(sorted(filter(None, writers)))
        word = "form.conflict" if who else "form.conflict_unsaid"
        self.errors = {"": self._words(word, **({"who": who} if who else {}))}

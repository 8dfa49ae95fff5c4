"""One request as a page sees it: who asks, in which language and theme, the gateway as them, and how to answer."""

from __future__ import annotations

import binascii
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.status_codes import HTTP_404_NOT_FOUND

from observability.client_address import FORWARDED
from portals.kit import csrf
from portals.kit.above import Above
from portals.kit.closed_links import without_closed_links
from portals.kit.forms import Form
from portals.kit.gateway import GatewayProblem, GatewayUser
from portals.kit.i18n import Words, choose_locale
from portals.kit.kit import Kit
from portals.kit.legible import address_parts, local_path
from portals.kit.page_forms import PageForms
from portals.kit.sent_forms import STATE, RequestForm, SentForm, sent_form
from portals.kit.session import Session, seal_session, unseal_session
from portals.kit.ways_on import NOT_SEARCHED

THEMES = ("auto", "light", "dark")
ROW_HEIGHTS = ("24", "32", "40")
R = TypeVar("R")
_TOLD = "told"
_TOLD_S = 60
_TOLD_CHARACTERS_MAX = 2_000
_YEAR_S = 365 * 24 * 3600


class SessionNeeded(Exception):
    """The page is for people who are logged in; `return_to` is where to come back to."""

    def __init__(self, return_to: str, *, ended: bool) -> None:
        self.return_to = return_to
        self.ended = ended
        super().__init__("session needed")


class FactorNeeded(Exception):
    """The session may do nothing before its person has added a second factor."""


class FormForged(Exception):
    """A POST that does not come from a form of ours."""


class Visit:
    """The context of one request. Cookies set on it leave with the answer."""

    def __init__(self, request: Request[Any, Any, Any], kit: Kit) -> None:
        self.request = request
        self.kit = kit
        self._cookies: list[Cookie] = []
        self._own: RequestForm | None = None
        self.now = datetime.now(UTC)
        self.reference = str(request.scope.get("state", {}).get("reference", ""))

    @cached_property
    def visitor(self) -> Session | None:
        """Who asks, from the sealed cookie; None for somebody who is not logged in."""
        cookie = self.request.cookies.get(self.kit.cookie("session"))
        return unseal_session(self.kit.sealer, cookie, self.kit.face.session)

    @cached_property
    def words(self) -> Words:
        """Words in the language of this request."""
        return self.kit.words[
            choose_locale(
                cookie=self.request.cookies.get("guichet_language"),
                person=self.visitor.locale if self.visitor else None,
                accept_language=self.request.headers.get("accept-language"),
            )
        ]

    @property
    def locale(self) -> str:
        """`fr` or `en`."""
        return self.words.locale

    @cached_property
    def gateway(self) -> GatewayUser:
        """The gateway's API with the token of who asks, if any."""
        return self.kit.gateway.as_user(
            token=self.visitor.token if self.visitor else None, locale=self.locale, address=self.address
        )

    @property
    def session(self) -> Session:
        """Who asks, where the page is for those who are logged in. Raises: SessionNeeded, FactorNeeded."""
        if self.visitor is None:
            raise SessionNeeded(self.return_address(), ended=False)
        if self.visitor.enrolling and not self.request.url.path.startswith(self.kit.face.enrolment):
            raise FactorNeeded
        return self.visitor

    def may(self, right: str) -> bool:
        """Whether to offer what takes this right; core decides whether it is done."""
        return self.visitor is not None and right in self.visitor.permissions

    @property
    def wants_fragment(self) -> bool:
        """Whether a script asks for a part of a page (the side panel, a form's answer)."""
        return self.request.headers.get("hx-request") == "true"

    def return_address(self) -> str:
        """Return the page the user is on: to come back to after logging in."""
        if self.wants_fragment or self.request.method != "GET":
            address = self.request.headers.get("hx-current-url") or self.request.headers.get("referer") or "/"
            parts = address_parts(address)
            return self.local(f"{parts.path}?{parts.query}" if parts.query else parts.path)
        query = self.request.url.query
        return self.local(f"{self.request.url.path}?{query}" if query else self.request.url.path)

    def local(self, address: str | None) -> str:
        """Return a path of this portal, or `/` for anything that would lead elsewhere, and for the way in and out."""
        return local_path(address, self.kit.face.login)

    @property
    def address(self) -> str:
        """Where the browser is, as far as the portal can know."""
        client = self.request.client
        return self.kit.proxies.client_of(
            client.host if client else "", self.request.headers.getall(FORWARDED, [])
        )

    @property
    def browser(self) -> str:
        """What the browser calls itself, as text that a header can carry."""
        told = self.request.headers.get("user-agent", "")[:300]
        return "".join(letter for letter in told if " " <= letter <= "~")

    def filled(self, fields: dict[str, Any] | None = None) -> Form:
        """Return a form that was not sent yet, with what it shows at first."""
        return Form(self.words, self.gateway, fields or {})

    async def form(self) -> Form:
        """Return a genuine form with its fields as they were typed: how long one may be is the API's to say.

        Raises: FormForged.
        """
        sent = await self.request.form()
        items = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
        if self.sent is None:
            # Its page is not one of those that keep what was typed.
            self._own = RequestForm(self.kit, sent_form(self.request.url.path, "", "", items))
            self._own.is_ours = False
        fields = {name: value.strip("\x00") for name, value in sent.items() if isinstance(value, str)}
        genuine = csrf.is_genuine(
            self.kit.sealer,
            cookie=self.request.cookies.get(self.kit.cookie("csrf")),
            field=fields.get(csrf.FIELD),
            origin=self.request.headers.get("origin"),
            host=self.request.headers.get("host"),
        )
        if not genuine:
            raise FormForged
        return Form(self.words, self.gateway, fields, items)

    @property
    def sent(self) -> RequestForm | None:
        """The form that the request brings, if any."""
        return self.request.scope.get("state", {}).get(STATE) or self._own

    @cached_property
    def csrf_token(self) -> str:
        """What each form carries; the cookie behind it is made when missing."""
        name = self.kit.cookie("csrf")
        cookie = self.request.cookies.get(name)
        if not cookie:
            cookie = secrets.token_urlsafe(24)
            self._set(name, cookie)
        return csrf.form_token(self.kit.sealer, cookie)

    def preference(self, name: str, allowed: tuple[str, ...], otherwise: str) -> str:
        """Return a choice kept in the browser."""
        value = self.request.cookies.get(f"guichet_{name}", "")
        return value if value in allowed else otherwise

    def keep_preference(self, name: str, value: str) -> None:
        """Keep a choice in the browser for a year."""
        self._set(f"guichet_{name}", value, max_age_s=_YEAR_S)

    def open_session(self, session: Session, *, max_age_s: int | None = None) -> None:
        """Hand the browser its sealed session; it ends with the browser, or then, or with the gateway's."""
        self._set(self.kit.cookie("session"), seal_session(self.kit.sealer, session), max_age_s=max_age_s)

    def close_session(self) -> None:
        """Take the session back from the browser."""
        self._set(self.kit.cookie("session"), "", max_age_s=0)
        self._set(self.kit.cookie("csrf"), "", max_age_s=0)

    def keep_sealed(self, kind: str, content: bytes, *, max_age_s: int) -> None:
        """Let the browser keep something of ours that it can neither read nor alter."""
        sealed = self.kit.sealer.seal(kind, content)
        self._set(self.kit.cookie(kind), urlsafe_b64encode(sealed).decode(), max_age_s=max_age_s)

    def kept_sealed(self, kind: str) -> bytes | None:
        """Return what the browser keeps for us, None when it is not ours."""
        try:
            sealed = urlsafe_b64decode(self.request.cookies.get(self.kit.cookie(kind), ""))
        except (binascii.Error, ValueError):
            return None
        return self.kit.sealer.unseal(kind, sealed)

    def tell_next_page(self, text: str) -> None:
        """Have the page that the browser is sent to say one sentence, to whoever is here and to nobody after them."""
        to = self.visitor.person_id if self.visitor is not None else ""
        self.keep_sealed(_TOLD, f"{to}\n{text[:_TOLD_CHARACTERS_MAX]}".encode(), max_age_s=_TOLD_S)

    @property
    def _told(self) -> str:
        to, _, text = (self.kept_sealed(_TOLD) or b"").decode().partition("\n")
        here = self.visitor.person_id if self.visitor is not None else ""
        return text if to in ("", here) else ""

    def drop_sealed(self, kind: str) -> None:
        """Take it back from the browser."""
        self._set(self.kit.cookie(kind), "", max_age_s=0)

    def page(
        self, template: str, *, form: Form | None = None, status: int = 0, **facts: Any
    ) -> Response[bytes]:
        """Render a template as the answer, with a form's fields and what is wrong with them.

        `option_words`, among the facts: the words of options that a form of the page offers, for where it is gone.
        """
        if form is not None:
            facts |= {"form": form.fields, "errors": form.errors, "stale": form.stale}
        status = status or (form.status if form is not None else 200)
        told = self._told if status == 200 else ""
        above = Above(told, self.request.query_params.getall(NOT_SEARCHED, [])[:10])
        forms = self._forms(status, facts.get("errors"))
        text = self.render(template, answer_status=status, forms=forms, above=above, **facts)
        options: Mapping[str, str] = facts.get("option_words") or {}
        if self._is_left_over(forms, above, options, in_page=template.startswith("error")):
            forms = self._forms(status, facts.get("errors"))
            text = self.render(template, answer_status=status, forms=forms, above=above, **facts)
        if above.is_told:
            self.drop_sealed(_TOLD)
        return self.answer(Response(text.encode(), status_code=status, media_type=MediaType.HTML))

    @property
    def kept_words(self) -> str:
        """What is said of a form on a page that cannot show it again; nothing where none was sent."""
        sent = self.sent
        if sent is None or sent.kept or not sent.is_ours:
            return ""
        return self.words("kept.on_page" if sent.sealed else "kept.too_long")

    def _forms(self, status: int, errors: Mapping[str, str] | None) -> PageForms:
        sent = self.sent
        if sent is not None and sent.kept:
            if status == 200 and self._is_of_this_page(sent.form):
                return PageForms(sent.form.name, sent.form.fields, "kept")
        elif sent is not None and status >= 400:
            return PageForms(sent.form.name, sent.form.fields, "late" if status == 409 else "refused", errors)
        return PageForms(errors=errors)

    def _is_of_this_page(self, form: SentForm) -> bool:
        who = self.visitor.person_id if self.visitor else ""
        return bool(who) and form.agent == who and form.address.partition("?")[0] == self.request.url.path

    def _is_left_over(
        self, forms: PageForms, above: Above, options: Mapping[str, str], *, in_page: bool
    ) -> bool:
        """Note what has no place on the page, such as what was typed into a form that is not there any more."""
        sent = self.sent
        if forms.shown and sent is not None:
            sent.shown = True
        elif forms.how == "kept" and sent is not None:
            # Another mode of the same page may have no form; it may be opened yet.
            if sent.form.address == self.return_address():
                above.words, sent.shown = [options.get(word, word) for word in sent.form.words], True
        elif forms.how is not None and not in_page:
            above.errors = forms.errors
            if sent is not None and sent.is_ours and self._is_where_it_stood:
                # It is gone from its own page: what was typed is shown at once, not a way back to nothing.
                above.words, sent.shown = [options.get(word, word) for word in sent.form.words], True
            else:
                above.kept, above.back = self.kept_words, self.return_address()
        above.left = above.nowhere
        return bool(above.words or above.kept or above.left or above.errors)

    @property
    def _is_where_it_stood(self) -> bool:
        """Whether the answer to a form is the page that it was sent from, whose forms are sent below its address."""
        page = self.return_address().partition("?")[0]
        return page != "/" and self.request.url.path.startswith(f"{page}/")

    def render(self, template: str, **facts: Any) -> str:
        """Return a page, or a part of one, as text."""
        path = self.request.url.path
        around = {
            "locale": self.locale,
            "session": self.visitor,
            "may": self.may,
            "theme": self.preference("theme", THEMES, "auto"),
            "rows": self.preference("rows", ROW_HEIGHTS, "32"),
            "csrf": self.csrf_token,
            "path": path,
            "here": self.return_address(),
            "reference": self.reference,
            "nav": self.kit.face.pages.navigation(self.visitor.permissions if self.visitor else (), path),
            "fragment": self.wants_fragment,
            "heading": self._heading,
        }
        host = self.request.headers.get("host", "")
        text = self.kit.render(template, self.words, around | facts, now=self.now, host=host)
        if self.visitor is None:
            return text
        return without_closed_links(text, self.kit.face.pages, self.visitor.permissions)

    @property
    def _heading(self) -> str:
        """`h1` where a script puts a record in the place of itself on its own page; beside a list it stands lower."""
        here = self.return_address().partition("?")[0]
        is_own_page = here.count("/") > 1 and f"{self.request.url.path}/".startswith(f"{here}/")
        return "h1" if self.wants_fragment and is_own_page else ""

    def json(self, content: Any, *, status: int = 200) -> Response[Any]:
        """Answer a script of ours."""
        return self.answer(Response(content, status_code=status, media_type=MediaType.JSON))

    def go(self, address: str) -> Response[bytes]:
        """Send the browser to a page of ours, by GET."""
        return self.go_raw(self.local(address))

    def done(self, address: str, word: str, **facts: object) -> Response[bytes]:
        """Send the browser on after an act, to a page that says in one sentence what was done."""
        self.tell_next_page(self.words(word, **facts))
        return self.go(address)

    async def delete(self, path: str, address: str, word: str) -> Response[bytes]:
        """Delete something, then send the browser on, to a page that says so, or that it was gone already."""
        try:
            await self.gateway.delete(path)
        except GatewayProblem as problem:
            if problem.status != HTTP_404_NOT_FOUND:
                raise
            word = "done.gone_already"
        return self.done(address, word)

    def show_in(self, form_name: str) -> None:
        """Show what was sent in another form of the page: that of a new record, where its own is gone."""
        if self.sent is not None:
            self.sent.form.name = form_name

    def go_raw(self, path: str) -> Response[bytes]:
        """Send the browser to a path that the caller has checked to be ours."""
        location = quote(path, safe="/?&=%:+,.~_-")
        return self.answer(Response(b"", status_code=303, headers={"Location": location}))

    def go_log_in(self, return_to: str, *, ended: bool) -> Response[bytes]:
        """Send the browser to the login page, whichever way it asked."""
        self.close_session()
        address = f"{self.kit.face.login}?next={quote(return_to, safe='/')}" + ("&ended=1" if ended else "")
        if self.wants_fragment:
            return self.answer(Response(b"", status_code=200, headers={"HX-Redirect": address}))
        return self.go_raw(address)

    def answer(self, response: Response[R]) -> Response[R]:
        """Return `response` with the cookies that this request set."""
        response.cookies = [*response.cookies, *self._cookies]
        response.headers.setdefault("Vary", "HX-Request, Cookie")
        return response

    def _set(self, name: str, value: str, *, max_age_s: int | None = None) -> None:
        # Lax, not strict: a link in an e-mail must find the session, and must not replace the forgery cookie
        # that forms in other tabs rely on.
        self._cookies.append(
            Cookie(
                key=name,
                value=value,
                path="/",
                max_age=max_age_s,
                httponly=True,
                secure=self.kit.cookies_are_secure,
                samesite="lax",
            )
        )

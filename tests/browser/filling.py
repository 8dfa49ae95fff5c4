"""Fills the forms of a page in a browser as a person would, and reads what stands in them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Page

Content = dict[str, Any]

# Forms whose fields are secrets, or that hold nothing but a button.
_FORMS: Final = """() => [...document.querySelectorAll("form[method=post]")].map((form, number) => ({
  number, action: form.getAttribute("action") || location.pathname,
  hidden: [...form.querySelectorAll("input[type=hidden]")].map((one) => [one.name, one.value])
    .filter(([name]) => !["csrf", "page_of", "idempotency_key", "revision"].includes(name)),
  secret: !!form.querySelector("input[type=password], input[name=code]"),
  typed: [...form.elements].some((one) => one.name && (one.matches("textarea, select") ||
    one.matches("input") && !["hidden", "submit", "file"].includes(one.type))),
  files: form.enctype === "multipart/form-data", disabled: !!form.querySelector("fieldset:disabled"),
}))"""
_FILL: Final = """([number, mark]) => {
  const form = document.querySelectorAll("form[method=post]")[number];
  for (const field of form.elements) {
    if (!field.name || field.matches("[type=hidden], [type=file], button, fieldset") || field.disabled) continue;
    if (field.matches("select")) field.selectedIndex = field.options.length - 1;
    else if (field.type === "checkbox") field.checked = !field.checked;
    else if (field.type === "radio") { if (field.value === [...form.elements].filter((one) => one.name === field.name).at(-1).value) field.checked = true; }
    else if (field.type === "date") field.value = "2031-07-14";
    else if (field.type === "datetime-local") field.value = "2031-07-14T08:30";
    else if (field.type === "time") field.value = "08:30";
    else field.value = (mark + field.name).slice(0, field.maxLength > 0 ? field.maxLength : 40);
    field.dispatchEvent(new Event("input", {bubbles: true}));
    field.dispatchEvent(new Event("change", {bubbles: true}));
  }
}"""
_READ: Final = """(number) => Object.fromEntries(
  [...document.querySelectorAll("form[method=post]")[number].elements]
    .filter((field) => field.name && !field.matches("[type=hidden], [type=file], button, fieldset"))
    .map((field) => ["checkbox", "radio"].includes(field.type) ? [`${field.name}=${field.value}`, field.checked]
      : [field.name, field.value]))"""
_SEND: Final = """([number, button]) => {
  const form = document.querySelectorAll("form[method=post]")[number];
  for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  form.noValidate = true;
  form.requestSubmit(form.querySelectorAll("button:not([type=button]):not(:disabled)")[button]);
}"""

_SPOIL: Final = (
    "(number) => { document.querySelectorAll('form[method=post]')[number].elements.csrf.value = 'old'; }"
)
_ID: Final = re.compile(r"[a-z]{3}_[0-9a-z]{20,}|[0-9A-Z]{11}")


async def forms_of(page: Page) -> list[Content]:
    """Return the forms of the page in which a person types, but those of secrets."""
    found: list[Content] = await page.evaluate(_FORMS)
    return [
        form
        for form in found
        if form["typed"] and not form["secret"] and not form["disabled"] and form["action"] != "/preferences"
    ]


async def fill(page: Page, number: int, mark: str = "zz ") -> Content:
    """Type into every field of the form and return what stands in them then."""
    await page.evaluate(_FILL, [number, mark])
    return await read(page, number)


async def read(page: Page, number: int) -> Content:
    """Return what stands in the fields of the form."""
    return await page.evaluate(_READ, number)


async def number_of(page: Page, form: Content) -> int | None:
    """Return which form of the page that stands open is this one."""
    same = [
        one["number"]
        for one in await page.evaluate(_FORMS)
        if one["action"] == form["action"] and one["hidden"] == form["hidden"]
    ]
    return same[0] if same else None


async def send(page: Page, number: int, button: int = 0) -> None:
    """Press a button of the form and wait for the page that answers."""
    async with page.expect_navigation():
        await page.evaluate(_SEND, [number, button])


def lost(typed: Content, shown: Content) -> list[str]:
    """Return which fields do not hold what was typed."""
    return [
        f"{name}: typed {value!r}, shown {shown.get(name)!r}"
        for name, value in typed.items()
        if str(shown.get(name)).replace("\r\n", "\n") != str(value)
    ]


class Filler:
    """Fills every form of the pages it is shown and provokes refusals; notes what was lost."""

    def __init__(self, page: Page, session_cookie: re.Pattern[str]) -> None:
        self._page = page
        self._session_cookie = session_cookie
        self._kinds: set[str] = set()
        self.tried = 0
        self.findings: list[str] = []

    async def each_form_of(self, address: str) -> list[Content]:
        """Open the page and return its forms of kinds that were not met yet."""
        await self._page.goto(address)
        fresh: list[Content] = []
        for form in await forms_of(self._page):
            kind = _ID.sub("*", f"{urlsplit(address).path} {form['action']} {form['hidden']}")
            if kind not in self._kinds:
                self._kinds.add(kind)
                fresh.append(form)
        return fresh

    async def try_refusals(self, address: str) -> None:
        """Send each form when the session has ended, with an old token, and with what no field takes."""
        for form in await self.each_form_of(address):
            await self._try(address, form, "session ended", self._without_session)
            await self._try(address, form, "old token", self._with_old_token)
            await self._try(address, form, "refused", self._with_too_little, mark="z\u2009")

    async def try_leaving(self, address: str) -> None:
        """Leave each form by a link, and by the form of preferences that stands on every page, and come back to it."""
        for form in await self.each_form_of(address):
            await self._try(address, form, "left by a link", self._by_a_link)
            await self._try(address, form, "language changed", self._by_the_language)

    async def _try(
        self,
        address: str,
        form: Content,
        name: str,
        provoke: Callable[[str, int], Awaitable[bool]],
        mark: str = "Zoé ",
    ) -> None:
        await self._page.goto(address)
        number = await number_of(self._page, form)
        if number is None:
            # An act before this one moved the record on.
            return
        typed = await fill(self._page, number, mark)
        self.tried += 1
        if not await provoke(address, number):
            return
        number = await number_of(self._page, form)
        if number is None:
            self.findings.append(f"{address} {form['action']}, {name}: no form on {self._page.url}")
            return
        gone = lost(typed, await read(self._page, number))
        self.findings += [f"{address} {form['action']}, {name}: {one}" for one in gone]

    async def _without_session(self, address: str, number: int) -> bool:
        kept = [
            one
            for one in await self._page.context.cookies()
            if self._session_cookie.match(one.get("name", ""))
        ]
        await self._page.context.clear_cookies(name=self._session_cookie)
        await send(self._page, number)
        assert "/login" in self._page.url
        await self._page.context.add_cookies([{**one} for one in kept])  # pyright: ignore[reportArgumentType]
        await self._page.goto(address)
        return True

    async def _with_old_token(self, address: str, number: int) -> bool:
        await self._page.evaluate(_SPOIL, number)
        await send(self._page, number)
        await self._page.goto(address)
        return True

    async def _with_too_little(self, address: str, number: int) -> bool:
        await send(self._page, number)
        if int(await self._page.evaluate("document.body.dataset.status")) < 400:
            return False
        if urlsplit(self._page.url).path == "/views":
            # Its form stands on the list, where the link of the page leads back to.
            await self._page.goto(address)
        return True

    async def _by_a_link(self, address: str, _: int) -> bool:
        await self._page.goto("/notices")
        await self._page.goto(address)
        return True

    async def _by_the_language(self, _: str, __: int) -> bool:
        async with self._page.expect_navigation():
            await self._page.evaluate(
                "document.querySelector('form[action=\"/preferences\"] [name=rows][aria-current]').click()"
            )
        return True

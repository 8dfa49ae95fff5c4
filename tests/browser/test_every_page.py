"""Every page of the desk, found in its route table: accessible, fits a phone, light and dark, French and English.

Pages are found as an agent finds them: by the links on other pages. A route that no link leads to fails by name, and
so does a link that leads nowhere.
"""

from __future__ import annotations

import asyncio
import html
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import msgspec
import pytest
from litestar.routes import HTTPRoute
from playwright.async_api import APIRequestContext, Browser, Page, StorageState

from deploy.cli.common import Common
from deploy.cli.exchange import Where, session
from deploy.local.postgres import OWNER_ROLE
from deploy.local.stack import LocalStack
from deploy.sandbox.simulators.cards import card_named
from portals.agent.app import compose, make_kit
from portals.assets.build import build
from portals.kit.i18n import load_words
from portals.kit.settings import settings_from
from tests.browser.accessibility import barriers
from tests.browser.conftest import log_in
from tests.browser.filling import Filler
from tests.support.wording import ALIKE, WRITTEN, WRITTEN_TWICE, Wording

AGENT: Final = "admin@guichet.example"
OTHERS: Final = tuple(
    f"{name}@guichet.example"
    for name in ("hotline", "technicien", "vendeur", "commercial", "juridique", "backoffice", "superviseur")
)
NO_PAGES: Final = {
    "/static/{name}": "files of the pages",
    "/health/live": "for the supervisor",
    "/health/ready": "for the supervisor",
    "/metrics": "for Prometheus",
    "/brand/style.css": "a style sheet",
    "/brand/logo": "a picture",
    "/session": "JSON for a script that asks whether the session stands",
    "/contacts/{contact_id}/remove": "asks whose it is, and leads there",
    "/services": "leads to the stores",
    "/login/sign-on": "leads to the identity provider",
    "/login/sign-on/back": "comes back from the identity provider",
    "/live": "a stream of events",
    "/live/conversation": "a stream of what is said",
    "/counters": "a part of the list of transactions",
    "/transactions/recent": "rows for a live list that lost its place",
    "/transactions/{transaction_id}/progress": "a part of a transaction's page",
    "/search/suggestions": "a part of the header",
    "/notices/bell": "a part of the header",
    "/exports/{export_id}/download": "a file",
    "/mail/previews/html": "a mail, in a frame of the page of previews",
    "/journals/{subject_id}/export": "a file",
    "/contracts/{contract_id}/preview": "a PDF",
    "/documents/{document_id}": "a PDF",
    "/onboarding/{file_id}/attached/{kind}": "a file",
    "/webhooks/deliveries/{delivery_id}": "what is sent to a merchant's program, and nothing is in the demonstration",
}
LOG_IN_PAGES: Final = ("/login", "/login/second")
LOOKS: Final = [(1440, "light", "fr"), (360, "dark", "en")]
PARTS: Final = 6
LOOK_NAMES: Final = ["-".join(map(str, look)) for look in LOOKS]
# Values of these parameters are pages of their own; of any other, one record stands for all.
_TELLING: Final = ("kind", "step", "act")
# What a link opens within its page, a form or a side panel, is looked at as well.
_MODES: Final = ("open", "edit", "editing", "add", "amend", "new", "create", "write")
_RECORDS_READ_OF_EACH: Final = 8
_LINK = re.compile(r'<a\b[^>]*?\shref="(/[^"#]*)')
# What the browser shows of a page, and whether it fits.
_SHOWN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (!node.parentElement.closest("code, script, style, textarea, svg")) texts.push(node.data);
  for (const element of document.querySelectorAll("[title], [aria-label], [placeholder]"))
    for (const name of ["title", "aria-label", "placeholder"]) texts.push(element.getAttribute(name) || "");
  return {
    texts: texts, lang: document.documentElement.lang, headings: document.querySelectorAll("h1").length,
    over: document.documentElement.scrollWidth - innerWidth,
  };
}"""
_CODE = re.compile(r"(?<![\w@./-])[a-z]+(?:_[a-z0-9]+)+(?![\w@])")
_KEY = re.compile(r"(?<![\w@/{-])([a-z]+[a-z_]*)(?:\.[a-z_0-9]+)+(?![\w@])")
_KEYS: Final = load_words()["fr"].keys()
_WORD_GROUPS: Final = frozenset(key.split(".")[0] for key in _KEYS)
_MAIL_S: Final = 30.0


@dataclass
class Site:
    """What following every link found: an address for each page, and links that lead nowhere."""

    pages: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def routes_by_get(folder: Path) -> list[HTTPRoute]:
    """Return the routes of the portal that answer a GET."""
    settings = msgspec.structs.replace(settings_from(os.environ), secret_file=folder / "secret")
    table = compose(make_kit(settings)).routes
    return [route for route in table if isinstance(route, HTTPRoute) and "GET" in route.methods]


class Explorer:
    """Follows links by plain GET, as somebody who may see everything."""

    def __init__(self, routes: list[HTTPRoute], request: APIRequestContext, url: str) -> None:
        # A route without parameters goes before one that would take its last word as a parameter.
        ordered = sorted(routes, key=lambda route: len(route.path_parameters))
        self._routes = [(route.path_format, _pattern(route)) for route in ordered]
        self._request = request
        self._url = url

    async def explore(self, *first: str) -> Site:
        """Return the site as its links show it, from these addresses on."""
        site = Site()
        waiting, seen, read = [*first], {*first}, dict[str, int]()
        for address in waiting:
            template, key = self.key_of(address)
            if template is None:
                site.broken.append(f"{address}: no such page")
                continue
            read[key] = read.get(key, 0) + 1
            if not self._is_page(template) or read[key] > _RECORDS_READ_OF_EACH:
                continue
            answer = await self._request.get(self._url + address, max_redirects=0)
            if answer.status != 200:
                site.broken.append(f"{address}: answers {answer.status}")
                continue
            site.pages.setdefault(key, address)
            for link in _LINK.findall(await answer.text()):
                found = html.unescape(link)
                if found not in seen and not found.startswith(("/logout", "/login")):
                    seen.add(found)
                    waiting.append(found)
        return site

    def key_of(self, address: str) -> tuple[str | None, str]:
        """Return the route of an address, and the page it stands for: the route, telling values, the mode."""
        parts = urlsplit(address)
        for path, pattern in self._routes:
            if match := pattern.fullmatch(parts.path):
                telling = [value for name, value in match.groupdict().items() if name in _TELLING]
                modes = sorted({name for name, _ in parse_qsl(parts.query) if name in _MODES})
                return path, " ".join([path, *telling, *modes])
        return None, ""

    @staticmethod
    def _is_page(template: str) -> bool:
        return template not in NO_PAGES and template not in LOG_IN_PAGES


def _pattern(route: HTTPRoute) -> re.Pattern[str]:
    parts = [
        re.escape(part) if isinstance(part, str) else f"(?P<{part.name}>[^/]+)"
        for part in route.path_components
    ]
    return re.compile("/" + "/".join(parts))


async def findings_of(page: Page, *, locale: str) -> list[str]:
    """Return what is wrong with the page that stands open."""
    wrong = await barriers(page)
    shown: dict[str, Any] = await page.evaluate(_SHOWN)
    if shown["lang"] != locale:
        wrong.append(f"is said to be in {shown['lang']!r}")
    if shown["over"] > 0:
        wrong.append(f"is {shown['over']} px wider than the screen")
    if shown["headings"] != 1:
        wrong.append(f"has {shown['headings']} first headings")
    codes = {code for text in shown["texts"] for code in raw_codes(text)}
    return [*wrong, *(f"shows the code {code}" for code in sorted(codes))]


def raw_codes(text: str) -> list[str]:
    """Return the codes and keys of words in a text that a person reads."""
    keys = [match.group() for match in _KEY.finditer(text) if match.group(1) in _WORD_GROUPS]
    return [*keys, *_CODE.findall(text)]


class Look:
    """One page of a browser that looks at everything in one width, scheme and language, and notes what is wrong."""

    def __init__(self, page: Page, locale: str) -> None:
        self.page = page
        self._locale = locale
        self._complaints: list[str] = []
        self.findings: list[str] = []
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self._complaints.append(f"{message.text} {message.location}")
                if message.type == "error"
                else None
            ),
        )

    async def at(self, address: str) -> None:
        """Open an address and look."""
        self._complaints.clear()
        answer = await self.page.goto(address)
        if answer is None or answer.status != 200:
            self.findings.append(f"{address} answers {answer and answer.status}")
        await self.here(address)

    async def here(self, name: str) -> None:
        """Look at the page that stands open."""
        wrong = [*await findings_of(self.page, locale=self._locale), *self._complaints]
        self.findings += [f"{name}: {one}" for one in wrong]


@asynccontextmanager
async def looking(
    browser: Browser, stack: LocalStack, look: tuple[int, str, str], state: StorageState | None = None
) -> AsyncIterator[Look]:
    """Open a window of that look."""
    width, scheme, locale = look
    url = f"http://{stack.address('portal')}"
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        base_url=url,
        storage_state=state,
    )
    await context.add_cookies([{"name": "guichet_language", "value": locale, "url": url}])
    yield Look(await context.new_page(), locale)
    await context.close()


@pytest.fixture(scope="module")
async def stack(short_folder: Path) -> AsyncIterator[LocalStack]:
    """Everything that `guichet up` starts, but the fleet; a payment passed and another was declined."""
    build()
    async with LocalStack(short_folder / "pages", log_level="warning") as running:
        async with session(Common(data=running.data_dir), Where(terminal="T0000001")) as terminal:
            for name in ("approve-visa", "insufficient-funds"):
                card = card_named(name)
                await terminal.pay(card.pan, 42_50, partial_ok=True, expiry=card.expiry)
        yield running


@pytest.fixture(scope="module")
async def logged_in(stack: LocalStack, browser: Browser) -> StorageState:
    """The cookies of an administrator, who may open everything."""
    url = f"http://{stack.address('portal')}"
    context = await browser.new_context(base_url=url)
    await log_in(await context.new_page(), url, email=AGENT, password=_password(stack))
    state = await context.storage_state()
    await context.close()
    return state


@pytest.fixture(scope="module")
async def invitation(stack: LocalStack, browser: Browser, logged_in: StorageState) -> str:
    """The path that an invited agent was sent by mail."""
    async with looking(browser, stack, LOOKS[0], logged_in) as look:
        await invite(look.page)
    for _ in range(int(_MAIL_S / 0.2)):
        if found := _link_in_mail(stack):
            return found
        await asyncio.sleep(0.2)
    raise TimeoutError(f"no invitation was sent within {_MAIL_S} s")


async def invite(page: Page) -> None:
    """Invite an agent by the form."""
    await page.goto("/agents/invite")
    await page.fill("#f-email", "nouvelle@guichet.example")
    await page.fill("#f-name", "Apolline Desbordes-Kerguelen")
    await page.select_option("#f-role", "hotline")
    await page.click("form.stack button.primary")
    await page.wait_for_url("**/agents/agt_*")


@pytest.fixture(scope="module")
async def site(stack: LocalStack, browser: Browser, logged_in: StorageState, invitation: str) -> Site:
    """Every page that links lead to from the home page, and the one that a mail leads to."""
    async with looking(browser, stack, LOOKS[0], logged_in) as look:
        routes = routes_by_get(stack.data_dir)
        url = f"http://{stack.address('portal')}"
        return await Explorer(routes, look.page.request, url).explore("/", "/search?q=Ondine", invitation)


def test_every_route_is_a_page_that_links_lead_to_or_is_named_as_none(stack: LocalStack, site: Site) -> None:
    found = {key.split(" ")[0] for key in site.pages}
    routes = {route.path_format for route in routes_by_get(stack.data_dir)}
    assert routes - found - {*NO_PAGES} - {*LOG_IN_PAGES} == set()
    assert {*NO_PAGES} - routes == set()


def test_every_link_leads_to_a_page(site: Site) -> None:
    assert site.broken == []


@pytest.mark.parametrize("look", LOOKS, ids=LOOK_NAMES)
async def test_every_page_is_accessible_fits_and_speaks_its_language_in_one_look(
    stack: LocalStack, browser: Browser, logged_in: StorageState, site: Site, look: tuple[int, str, str]
) -> None:
    """Each page in one of the looks, in turn; every page in every look is `make pages`."""
    pages = list(site.pages.values())[LOOKS.index(look) :: len(LOOKS)]
    assert await findings_in(stack, browser, logged_in, look, pages) == []


@pytest.mark.pages_long
@pytest.mark.parametrize("look", LOOKS, ids=LOOK_NAMES)
async def test_every_page_is_accessible_fits_and_speaks_its_language(
    stack: LocalStack, browser: Browser, logged_in: StorageState, site: Site, look: tuple[int, str, str]
) -> None:
    assert await findings_in(stack, browser, logged_in, look, list(site.pages.values())) == []


@pytest.mark.parametrize(
    "email",
    [AGENT, *(pytest.param(email, marks=pytest.mark.pages_long) for email in OTHERS)],
)
async def test_every_page_says_all_its_own_words_in_the_language_of_the_reader(
    stack: LocalStack, browser: Browser, site: Site, email: str
) -> None:
    """Without a browser's help: whatever stands in the page, also what is folded or read out."""
    wording = {locale: await wording_of(stack, locale) for locale in ("fr", "en")}
    url = f"http://{stack.address('portal')}"
    async with looking(browser, stack, LOOKS[0]) as agent:
        await log_in(agent.page, url, email=email, password=_password(stack))
        state = await agent.page.context.storage_state()
    wrong: dict[str, str] = {}
    read = 0
    async with (
        looking(browser, stack, (1440, "light", "fr"), state) as french,
        looking(browser, stack, (1440, "light", "en"), state) as english,
    ):
        for address in site.pages.values():
            answers = [await one.page.request.get(url + address) for one in (french, english)]
            pages = [await answer.text() for answer in answers]
            read += answers[0].status == 200
            findings = [
                *wording["fr"].findings("fr", pages[0]),
                *wording["en"].findings("en", pages[1]),
                *wording["fr"].alike(*pages),
            ]
            for finding in findings:
                wrong.setdefault(finding, address)
    assert wrong == {}
    assert read > 10


async def wording_of(stack: LocalStack, locale: str) -> Wording:
    """Return what tells words of ours from the names and texts that stand in the database."""
    connection = await asyncpg.connect(stack.database_url(OWNER_ROLE))
    names = [*WRITTEN, *(f"{column}_{locale}" for column in WRITTEN_TWICE)]
    data: list[str] = []
    for table, column in (name.split(".") for name in names):
        rows = await connection.fetch(
            f"SELECT DISTINCT {column}::text FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608
        )
        data += [row[0] for row in rows]
    rows = await connection.fetch(
        "SELECT DISTINCT value #>> '{}' FROM onboarding,"
        """ jsonb_path_query(answers, '$.** ? (@.type() == "string")') AS value"""
        " UNION SELECT DISTINCT signature ->> 'role' FROM contract_version WHERE signature IS NOT NULL"
    )
    data += [row[0] for row in rows if row[0] is not None]
    await connection.close()
    words = load_words()[locale]
    for group in ("region", "service", "brand", "language"):
        data += words.under(group).values()
    return Wording(data, alike=ALIKE)


async def findings_in(
    stack: LocalStack,
    browser: Browser,
    logged_in: StorageState,
    look: tuple[int, str, str],
    pages: list[str],
) -> list[str]:
    """Return what is wrong with the pages, and with those before the log in."""
    async with looking(browser, stack, look) as newcomer:
        await newcomer.at("/login")
        await newcomer.page.fill("#f-email", AGENT)
        await newcomer.page.fill("#f-password", _password(stack))
        await newcomer.page.click("form.stack button")
        await newcomer.page.wait_for_selector("#f-code")
        await newcomer.here("/login/second")
    async with looking(browser, stack, look, logged_in) as agent:
        for address in pages:
            await agent.at(address)
    return newcomer.findings + agent.findings


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.pages_long
async def test_no_form_loses_what_was_typed(
    stack: LocalStack, browser: Browser, logged_in: StorageState, site: Site, part: int
) -> None:
    """Every form of every page; one part of the pages, the first, is tried in each run of the tests."""
    await try_every_form(stack, browser, logged_in, list(site.pages.values())[part::PARTS])


async def test_no_form_of_some_pages_loses_what_was_typed(
    stack: LocalStack, browser: Browser, logged_in: StorageState, site: Site
) -> None:
    await try_every_form(stack, browser, logged_in, list(site.pages.values())[::PARTS])


async def try_every_form(stack: LocalStack, browser: Browser, state: StorageState, pages: list[str]) -> None:
    """Refuse each form of these pages in every way, without scripts; then leave each, with scripts."""
    async with filler(browser, stack, state, scripts=False) as without_scripts:
        for address in pages:
            await without_scripts.try_refusals(address)
    async with filler(browser, stack, state, scripts=True) as someone:
        for address in pages:
            await someone.try_leaving(address)
    assert without_scripts.findings + someone.findings == []
    assert min(without_scripts.tried, someone.tried) > 0


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
async def test_an_act_on_a_draft_of_fees_takes_the_figures_that_stand_on_the_page(
    stack: LocalStack, browser: Browser, logged_in: StorageState, scripts: bool
) -> None:
    context = await browser.new_context(
        base_url=f"http://{stack.address('portal')}", storage_state=logged_in, java_script_enabled=scripts
    )
    page = await context.new_page()
    await page.goto("/fees/new")
    await page.fill("#f-name", f"Grille {scripts}")
    await page.fill("[name='r0.rate']", "0,50")
    await page.click("form.stack button.primary")
    await page.click("ul.related a")
    await page.fill("[name='r0.rate']", "1,23")
    await page.click("button[value=submit]")
    assert "1,23" in await page.locator("section:has(> h2:text-is('Lignes')) table").inner_text()
    assert await page.locator("button[value=submit]").count() == 0
    await context.close()


async def test_what_one_agent_typed_is_not_shown_to_another(
    stack: LocalStack, browser: Browser, logged_in: StorageState
) -> None:
    url = f"http://{stack.address('portal')}"
    context = await browser.new_context(base_url=url, storage_state=logged_in, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/alerts/rules/new")
    await page.fill("#f-name", "Mot de Nadia")
    await page.context.clear_cookies(name=re.compile("guichet_agent_session"))
    await page.click("button[value=save]")
    await log_in(page, url, email="superviseur@guichet.example", password=_password(stack))
    await page.goto("/alerts/rules/new")
    assert await page.input_value("#f-name") == ""
    await context.close()


@asynccontextmanager
async def filler(
    browser: Browser, stack: LocalStack, state: StorageState, *, scripts: bool
) -> AsyncIterator[Filler]:
    """Open a window in which every form is filled."""
    url = f"http://{stack.address('portal')}"
    context = await browser.new_context(base_url=url, storage_state=state, java_script_enabled=scripts)
    yield Filler(await context.new_page(), re.compile("guichet_agent_session"))
    await context.close()


def test_a_code_shown_to_people_is_noticed() -> None:
    assert raw_codes("État : partially_approved (home.none.other)") == [
        "home.none.other",
        "partially_approved",
    ]
    assert (
        raw_codes("hotline@guichet.example, https://guichet.example/a_b {contract.made_on}, 1.2.3, state.")
        == []
    )


def _password(stack: LocalStack) -> str:
    return (stack.data_dir / "secrets" / "demo-password").read_text().strip()


def _link_in_mail(stack: LocalStack) -> str | None:
    for file in stack.data_dir.rglob("*.eml"):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        if match := re.search(r"/invitation/[\w.-]+", body.get_content() if body else ""):
            return match.group()
    return None

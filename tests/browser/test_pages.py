"""Every page, narrow and wide, light and dark, French and English: accessible, light, no sideways scroll."""

from __future__ import annotations

import gzip

import pytest

from portals.assets.build import DIST, build
from tests.browser.accessibility import barriers
from tests.browser.conftest import OpenPage, Portal
from tests.browser.invented import identifier

PATHS = {
    "login": "/login?ended=1",
    "home": "/",
    "transactions": "/transactions",
    "panel": "/transactions?open={declined}",
    "history": "/transactions?period=7d&state=declined&state=unknown",
    "declined": "/transactions/{declined}",
    "unknown": "/transactions/{unknown}",
    "captured": "/transactions/{captured}",
    "terminals": "/terminals",
    "terminal": f"/terminals/{identifier('ter', 3)}",
    "stores": "/stores",
    "store": f"/stores/{identifier('sto', 3)}",
    "blocks": "/blocks?all=1",
    "search": "/search?q=zzz",
    "missing": "/nulle-part",
}
HTML_BYTES_MAX = 60 * 1024
CODE_BYTES_MAX = 200 * 1024
LOOKS = [(1440, False, "fr"), (360, True, "en")]


@pytest.mark.parametrize(("width", "dark", "locale"), LOOKS, ids=["wide-light-fr", "narrow-dark-en"])
@pytest.mark.parametrize("name", PATHS)
async def test_a_page_is_accessible_light_and_fits(
    open_page: OpenPage, portal: Portal, name: str, width: int, dark: bool, locale: str
) -> None:
    keys = {
        state: (await portal.control(pay=state))["paid"]["id"]
        for state in ("declined", "unknown", "captured")
    }
    page = await open_page(
        PATHS[name].format(**keys), width=width, dark=dark, locale=locale, anonymous=name == "login"
    )
    await page.wait_for_timeout(300)
    assert await barriers(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    answer = await page.request.get(page.url)
    assert len(await answer.body()) < HTML_BYTES_MAX


async def test_a_very_wide_screen_and_open_menus_stay_accessible(open_page: OpenPage) -> None:
    page = await open_page("/transactions", width=2560, height=1300)
    menus = await page.locator(".tools .menu > summary").all()
    assert len(menus) == 2, "how it is shown, and the account"
    for menu in menus:
        await menu.click()
        assert await barriers(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await page.wait_for_selector("dialog[open]")
    assert await barriers(page) == []


def test_style_and_scripts_stay_light_once_compressed() -> None:
    build()
    total = sum(
        len(gzip.compress(file.read_bytes())) for file in DIST.iterdir() if file.suffix in (".js", ".css")
    )
    assert total < CODE_BYTES_MAX


async def test_headers_are_strict_and_assets_are_kept_for_good(open_page: OpenPage, portal: Portal) -> None:
    page = await open_page("/transactions")
    answer = await page.request.get(page.url)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    body = await answer.text()
    assert " style=" not in body
    assert " onclick=" not in body
    style = await page.get_attribute("link[rel=stylesheet]", "href")
    asset = await page.request.get(f"{portal.url}{style}")
    assert "immutable" in asset.headers["cache-control"]
    cookies = await page.context.cookies()
    session = next(cookie for cookie in cookies if "_session_" in cookie.get("name", ""))
    assert session.get("httpOnly") is True
    assert "tok-stand-in" not in str(cookies)

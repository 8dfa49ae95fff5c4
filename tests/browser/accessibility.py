"""What axe finds on the page that stands open."""

from __future__ import annotations

from typing import Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

_AXE: Final = Axe()
# Only what counts crosses over from the browser: the whole answer of axe is a megabyte a page. Style sheets and media
# are not fetched again, which only a rule that is off by default and one for players of sound would need.
_SERIOUS: Final = """() => axe.run({resultTypes: ["violations"], preload: false}).then((answer) => answer.violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .map((one) => `axe ${one.id}: ${one.nodes[0].target} ${one.nodes[0].failureSummary}`))"""


async def barriers(page: Page) -> list[str]:
    """Return what keeps people from using the page, by the rules that axe calls serious or critical."""
    await page.evaluate(_AXE.axe_script)
    return await page.evaluate(_SERIOUS)

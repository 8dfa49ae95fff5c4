"""When the largest thing of each page was painted, as Chromium tells it: noted and shown, never judged."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.async_api import Page

PAINTED: Final = """new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.largestPaintMs = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });"""
"""For every document of a context, before anything of it is read. Source: W3C, Largest Contentful Paint."""


class Paints:
    """Milliseconds from the request of each page to its largest paint."""

    def __init__(self) -> None:
        self._at_ms: dict[str, float] = {}

    async def note(self, page: Page, name: str) -> None:
        """Note that of the page that stands open, if it has told."""
        at_ms = await page.evaluate("window.largestPaintMs ?? null")
        if at_ms is not None:
            self._at_ms[name] = float(at_ms)

    def show(self, config: pytest.Config, title: str) -> None:
        """Write the figures where whoever runs the tests reads them, the slowest first."""
        writer = config.get_terminal_writer()
        writer.line(f"\n{title}, ms")
        for name, at_ms in sorted(self._at_ms.items(), key=lambda each: -each[1]):
            writer.line(f"{at_ms:8.0f}  {name}")

"""Looking at mails to customers: rendered as they leave, of purchases that are invented."""

import asyncpg

from core.contracts.order_mails import OrderMailPreview, PreviewOrderMail
from core.identity.api import SignedIn
from core.notifications.api import render_mail
from core.runtime.manifest import ContactLines
from core.schedules.notices.samples import letter_like
from core.values.clock import Clock


class OrderMailHandlers:
    """Operations on mails of purchases. `space_url`: where the customers' space is."""

    def __init__(
        self, pool: asyncpg.Pool, clock: Clock, space_url: str, contact_lines: ContactLines | None
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._contact_lines = contact_lines
        self._space_url = space_url.rstrip("/")

    async def preview(self, _caller: SignedIn, request: PreviewOrderMail) -> OrderMailPreview:
        """Return a mail in both of its forms."""
        letter = letter_like(request.template, request.sample, request.language)
        words = await render_mail(
            self._pool,
            letter.template,
            dict(letter.facts),
            locale=request.language,
            own_url=self._space_url,
            contact_lines=self._contact_lines,
            now=self._clock.now(),
        )
        return OrderMailPreview(
            template=request.template,
            language=request.language,
            sample=request.sample,
            subject=words.subject,
            text=words.text,
            html=words.html,
        )

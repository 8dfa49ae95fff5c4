"""What lives as long as a portal: words, templates, assets, secret, gateway."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from observability.admission import Admission
from observability.client_address import TrustedProxies
from portals.kit import formats, pills
from portals.kit.above import Above
from portals.kit.brands import Brands
from portals.kit.face import Face
from portals.kit.forms import KEY
from portals.kit.gateway import LIVE_CONNECTIONS_MAX, Gateway, Json
from portals.kit.i18n import Words, french_typography, load_words
from portals.kit.metrics import PortalMetrics
from portals.kit.page_forms import PageForms
from portals.kit.sealing import Sealer
from portals.kit.static import Assets
from portals.kit.streams import OpenStreams

LIVE_PATH = "/live"
TALK_PATHS = ("/live/conversation", "/contact/chat/live")
"""Where the faces follow what is said in a conversation."""

_TEMPLATES = Path(__file__).parent / "templates"
_COMPILED = Path(__file__).parent / "__pycache__" / "templates"
_MARKUP_KEPT = 1_000  # icons and pills: a list shows the same ones a hundred times


class CompiledTemplates(jinja2.FileSystemBytecodeCache):
    """What templates were compiled to, kept beside what Python compiles: it takes a second or two at each start.

    Where that folder cannot be written to, templates are compiled as if nothing were kept.
    """

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one; it is found by its source, so that a template that was edited is compiled anew."""
        with contextlib.suppress(OSError):
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


class Kit:
    """Shared by every request of one portal."""

    def __init__(
        self,
        *,
        face: Face,
        institution: str,
        assets: Assets,
        sealer: Sealer,
        gateway: Gateway,
        cookies_are_secure: bool,
        proxies: TrustedProxies,
    ) -> None:
        self.face = face
        self.institution = institution
        self.assets = assets
        self.sealer = sealer
        self.gateway = gateway
        self.brands = Brands(gateway)
        self.cookies_are_secure = cookies_are_secure
        self.proxies = proxies
        self.metrics = PortalMetrics()
        self.streams = OpenStreams()
        self.admission = Admission(
            process=face.process,
            proxies=proxies,
            live_paths=frozenset({LIVE_PATH, *TALK_PATHS}),
            live_max=LIVE_CONNECTIONS_MAX,
            session_of=self._session_cookie,
        )
        self.words: dict[str, Words] = load_words()
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader([face.templates, _TEMPLATES]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            # A field that an older gateway leaves out shows as nothing rather than as an error page.
            undefined=jinja2.ChainableUndefined,
            auto_reload=False,
            bytecode_cache=CompiledTemplates(str(_COMPILED)),
        )
        # Words of scripts are most of a page's JSON: written out, they take half of what escapes take.
        self._templates.policies["json.dumps_kwargs"] = {
            "sort_keys": True,
            "ensure_ascii": False,
            "separators": (",", ":"),
        }
        self._templates.globals.update(icon=self._icon, asset=assets.url, act_once=act_once, face=face)
        self._compile_templates()
        self._crowded = {
            (locale, kind): self.make_crowded_page(words, kind)
            for locale, words in self.words.items()
            for kind in ("crowded", "too_many_at_once", "too_large")
        }

    def cookie(self, kind: str) -> str:
        """Return a cookie's name, apart from those of another copy of the stack on the same host."""
        return f"guichet_{self.face.name}_{kind}_{self.sealer.mark}"

    def crowded_page(self, locale: str, kind: str) -> bytes:
        """Return the page for who comes while too much is under way: made at start, as there may be thousands."""
        return self._crowded[locale, kind]

    def make_crowded_page(self, words: Words, kind: str, *, kept: str = "", back: str = "") -> bytes:
        """Return that page with what became of a form."""
        page = self._templates.get_template("crowded.html").render(
            t=words,
            institution=self.institution,
            title=words.get(f"error.{kind}.title", ""),
            text=words.get(f"error.{kind}.text", ""),
            retry=kind != "too_large",
            kept=kept,
            back=back,
        )
        return page.encode()

    def _compile_templates(self) -> None:
        """Compile every page before the first request: each costs its first reader, and who waits behind, 20 to 70 ms."""
        for name in self._templates.list_templates(extensions=["html"]):
            self._templates.get_template(name)

    def _session_cookie(self, headers: Mapping[bytes, bytes]) -> bytes:
        """Return the sealed session that a request carries, empty for none."""
        name = self.cookie("session").encode() + b"="
        for part in headers.get(b"cookie", b"").split(b";"):
            if part.strip().startswith(name):
                return part.strip()[len(name) :]
        return b""

    def render(self, template: str, words: Words, facts: dict[str, Any], *, now: datetime, host: str) -> str:
        """Return a page as text, in the face of the host that was asked."""
        brand = self.brands.of(host)
        return self._templates.get_template(template).render(
            t=words,
            f=Formats(words, now, self._icon),
            brand=brand,
            institution=brand.name or self.institution,
            **{"forms": PageForms(errors=facts.get("errors")), "above": Above()} | facts,
        )

    @lru_cache(maxsize=_MARKUP_KEPT)  # noqa: B019 - one instance for the portal's life
    def _icon(self, name: str, label: str = "") -> Markup:
        """Return an icon of the sprite; without a label it is decoration beside its text."""
        address = f"{self.assets.url('icons.svg')}#{name}"
        if label:
            return Markup('<svg class="i" role="img" aria-label="{}"><use href="{}"/></svg>').format(
                label, address
            )
        return Markup('<svg class="i" aria-hidden="true"><use href="{}"/></svg>').format(address)


class Formats:
    """The formats of one request, as templates call them: `f.money(transaction.amount)`.

    A moment that belongs to a store is shown with the store's time zone: `f.clock(x.received_at, x.store.time_zone)`.
    """

    def __init__(self, words: Words, now: datetime, icon: Callable[[str], Markup]) -> None:
        self._words = words
        self._icon = icon
        self._locale = words.locale
        self._now = now
        self._places = words.under("store_time")

    def money(self, value: Json | None) -> str:
        """Return an amount, or a dash when there is none."""
        if not value:
            return "–"
        return formats.money(int(value["amount"]), str(value["currency"]), self._locale)

    def amount_of(self, transaction: Json) -> str:
        """Return the amount of a transaction; a refund gives money back, and stands negative."""
        return self.signed(transaction["amount"], transaction.get("kind") == "refund")

    def standing(self, transaction: Json) -> tuple[str, str]:
        """Return what stands of a transaction, so that rows add up to their sum, and what was asked beside it.

        Where nothing stands the first is empty; where all that was asked stands, the second.
        """
        asked, net = self.amount_of(transaction), transaction.get("net_amount")
        if net is None or self.money(net) == asked:
            return asked, ""
        word = "held" if transaction.get("kind") == "authorisation" and _is_held(transaction) else "asked"
        return self.money(net) if net["amount"] else "", self._words(f"transactions.{word}", amount=asked)

    def signed(self, value: Json | None, gives_back: object) -> str:
        """Return an amount, with a minus where the money goes back to the card."""
        return self.money({**value, "amount": -int(value["amount"])} if value and gives_back else value)

    def period(self, start: str | None, end: str | None) -> str:
        """Return from when to when something was counted."""
        last = formats.parse_time(end)
        return formats.period(formats.parse_time(start), last or self._now, self._locale)

    def plain(self, value: Json | None) -> str:
        """Return an amount as it is typed."""
        return (
            formats.plain_amount(int(value["amount"]), str(value["currency"]), self._locale) if value else ""
        )

    def integer(self, value: int | None) -> str:
        """Return a count."""
        return formats.integer(value or 0, self._locale)

    def percent(self, value: float | None) -> str:
        """Return a share."""
        return formats.percent(value, self._locale)

    def ms(self, value: float | None) -> str:
        """Return a duration."""
        return "–" if value is None else formats.milliseconds(value, self._locale)

    def clock(self, text: str | None, zone: object = None) -> Markup:
        """Return a `<time>` with the time of day, the exact moment in its title; `zone`: of the store that it belongs to."""
        return self._hour(text, zone, lambda moment: formats.clock(moment, self._locale, now=self._now))

    def ago(self, text: str | None, zone: object = None) -> Markup:
        """Return a `<time>` in words, the exact moment in its title."""
        moment = formats.parse_time(text)
        if moment is None or formats.is_long_ago(moment, now=self._now):
            return self.day(text, zone)
        return self._time(text, zone, lambda moment: formats.ago(moment, self._locale, now=self._now))

    def exact(self, text: str | None, zone: object = None) -> Markup:
        """Return a `<time>` to the second."""
        return self._hour(text, zone, lambda moment: formats.exact(moment, self._locale))

    def minute(self, text: str | None) -> Markup:
        """Return a `<time>` to the minute, the exact moment in its title."""
        return self._time(text, None, lambda moment: formats.to_the_minute(moment, self._locale))

    def soon(self, text: str | None) -> Markup:
        """Return a `<time>` as one says when somebody is there, the exact moment in its title."""
        return self._time(text, None, lambda moment: formats.soon(moment, self._locale, now=self._now))

    def day(self, text: str | None, zone: object = None) -> Markup:
        """Return a `<time>` with the date alone."""
        shown = self._time(text, zone, lambda moment: formats.day(moment, self._locale))
        return self._with(shown, self._beside(text, zone, formats.day_beside))

    def civil_day(self, text: str | None) -> str:
        """Return a day that has no time, such as `2026-11-22`, as it is written."""
        day = formats.parse_day(text)
        return "–" if day is None else formats.civil_day(day, self._locale)

    def day_in_words(self, text: str | None) -> str:
        """Return a day that has no time as a sentence says it."""
        day = formats.parse_day(text)
        return "–" if day is None else formats.day_in_words(day, self._locale)

    def month(self, text: str | None) -> str:
        """Return a month such as `2027-09` as cards write it."""
        year, _, month = (text or "").partition("-")
        return f"{month}/{year}" if month else "–"

    def precise(self, text: str | None, zone: object = None) -> Markup:
        """Return the time of day to the millisecond."""
        return self._hour(text, zone, formats.precise)

    def pill(self, table: str, state: str) -> Markup:
        """Return the pill of a state."""
        return _pill(self._words, self._icon, table, state)

    def pill_table(self, table: str) -> dict[str, list[str]]:
        """Return state -> tone, icon, word: what live.js draws the same pills with."""
        return {
            state: [look.tone, look.icon, self._words.get(f"state.{table}.{state}", state)]
            for state, look in pills.TABLES[table].items()
        }

    def reason(self, code: str | None) -> str:
        """Return the short label of a reason, or its code when it is newer than this portal."""
        if not code or code in ("approved", "none"):
            return ""
        return self._words.get(f"reason.{code}", code)

    def card(self, card: Json | None) -> Markup:
        """Return brand and last four digits."""
        if not card or not card.get("last_four"):
            return Markup("–")
        brand = self._words.get(f"brand.{card.get('brand')}", str(card.get("brand") or ""))
        return Markup('{} <span class="dots">··</span>{}').format(brand, card["last_four"])

    def prose(self, text: str, locale: str = "") -> str:
        """Return what people typed plainly with the spaces and apostrophes that print wants; in the page's language, or in `locale`."""
        return french_typography(text) if (locale or self._locale) == "fr" else text.replace("'", "’")

    def grouped(self, value: str | None, kind: str) -> str:
        """Return an identifier with its digits in groups."""
        return formats.grouped(value or "", kind)

    def _hour(self, text: str | None, zone: object, words: Callable[[datetime], str]) -> Markup:
        return self._with(self._time(text, zone, words), self._beside(text, zone, formats.beside))

    def _with(self, shown: Markup, there: str) -> Markup:
        if not there:
            return shown
        return Markup('<span class="two-clocks">{} <small class="there">{}</small></span>').format(
            shown, there
        )

    def _beside(self, text: str | None, zone: object, words: Callable[..., str]) -> str:
        moment = formats.parse_time(text)
        # What a template reads of a store that an older gateway says less about is no text.
        if moment is None or not isinstance(zone, str):
            return ""
        return words(moment, zone, self._locale, places=self._places)

    def _time(self, text: str | None, zone: object, words: Callable[[datetime], str]) -> Markup:
        moment = formats.parse_time(text)
        if moment is None:
            return Markup("–")
        title = formats.exact(moment, self._locale, precise=True)
        if there := self._beside(text, zone, formats.beside):
            title = f"{title}, {there}"
        return Markup('<time datetime="{}" title="{}">{}</time>').format(text, title, escape(words(moment)))


def act_once(key: str = "") -> Markup:
    """Return the hidden field that lets a form act once, with a key of its own where it has none."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(KEY, key or secrets.token_urlsafe(18))


@lru_cache(maxsize=_MARKUP_KEPT)
def _pill(words: Words, icon: Callable[[str], Markup], table: str, state: str) -> Markup:
    look = pills.TABLES[table].get(state, pills.UNKNOWN_STATE)
    return Markup('<span class="pill {}">{}{}</span>').format(
        look.tone, icon(look.icon), words.get(f"state.{table}.{state}", state)
    )


def _is_held(transaction: Json) -> bool:
    """Whether an authorisation holds money that its completion may take."""
    return transaction.get("state") in ("approved", "partially_approved")

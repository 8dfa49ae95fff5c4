"""The pages of the simulated bank, in its own colours: the challenge, and the way back."""

from html import escape
from pathlib import Path
from typing import Final

from core.values.bilingual import load_bilingual
from core.values.money import NUMERIC_CODES, money_text
from deploy.sandbox.simulators.bank.issuer import TRIES_MAX, Challenge

WORDS: Final = load_bilingual(Path(__file__).with_name("words.toml"))
HTML: Final = "text/html; charset=utf-8"
STYLE: Final = Path(__file__).with_name("bank.css").read_bytes()
SCRIPT: Final = b'"use strict";\ndocument.querySelector("form.back").submit();\n'


def challenge_page(challenge: Challenge, *, is_wrong: bool) -> bytes:
    """Return the page on which a holder confirms."""

    def say(name: str, /, **facts: object) -> str:
        return escape(WORDS[name].said(challenge.language, **facts))

    currency = NUMERIC_CODES.get(challenge.currency, challenge.currency)
    amount = money_text(challenge.amount_minor, currency, challenge.language)
    what = say("paying", amount=amount, payee=challenge.payee)
    if not challenge.amount_minor:
        what = say("keeping", payee=challenge.payee)
    left = TRIES_MAX - challenge.tries
    wrong = f'<p class="wrong" id="wrong" role="alert">{say("wrong", left=left)}</p>' if is_wrong else ""
    described = "wrong help" if is_wrong else "help"
    return _page(
        challenge.language,
        say("title"),
        f"<h1>{say('title')}</h1><p class=what>{what}</p>"
        f"<dl><dt>{say('card')}</dt><dd>•••• {escape(challenge.last_four)}</dd></dl>"
        '<form method="post" action="/answer" novalidate>'
        f'<input type="hidden" name="acs" value="{escape(challenge.acs_id)}">'
        f'<label for="code">{say("code")}</label>'
        f'<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="8" '
        f'aria-describedby="{described}" aria-invalid="{"true" if is_wrong else "false"}">{wrong}'
        f'<p class="help" id="help">{say("help")}</p>'
        f'<p class="sandbox">{say("sandbox", code=challenge.code)}</p>'
        f'<button name="do" value="code">{say("confirm")}</button>'
        f'<button name="do" value="fail" class="quiet">{say("cannot")}</button>'
        f'<button name="do" value="cancel" class="quiet">{say("cancel")}</button></form>',
    )


def back_page(challenge: Challenge) -> bytes:
    """Return the page that leads back with the word; by itself, or by its button where there is no script."""

    def say(code: str) -> str:
        return escape(WORDS[code].said(challenge.language))

    return _page(
        challenge.language,
        say("back_title"),
        f"<h1>{say('back_title')}</h1>"
        f'<form method="post" action="{escape(challenge.notification_url)}" class="back">'
        f'<input type="hidden" name="cres" value="{escape(challenge.signed)}">'
        f"<button>{say('back')}</button></form>"
        '<script src="/back.js"></script>',
    )


def unknown_page() -> bytes:
    """Return the page for a challenge that there is not."""
    french, english = WORDS["unknown"]
    return _page("fr", "Banque de l’Essai", f"<h1>{escape(french)}</h1><p lang=en>{escape(english)}</p>")


def _page(language: str, title: str, body: str) -> bytes:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title} – Banque de l’Essai</title><link rel="stylesheet" href="/bank.css"></head>'
        f"<body><header><p>Banque de l’Essai</p></header><main>{body}</main></body></html>"
    ).encode()

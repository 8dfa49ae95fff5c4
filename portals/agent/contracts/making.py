"""The form of a contract's terms: what it offers, what was typed, what the gateway says of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from portals.kit.desk import Desk
from portals.kit.formats import PARIS, AmountMalformed, parse_amount, plain_amount
from portals.kit.gateway import GatewayProblem, Json

KINDS = ("pax", "softpos", "onsite", "ecommerce")
_SERVICE_FIELD = re.compile(r"services\[(\d+)\](?:\.(?:options\.)?(\w+))?")


def first_form(
    desk: Desk, offer: Json, version: Json | None, *, wanted: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the form shows at first: the terms of a version, or sensible ones with the wanted services."""
    form: dict[str, Any] = {
        "locale": "fr",
        "starts_on": desk.now.astimezone(PARIS).date().isoformat(),
        "grid": next((grid["id"] for grid in offer["grids"] if grid["current"]), ""),
    }
    for kind in KINDS:
        for rule in offer["rules"][kind]:
            form[f"opt.{kind}.{rule['name']}"] = _typed(rule, rule["default"], desk.locale)
    if version is None:
        form |= {
            f"svc.{store['store']['id']}.{kind}": "1"
            for store in offer["stores"]
            for kind in wanted
            if not any(service["contract"] for service in store["services"] if service["kind"] == kind)
        }
    else:
        form |= {
            "locale": version["locale"],
            "starts_on": version["starts_on"],
            "grid": version["fees"]["grid"],
        }
        for line in version["services"]:
            form[f"svc.{line['store']['id']}.{line['kind']}"] = "1"
            for rule in offer["rules"][line["kind"]]:
                value = line["options"].get(rule["name"])
                form[f"opt.{line['kind']}.{rule['name']}"] = _typed(rule, value, desk.locale)
    return form


def read_terms(
    desk: Desk, form: dict[str, str], offer: Json, version: Json | None
) -> tuple[Json, dict[str, str]]:
    """Return the body for the gateway, and what is wrong before it need be asked.

    A service that the contract covers already, or that the store has, keeps its options; new ones take those typed.
    """
    errors: dict[str, str] = {}
    typed = {
        kind: read_options(desk, offer["rules"][kind], form, f"opt.{kind}.", errors)
        for kind in KINDS
        if any(name.startswith("svc.") and name.endswith(f".{kind}") for name in form)
    }
    kept = {
        (line["store"]["id"], line["kind"]): line["options"] for line in (version or {}).get("services", ())
    }
    services: list[Json] = []
    for store in offer["stores"]:
        for service in store["services"]:
            place = (store["store"]["id"], service["kind"])
            if not form.get(f"svc.{place[0]}.{place[1]}"):
                continue
            options = kept.get(place) or (service["options"] if service["exists"] else typed[place[1]])
            services.append({"store": place[0], "kind": place[1], "options": options})
    if not services:
        errors["services"] = desk.words("contract.choose_services")
    body: Json = {
        "grid": form.get("grid", ""),
        "locale": "en" if form.get("locale") == "en" else "fr",
        "starts_on": form.get("starts_on", ""),
        "services": services,
    }
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", body["starts_on"]):
        errors["starts_on"] = desk.words("contract.day_malformed")
    return body, errors


def read_options(
    desk: Desk, rules: list[Json], form: dict[str, str], prefix: str, errors: dict[str, str]
) -> Json:
    """Return the options that were typed under names with this prefix; amounts become minor units."""
    options: Json = {}
    for rule in rules:
        name = f"{prefix}{rule['name']}"
        text = form.get(name, "").strip()
        match rule["type"]:
            case "flag":
                options[rule["name"]] = bool(text)
            case "amount":
                options[rule["name"]] = read_amount(desk, text, name, errors)
            case _:
                options[rule["name"]] = text
    return options


def read_amount(desk: Desk, text: str, name: str, errors: dict[str, str]) -> int | None:
    """Return minor units, None for an empty field; what is no amount is noted under its name."""
    if not text:
        return None
    try:
        return parse_amount(text)
    except AmountMalformed:
        errors[name] = desk.words("action.amount_malformed")
        return None


def problems_of(desk: Desk, problem: GatewayProblem, services: list[Json]) -> dict[str, str]:
    """Return the gateway's refusal by the form's fields."""
    errors: dict[str, str] = {}
    for one in problem.errors:
        found = _SERVICE_FIELD.fullmatch(one.field)
        if found is None:
            errors[one.field] = say(desk, one.code, problem.detail)
            continue
        service = services[int(found[1])] if int(found[1]) < len(services) else {"kind": ""}
        name = f"opt.{service['kind']}.{found[2]}" if found[2] and found[2] != "store" else "services"
        errors[name] = say(desk, one.code, problem.detail)
    return errors or {"": problem.detail}


def say(desk: Desk, code: str, otherwise: str) -> str:
    """Return a field's problem in words."""
    return desk.words.get(f"contract.problem.{code}", otherwise)


def new_key() -> str:
    """Return a key under which a form acts once."""
    return secrets.token_urlsafe(18)


def _typed(rule: Json, value: Any, locale: str) -> Any:
    if rule["type"] == "amount" and value is not None:
        return plain_amount(int(value), "EUR", locale)
    return value

"""The form of a contract's terms: what it offers, what was typed, what the gateway says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from portals.kit.formats import PARIS, plain_amount
from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.visit import Visit

KINDS = ("pax", "softpos", "onsite", "ecommerce")
CODES = "contract.problem."
"""What begins the words of refusals by their codes."""

_SERVICE_FIELD = re.compile(r"services\[(\d+)\](?:\.(?:options\.)?(\w+))?")


def first_form(
    visit: Visit, offer: Json, version: Json | None, *, wanted: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the form shows at first: the terms of a version, or sensible ones with the wanted services."""
    form: dict[str, Any] = {
        "locale": "fr",
        "starts_on": visit.now.astimezone(PARIS).date().isoformat(),
        "grid": next((grid["id"] for grid in offer["grids"] if grid["current"]), ""),
    }
    for kind in KINDS:
        for rule in offer["rules"][kind]:
            form[f"opt.{kind}.{rule['name']}"] = _typed(rule, rule["default"], visit.locale)
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
                form[f"opt.{line['kind']}.{rule['name']}"] = _typed(rule, value, visit.locale)
    return form


def read_terms(form: Form, offer: Json, version: Json | None) -> Json:
    """Return the body for the gateway; what is wrong before it need be asked is noted.

    A service that the contract covers already, or that the store has, keeps its options; new ones take those typed.
    """
    typed = {
        kind: read_options(form, offer["rules"][kind], f"opt.{kind}.")
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
            if not form[f"svc.{place[0]}.{place[1]}"]:
                continue
            options = kept.get(place) or (service["options"] if service["exists"] else typed[place[1]])
            services.append({"store": place[0], "kind": place[1], "options": options})
    if not services:
        form.error("services", "contract.choose_services")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", form["starts_on"]):
        form.error("starts_on", "contract.day_malformed")
    return {
        "grid": form["grid"],
        "locale": form.choice("locale", ("en",), "fr"),
        "starts_on": form["starts_on"],
        "services": services,
    }


def read_options(form: Form, rules: list[Json], prefix: str) -> Json:
    """Return the options that were typed under names with this prefix; amounts become minor units."""
    options: Json = {}
    for rule in rules:
        name = f"{prefix}{rule['name']}"
        match rule["type"]:
            case "flag":
                options[rule["name"]] = bool(form[name])
            case "amount":
                options[rule["name"]] = form.amount(name)
            case _:
                options[rule["name"]] = form[name]
    return options


def wording_of(services: list[Json]) -> Wording:
    """Return how the gateway's refusal of these services is said by the form's fields."""

    def field_of(name: str) -> str:
        found = _SERVICE_FIELD.fullmatch(name)
        if found is None:
            return name
        kind = services[int(found[1])]["kind"] if int(found[1]) < len(services) else ""
        return f"opt.{kind}.{found[2]}" if found[2] and found[2] != "store" else "services"

    return Wording(field_of=field_of, codes=CODES)


def _typed(rule: Json, value: Any, locale: str) -> Any:
    if rule["type"] == "amount" and value is not None:
        return plain_amount(int(value), "EUR", locale)
    return value

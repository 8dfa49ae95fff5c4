"""What was kept for a person to look at: what happened, the one next step, and its end with a reason."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.agent.transaction.causes import facts_named, result_of
from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.i18n import Words
from portals.kit.lists import Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit

COUNTED_MAX: Final = 1_000
"""Where the gateway stops counting."""

GROUPS: Final = {
    "": (),
    "doubts": ("booked_in_doubt", "advice_refused"),
    "reversals": ("reversal_disagrees", "reversal_ambiguous", "reversal_refused"),
    "deliveries": (
        "reversal_not_accepted",
        "partial_reversal_not_accepted",
        "advice_not_accepted",
        "completion_not_accepted",
    ),
    "acquirers": ("reversal_by_host", "totals_by_host"),
    "letters": ("dead_letter",),
}
"""The tabs of the page: what each shows, all of it under the first."""

PLACES: Final = ("store", "terminal", "company")
"""Whose matters a link from a record asks for."""

_WORDING: Final = Wording(field_of=lambda name: name if name == "reason" else "")

LIST = ListPage(
    "/to-check",
    "to_check.title",
    api="/v1/host-matters",
    rows=25,
    filters=(
        Filter("group", "tabs", options=tuple(GROUPS), words="to_check.group."),
        *(Filter(place) for place in PLACES),
    ),
    none=("to_check.none", "to_check.none_text"),
    asks=lambda _, kept: [
        *([("kind", ",".join(GROUPS[kept["group"]]))] if kept.get("group") else []),
        *((place, kept[place]) for place in PLACES if kept.get(place)),
    ],
    template="to_check/to_check.html",
)


@get("/to-check")
async def to_check_page(visit: Visit) -> Response[bytes]:
    """Show what waits, or with `?group=` one sort of it."""
    return await _show(visit)


@post("/to-check/{matter_id:str}/close", status_code=200)
async def close(visit: Visit, matter_id: str) -> Response[bytes]:
    """End it by this agent's word."""
    return await _settle(visit, matter_id, "close")


@post("/to-check/{matter_id:str}/retry", status_code=200)
async def retry(visit: Visit, matter_id: str) -> Response[bytes]:
    """Send to the acquirer once more."""
    return await _settle(visit, matter_id, "retry")


async def _settle(visit: Visit, matter_id: str, act: str) -> Response[bytes]:
    form = await visit.form()
    where = {name: form[name] for name in ("group", "cursor", *PLACES)}
    body = {"reason": form.reason()}
    path = f"/v1/host-matters/{path_part(matter_id)}/{act}"
    if await form.post(path, body, wording=_WORDING, stays=True) is not None:
        where["group"] = form.choice("group", tuple(GROUPS))
        pairs = [(name, text) for name, text in where.items() if text]
        return visit.done(f"/to-check?{urlencode(pairs)}", f"to_check.done_{act}")
    return await _show(visit, form=form, where=where)


async def _show(
    visit: Visit,
    *,
    form: Form | None = None,
    where: dict[str, str] | None = None,
) -> Response[bytes]:
    shown = await LIST.read(visit, given=where)
    counts: Json = shown.answer["counts"]
    for matter in shown.data:
        matter["sentence"] = sentence_of(visit.words, matter)
        matter["step"] = step_of(visit.words, matter)
        matter["found_by"] = found_by(visit.words, matter)
        matter["technical"] = technical_of(visit.words, matter)
        if matter["kind"] in GROUPS["deliveries"]:
            matter["result_words"] = result_of(visit.words, str(matter.get("last_result") or ""))
    return LIST.draw(
        visit,
        shown,
        groups={
            name: sum(counts.get(kind, 0) for kind in kinds) if kinds else sum(counts.values())
            for name, kinds in GROUPS.items()
        },
        is_more=sum(counts.values()) >= COUNTED_MAX,
        retried=GROUPS["deliveries"],
        group=shown.kept.get("group", ""),
        places=PLACES,
        form=form,
    )


def sentence_of(words: Words, matter: Json) -> str:
    """Return what happened, in one sentence."""
    kind = str(matter["kind"])
    other = words("to_check.happened.letter_other")
    causes: list[str] = [str(one) for one in matter.get("causes") or []]
    facts = {
        "acquirer": matter.get("acquirer") or words("to_check.an_acquirer"),
        "n": matter.get("tries") or 0,
    }
    match kind:
        case "booked_in_doubt":
            doubt = causes[0] if causes else "other"
            return words.get(f"to_check.happened.doubt_{doubt}", words("to_check.happened.doubt_other"))
        case "advice_refused":
            why = causes[0] if causes else "other"
            return words.get(f"to_check.happened.refused_{why}", words("to_check.happened.refused_other"))
        case "dead_letter":
            said = words.get(f"to_check.happened.letter_{causes[0] if causes else 'other'}", other)
            return (
                f"{said} {words('to_check.happened.letter_taken_back')}" if "taken_back" in causes else said
            )
        case "reversal_disagrees":
            return words("to_check.happened.reversal_disagrees", facts=facts_named(words, causes))
        case "reversal_refused":
            part = "part" if "part" in causes else "whole"
            return words(f"to_check.happened.reversal_refused_{part}")
        case _ if kind in GROUPS["deliveries"]:
            refused = "refused" if matter.get("refused") else "stuck"
            return words(f"to_check.happened.{kind}_{refused}", **facts)
        case "reversal_ambiguous" | "reversal_by_host" | "totals_by_host":
            return words(f"to_check.happened.{kind}", **facts)
        case _:
            # Newer than this portal.
            return other


def step_of(words: Words, matter: Json) -> str:
    """Return the one thing to do about it: by its cause, else by its kind."""
    causes: list[str] = [str(one) for one in matter.get("causes") or []]
    of_kind = words.get(f"to_check.step.{matter['kind']}", words("to_check.step.dead_letter"))
    return words.get(f"to_check.step.{matter['kind']}_{causes[0]}", of_kind) if causes else of_kind


def found_by(words: Words, matter: Json) -> list[tuple[str, str]]:
    """Return name and value of what a store finds a dead letter's payment by: card, hour at the terminal, numbers."""
    said: Json = matter.get("said") or {}
    card, stamp = str(said.get("card_last_four") or ""), str(said.get("local_time") or "")
    month, day, time = stamp[:2], stamp[2:4], stamp[4:]
    shown = {
        "card": f"•••• {card}" if card else "",
        "day": f"{day}/{month}" if stamp.isdigit() and month != "00" else "",
        "hour": f"{time[:2]}:{time[2:4]}:{time[4:]}" if time.isdigit() and time.strip("0") else "",
        "stan": str(said.get("stan") or ""),
        "approval_code": str(said.get("approval_code") or ""),
    }
    return [(words(f"to_check.found_by.{name}"), text) for name, text in shown.items() if text]


def technical_of(words: Words, matter: Json) -> str:
    """Return what support needs besides; empty where the sentence has said it."""
    said = str(matter.get("last_result") or "")
    if "refund_advice" in (matter.get("causes") or []):
        return ""
    return words.get(f"to_check.why.{said.replace(' ', '_')}", said)


HANDLERS: tuple[ControllerRouterHandler, ...] = (to_check_page, close, retry)

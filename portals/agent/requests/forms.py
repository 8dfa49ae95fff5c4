"""What forms on requests send, as the gateway takes it, and its refusals as the form shows them."""

from __future__ import annotations

from portals.agent.audit.facts import change_of
from portals.kit.forms import Wording
from portals.kit.gateway import Json
from portals.kit.originals import changed, originals
from portals.kit.visit import Visit

WORDING = Wording(codes="requests.e_")
CHANGEABLE = ("title", "due_on", "priority", "team")


def told(action: str, fields: dict[str, str]) -> tuple[str, Json] | None:
    """Return the gateway's name of an action and its body; None for what is no action."""
    comment = fields.get("comment", "").strip()
    match action:
        case "comment":
            mention = fields.get("mention", "")
            return "comment", {"body": comment, "mentions": [mention] if mention else []}
        case "take":
            return "assign", {"assignee": "me", "seen_assignee": fields.get("seen") or None}
        case "assign":
            seen = fields.get("seen") or None
            return "assign", {
                "assignee": fields.get("assignee") or None,
                "comment": comment,
                "seen_assignee": seen,
            }
        case "status":
            seen = fields.get("seen", "")
            return "move", {"status": fields.get("status", ""), "comment": comment, "seen_status": seen}
        case "reopen":
            return "reopen", {"comment": comment}
        case "change":
            # Only what this person changed: a page that is older than a colleague's change would take it back.
            return "change", {name: value.strip() for name, value in changed(fields, CHANGEABLE).items()}
        case _:
            return None


def late_change(fields: dict[str, str], detail: Json) -> Json | None:
    """Return what somebody else did, after the page was made, to fields that this person changed too; None for nothing."""
    request, was = detail["request"], originals(fields.get("was", ""))
    present = {
        "title": request["title"],
        "due_on": request["due_on"] or "",
        "priority": request["priority"],
        "team": request["team"]["code"],
    }
    clashing = {
        name
        for name, value in changed(fields, CHANGEABLE).items()
        if name in was and present[name] not in ("".join(was[name]), value.strip())
    }
    done = [one for one in detail["entries"] if one["kind"] == "changed" and clashing & one["facts"].keys()]
    return max(done, key=lambda one: one["at"], default={}) if clashing else None


def said(visit: Visit, entry: Json, statuses: dict[str, str]) -> str:
    """Return in words what somebody did to a request."""
    facts = {str(name): str(value) for name, value in entry["facts"].items()}
    kind = str(entry["kind"])
    match kind:
        case "assigned":
            to = facts.get("to", "")
            if to and to == (entry.get("by") or {}).get("name"):
                return visit.words("requests.said.taken")
            return (
                visit.words("requests.said.assigned", to=to)
                if to
                else visit.words("requests.said.unassigned")
            )
        case "status" | "closed" | "reopened":
            before, after = facts.get("from", ""), facts.get("to", "")
            return visit.words(
                f"requests.said.{kind}",
                from_name=statuses.get(before, before),
                to_name=statuses.get(after, after),
            )
        case "changed":
            named = {"title": "subject", "due_on": "due", "priority": "priority", "team": "team"}
            changes = [
                f"{visit.words(f'requests.{named[name]}') if name in named else name} {_change(visit, name, value)}"
                for name, value in facts.items()
            ]
            return visit.words("requests.said.changed", changes=", ".join(changes))
        case _:
            return visit.words.get(f"requests.said.{kind}", kind)


def _change(visit: Visit, name: str, value: str) -> str:
    """Return "before → after" with both in words."""
    if name == "priority":
        parts = value.split(" → ")
        return " → ".join(visit.words.get(f"requests.priority_{part}", part) for part in parts)
    return change_of(visit.words, name, value)

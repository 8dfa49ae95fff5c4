"""Dashboards and alerts name only metrics that exist, and each alert leads to its page of the runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from observability import metrics
from observability.instruments import FAMILIES, CounterFamily, GaugeFamily, HistogramFamily

ROOT = Path(__file__).resolve().parents[3]
OBSERVABILITY = ROOT / "observability"
RUNBOOK = "docs/operations.md"
DASHBOARDS = sorted((OBSERVABILITY / "dashboards").glob("*.json"))
ALERTS = sorted(
    path for path in (OBSERVABILITY / "alerts").glob("*.yml") if not path.name.endswith(".test.yml")
)

# What Prometheus and prometheus-client's own collectors give every process.
FOREIGN_METRICS = {
    "up",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
}
SCRAPE_LABELS = {"job", "instance"}
_HISTOGRAM_SUFFIXES = ("_bucket", "_sum", "_count")
_SEVERITIES = {"critical", "warning"}

_METRIC = re.compile(r"\b(?:guichet|process)_[a-z0-9_]+|\bup\b")
_LABELLED = re.compile(r"\b((?:guichet|process)_[a-z0-9_]+|up)\{([^}]*)\}")
_GROUPED = re.compile(r"by \(([^)]*)\) ?\(")
_LABEL_NAME = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")


def exported_labels() -> dict[str, set[str]]:
    """Return the labels of every name that `/metrics` can show."""
    names: dict[str, set[str]] = {}
    for family in FAMILIES:
        if not family.name.startswith("guichet_"):
            continue
        labels = set(family.labels)
        match family:
            case CounterFamily():
                names[f"{family.name}_total"] = labels
            case GaugeFamily():
                names[family.name] = labels
            case HistogramFamily():
                for suffix in _HISTOGRAM_SUFFIXES:
                    names[family.name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return names


EXPORTED = exported_labels()


def dashboard_expressions() -> Iterator[tuple[str, str]]:
    """Yield every query of every dashboard with where it stands."""
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield f"{path.name}: {panel['title']}", target["expr"]


def alert_rules() -> Iterator[dict[str, Any]]:
    """Yield every alert rule."""
    for path in ALERTS:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


EXPRESSIONS = [*dashboard_expressions(), *((rule["alert"], rule["expr"]) for rule in alert_rules())]


def anchors_of(markdown: str) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?)\s*$", markdown, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_is_something_to_check() -> None:
    assert DASHBOARDS
    assert ALERTS
    assert metrics.EDGE_SECONDS in FAMILIES


@pytest.mark.parametrize(("place", "expression"), EXPRESSIONS)
def test_every_metric_of_a_query_exists(place: str, expression: str) -> None:
    # Label names and words may look like metrics, so they go first.
    text = _LABELLED.sub(r"\1", _GROUPED.sub("(", expression))
    named = set(_METRIC.findall(text))
    assert named, place
    assert named - set(EXPORTED) <= FOREIGN_METRICS, place


@pytest.mark.parametrize(("place", "expression"), EXPRESSIONS)
def test_every_label_of_a_query_exists(place: str, expression: str) -> None:
    named = set(_METRIC.findall(_LABELLED.sub(r"\1", _GROUPED.sub("(", expression))))
    known = set.union(SCRAPE_LABELS, *(EXPORTED.get(name, set()) for name in named))
    used = {label.strip() for labels in _GROUPED.findall(expression) for label in labels.split(",")}
    for _, matchers in _LABELLED.findall(expression):
        used |= set(_LABEL_NAME.findall(matchers))
    assert used <= known, place


@pytest.mark.parametrize(
    "family",
    [
        metrics.EDGE_SECONDS,
        metrics.ENGINE_SECONDS,
        metrics.HOST_SECONDS,
        metrics.OUTBOX_SECONDS,
        metrics.SSE_LAG_SECONDS,
        metrics.DESK_SECONDS,
        metrics.HTTP_SECONDS,
        metrics.LOOP_LAG_SECONDS,
    ],
    ids=lambda family: family.name,
)
def test_the_time_of_each_hop_has_a_panel(family: HistogramFamily) -> None:
    assert any(f"{family.name}_bucket" in expression for _, expression in dashboard_expressions())


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_a_dashboard_is_plain_and_whole(path: Path) -> None:
    dashboard = json.loads(path.read_text())
    panels = dashboard["panels"]
    assert dashboard["uid"] == path.stem
    assert "id" not in dashboard
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in panels if "targets" in panel)


@pytest.mark.parametrize("rule", list(alert_rules()), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_and_leads_to_its_runbook(rule: dict[str, Any]) -> None:
    annotations = rule["annotations"]
    assert annotations["summary"]
    assert annotations["description"]
    assert rule["labels"]["severity"] in _SEVERITIES
    page, _, anchor = annotations["runbook_url"].partition("#")
    assert page == RUNBOOK
    assert anchor == rule["alert"].lower()
    assert anchor in anchors_of((ROOT / RUNBOOK).read_text())


def test_alert_names_are_unique() -> None:
    names = [rule["alert"] for rule in alert_rules()]
    assert len(names) == len(set(names))

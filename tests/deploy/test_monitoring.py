"""The dashboard and the alerts ask only for what /metrics tells, and say what they should."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from flask import Flask
from prometheus_client import CollectorRegistry

from handlers.inbox.database import Database
from handlers.inbox.schema import migrate
from handlers.metrics import Metrics
from handlers.operating import health

PROJECT = Path(__file__).resolve().parents[2]
MONITORING = PROJECT / "deploy/monitoring"
RULES = [rule for group in yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
BOARD = json.loads((MONITORING / "dashboard.json").read_text())
TARGETS = [(panel["title"], target) for panel in BOARD["panels"] for target in panel["targets"]]
ASKED = [rule["expr"] for rule in RULES] + [target["expr"] for _, target in TARGETS]
ASKED += [BOARD["annotations"]["list"][0]["expr"], BOARD["templating"]["list"][1]["query"]["query"]]
OF_HISTOGRAMS = ("", "_bucket", "_count", "_sum", "_created")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Every name that /metrics may tell, as it says itself."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('monitoring')}/marquee.db")
    migrate(database)
    registry = CollectorRegistry()
    Metrics(registry)
    app = Flask("scraped")
    app.register_blueprint(health.blueprint(database, {}, registry))
    text = app.test_client().get("/metrics").text
    database.close()
    kinds = re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE)
    return {name + suffix for name, kind in kinds for suffix in (OF_HISTOGRAMS if kind == "histogram" else ("",))}


@pytest.fixture
def promtool():
    """Prometheus' own checker."""
    found = shutil.which("promtool")
    if found is None and "REQUIRE_ALL" not in os.environ:
        pytest.skip("no promtool on this machine (on Debian: apt install prometheus)")
    assert found, "promtool is missing"

    def run(*words):
        done = subprocess.run([found, *words], check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("expression", ASKED)
def test_only_what_is_told_is_asked_for(told, expression):
    names = set(re.findall(r"\bmarquee_\w+", expression))
    assert names or "marquee:" in expression
    assert names <= told


@pytest.mark.parametrize("expression", [one for one in ASKED if "_bucket{" in one and "le=" in one])
def test_the_objective_is_a_limit_that_is_counted(expression):
    registry = CollectorRegistry()
    Metrics(registry).freshness.labels("any").observe(1)
    limits = {sample.labels.get("le") for family in registry.collect() for sample in family.samples}
    assert set(re.findall(r'le="([^"]+)"', expression)) <= limits


def test_there_is_an_alert_for_each_way_in_which_hubspot_may_come_to_show_what_is_not_true():
    assert {
        *("MarqueeOldPending", "MarqueeFreshnessBurnsFast", "MarqueeFreshnessBurnsSlowly", "MarqueeDeadGrowing"),
        *("MarqueeSourceSilent", "MarqueeSendingPaused", "MarqueeNoLeader", "MarqueeNotScraped"),
    } <= ALERTS.keys()


@pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS)
def test_an_alert_says_how_bad_it_is_what_it_is_and_what_to_do(alert):
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert alert["annotations"].keys() == {"summary", "description"}
    assert alert["for"]


def test_every_alert_is_shown_to_fire():
    shown = yaml.safe_load((PROJECT / "tests/deploy/alerts.yml").read_text())["tests"]
    fired = {one["alertname"] for test in shown for one in test["alert_rule_test"] if one.get("exp_alerts")}
    assert fired == ALERTS.keys()


def test_every_alert_is_shown_to_be_silent_when_all_is_well():
    well, restart, *_ = yaml.safe_load((PROJECT / "tests/deploy/alerts.yml").read_text())["tests"]
    assert {one["alertname"] for one in well["alert_rule_test"]} == ALERTS.keys()
    assert restart["alert_rule_test"] == well["alert_rule_test"]


def test_prometheus_takes_the_alerts(promtool):
    assert f"{len(RULES)} rules found" in promtool("check", "rules", str(MONITORING / "alerts.yml"))


def test_each_alert_fires_when_it_should_and_only_then(promtool):
    promtool("test", "rules", str(PROJECT / "tests/deploy/alerts.yml"))


def test_prometheus_understands_what_the_dashboard_asks(promtool, tmp_path):
    asked = [target["expr"].replace("$__rate_interval", "5m").replace("$source", ".*") for _, target in TARGETS]
    rules = [{"record": f"asked:{number}", "expr": expression} for number, expression in enumerate(asked)]
    (tmp_path / "asked.yml").write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))
    promtool("check", "rules", str(tmp_path / "asked.yml"))


def test_the_dashboard_works_with_any_prometheus():
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert all(target["datasource"] == chosen for _, target in TARGETS)
    assert all(panel["datasource"] == chosen for panel in BOARD["panels"])


def test_no_two_panels_of_the_dashboard_lie_over_each_other_and_none_beyond_its_edge():
    taken = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        columns = range(place["x"], place["x"] + place["w"])
        cells = {(row, column) for row in range(place["y"], place["y"] + place["h"]) for column in columns}
        assert columns.stop <= 24
        assert cells.isdisjoint(taken), panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_every_metric_stands_in_the_readme_and_every_one_there_exists(told):
    readme = (PROJECT / "README.md").read_text()
    named = set(re.findall(r"^\| `(marquee_\w+)[{`]", readme, re.MULTILINE))
    of_lists = {name for name in told if name.startswith("marquee_reconciliation_") and not name.endswith("_total")}
    parts = {name for name in told if name.endswith(OF_HISTOGRAMS[1:])}
    assert named == told - of_lists - parts

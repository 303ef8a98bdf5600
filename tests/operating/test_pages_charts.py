"""Charts: what a chart shows is what came, and it brings no script along."""

import re
from base64 import b64encode
from hashlib import sha256
from xml.etree import ElementTree as ET

import pytest

from handlers.inbox.browsing.series import Called, Received
from handlers.operating.pages.charts import bars, lines
from handlers.operating.pages.history import SPANS, by_freshness, by_outcome, by_status, freshness

NOW = 1_795_000_000.0
HOUR = SPANS["hour"]
SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert(1)</script>"


def drawn(**series):
    return bars("A title", ["10:00", "10:02"], series or {"sent": [1, 2]})


@pytest.mark.parametrize(
    "chart", [drawn(), drawn(**{EVIL: [1, None]}), lines("L", ["a"], {"x": [1.5]}, "s"), bars("N", [], {})]
)
def test_a_chart_has_no_script_and_names_no_other_place(chart):
    root = ET.fromstring(chart.svg)
    assert [node.tag for node in root.iter() if node.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}a")] == []
    assert not [name for node in root.iter() for name in node.attrib if name == "style" or name.startswith("on")]
    assert b"<?xml-stylesheet" not in chart.svg
    assert set(re.findall(r"""["'(](https?:[^"')]+)""", chart.svg.decode())) == {"http://www.w3.org/2000/svg"}


def test_the_policy_allows_the_charts_own_style_and_nothing_else():
    chart = drawn()
    style = ET.fromstring(chart.svg).find(f"{SVG}defs/{SVG}style").text
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert chart.policy == f"default-src 'none'; style-src 'sha256-{digest}'"


def test_a_chart_has_its_title_and_each_series():
    texts = [node.text for node in ET.fromstring(drawn(sent=[1, 2], dead=[0, 1]).svg).iter() if node.text]
    assert {"A title", "sent", "dead"} <= set(texts)


def test_a_chart_of_nothing_says_so():
    assert b"Nothing yet" in bars("Empty", HOUR.moments(NOW, None), {}).svg


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS.keys())
def test_now_is_in_the_last_step_and_what_is_older_in_none(span):
    assert span.step(NOW, NOW) == span.steps - 1
    assert span.step(span.begin(NOW), NOW) == 0
    assert span.step(span.begin(NOW) - 0.001, NOW) is None
    assert len(span.moments(NOW, None)) == span.steps


def test_notifications_are_counted_by_outcome_with_their_weight():
    rows = [Received(NOW, NOW, "sent", 3), Received(NOW - 121, NOW, "sent", 1), Received(NOW, None, "pending", 2)]
    series = by_outcome(rows, HOUR, NOW)
    assert list(series) == ["sent", "pending"]
    assert series["sent"][-2:] == [1, 3]
    assert sum(series["sent"]) == 4


def test_calls_are_counted_by_status_the_rare_ones_together():
    rows = [Called(NOW, status, 1) for status in (200, 200, None, 400, 401, 403, 429, 500, 502)]
    series = by_status(rows, HOUR, NOW)
    assert series["200"][-1] == 2
    assert series["no answer"][-1] == 1
    assert sum(sum(values) for values in series.values()) == len(rows)
    assert "others" in series


def test_freshness_is_told_by_when_hubspot_confirmed_and_only_of_what_was_sent():
    rows = [Received(NOW - 1, NOW, "sent", 1), Received(NOW - 3, NOW, "sent", 1), Received(NOW - 50, NOW, "dead", 1)]
    series = by_freshness(rows, HOUR, NOW)
    assert [values[-1] for values in series.values()] == [3, 3]
    assert series["half within"][:-1] == [None] * (HOUR.steps - 1)


def test_freshness_of_a_hundred_leaves_one_out():
    rows = [Received(NOW - age, NOW, "sent", 1) for age in range(1, 101)]
    assert freshness(rows) == (51, 100)
    assert freshness([]) is None


def test_where_nothing_was_sent_there_is_no_freshness():
    assert by_freshness([Received(NOW, None, "pending", 1)], HOUR, NOW) == {}

"""Charts as SVG, drawn here: they need no script and name no other host. Shown as images, so that no page needs inline styles."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree as ET  # only for what pygal wrote # nosec B405

import pygal
from pygal.style import Style

FEW = 6
_SPACE = "{http://www.w3.org/2000/svg}"
_FOR_SCRIPTS = (f"{_SPACE}script", f"{_SPACE}desc")
# One that reads well on white and on black: https://www.w3.org/TR/WCAG22/#non-text-contrast asks for 3:1.
_COLOURS = ("#2f7ed8", "#c4562a", "#2a9d6f", "#9a6bd6", "#b8860b", "#d4508b", "#5f7d8c")
_DARK = "inline:@media (prefers-color-scheme: dark){svg{--ink:#dee2e6;--line:#495057}}"
_LIGHT = "inline:svg{--ink:#343a40;--line:#ced4da}"
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--ink)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--ink)",
    guide_stroke_color="var(--line)",
    major_guide_stroke_color="var(--line)",
    guide_stroke_dasharray="2,4",
    major_guide_stroke_dasharray="2,4",
    font_family="system-ui, sans-serif",
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=14,
    no_data_font_size=16,
    opacity="1",
    transition="0s",
    colors=_COLOURS,
)


_LOOK: dict[str, Any] = {
    "width": 480,
    "height": 220,
    "margin": 8,
    "margin_right": 28,
    "style": _STYLE,
    "css": ("file://style.css", "file://graph.css", _LIGHT, _DARK),
    "js": (),
    "no_prefix": True,
    "legend_at_bottom": True,
    "max_scale": 5,
    "min_scale": 2,
    "include_x_axis": True,
    "show_minor_x_labels": False,
    "no_data_text": "Nothing yet",
    "truncate_label": -1,
    "truncate_legend": -1,
}


@dataclass(frozen=True)
class Chart:
    """A drawn chart, and the policy under which its own style counts and nothing else is loaded."""

    svg: bytes
    policy: str


def bars(title: str, moments: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Chart:
    """Counts over time, the series on top of each other; `moments` names each step."""
    look = _LOOK | {"value_formatter": lambda value: f"{value:,.10g}", "print_zeroes": False}
    tallest = max((sum(value or 0 for value in step) for step in zip(*series.values(), strict=True)), default=0)
    if 0 < tallest < FEW:
        look["y_labels"] = list(range(int(tallest) + 1))  # half a notification says nothing
    return _drawn(pygal.StackedBar(**look, **_legend(series)), title, moments, series)


def lines(title: str, moments: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str) -> Chart:
    """Values over time in `unit`; where there is none the line is broken, and a lone one is a dot."""
    look = _LOOK | {"value_formatter": lambda value: f"{value:,.3g} {unit}", "stroke_style": {"width": 2}}
    chart = pygal.Line(**look, **_legend(series), dots_size=2, allow_interruptions=True)
    return _drawn(chart, title, moments, series)


def _legend(series: Mapping[str, object]) -> dict[str, int]:
    return {"legend_at_bottom_columns": max(1, min(3, len(series)))}


def _drawn(
    chart: pygal.Graph, title: str, moments: Sequence[str], series: Mapping[str, Sequence[float | None]]
) -> Chart:
    chart.x_labels = list(moments)
    chart.x_labels_major_count = min(5, len(moments))
    for name, values in series.items():
        chart.add(name, list(values))
    root = ET.fromstring(chart.render())  # noqa: S314 - pygal's own words, of lxml where that is installed # nosec B314
    heading = root.find(f"{_SPACE}title")
    if heading is not None:
        heading.text = title
    style = _only_drawing(root)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return Chart(_written(root), f"default-src 'none'; style-src 'sha256-{digest}'")


def _only_drawing(root: ET.Element) -> str:
    """Takes out what only a script would use, and returns the text of the one style that stays."""
    root.attrib.pop("id", None)
    for parent in list(root.iter()):
        parent.attrib.pop("style", None)
        for inner in list(parent):
            if inner.tag in _FOR_SCRIPTS or inner.get("class") == "tooltip":
                parent.remove(inner)
    return root.findtext(f"{_SPACE}defs/{_SPACE}style") or ""


def _written(root: ET.Element) -> bytes:
    """As SVG itself, not as a member of some namespace."""
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SPACE)
    root.set("xmlns", _SPACE.strip("{}"))
    return ET.tostring(root)

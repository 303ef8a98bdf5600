"""Imports point down, none hides in a function, none goes round in a circle."""

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FILES = [*sorted(p for room in ("handlers", "schemas") for p in (PROJECT / room).rglob("*.py")), PROJECT / "app.py"]
HTTP, SQL, WEB = {"requests", "urllib3", "http"}, {"sqlalchemy", "alembic"}, {"flask", "werkzeug", "gunicorn"}

# Who may import whom: a module belongs to the first prefix that fits it; everything may import its own room's lower parts.
MAY_IMPORT = {
    "schemas.platforms": {"schemas"},
    "schemas": {"schemas"},
    "handlers.errors": set(),
    "handlers.content": {"handlers.errors"},
    "handlers.signatures": set(),
    "handlers.digests": set(),
    "handlers.loading": {"handlers.errors", "handlers.platform"},
    "handlers.cloudevents_http": {"handlers.content", "handlers.errors", "handlers.platform", "schemas"},
    "handlers.own_words": {
        "handlers.errors",
        "handlers.loading",
        "handlers.platform",
        "handlers.signatures",
        "schemas",
    },
    "handlers.platform": {"handlers.signatures", "schemas"},
    "handlers.pretix_family": {
        "handlers.loading",
        *("handlers.pretix_family", "handlers.platform", "handlers.signatures", "handlers.errors", "schemas"),
    },
    "handlers.platforms": {
        "handlers.loading",
        "handlers.platform",
        "handlers.platforms",
        "handlers.pretix_family",
        "handlers.signatures",
        "handlers.own_words",
        "handlers.cloudevents_http",
        "handlers.digests",
        "handlers.content",
        "handlers.errors",
        "schemas",
    },
    "handlers.metrics": set(),
    "handlers.tracing": set(),
    "handlers.configuration": {"handlers.errors", "handlers.platform", "schemas"},
    "handlers.waiting": set(),
    "handlers.inbox": {"handlers.inbox", "handlers.errors", "handlers.waiting"},
    "handlers.receiving": {
        *("handlers.receiving", "handlers.inbox.arrival", "handlers.metrics", "handlers.errors"),
        *("handlers.platform", "handlers.signatures", "handlers.content", "schemas"),
    },
    "handlers.forwarding": {
        *(
            "handlers.forwarding",
            "handlers.inbox",
            "handlers.metrics",
            "handlers.tracing",
            "handlers.errors",
            "handlers.platform",
            "schemas",
        ),
    },
    "handlers.alerting": {
        *("handlers.alerting", "handlers.inbox", "handlers.forwarding.jobs", "handlers.forwarding.outgoing"),
        *("handlers.receiving.verifier", "handlers.signatures", "handlers.errors", "schemas"),
    },
    "handlers.operating": {"handlers", "schemas"},
    "app": {"handlers", "schemas"},
}


def module_of(file):
    parts = file.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom) or node.module is None:
        return []
    inner = [f"{node.module}.{alias.name}" for alias in node.names]
    return [name if is_module(name) else node.module for name in inner]


def is_module(name):
    place = PROJECT / name.replace(".", "/")
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def imports_of(file):
    return {name for node in ast.walk(ast.parse(file.read_text())) for name in imported(node)}


def own(names):
    return {name for name in names if name.partition(".")[0] in ("handlers", "schemas", "app")}


def below(name, prefixes):
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_a_module_imports_only_from_rooms_below_its_own(file):
    module = module_of(file)
    room = next((prefix for prefix in MAY_IMPORT if below(module, [prefix])), None)
    if room is None:
        assert module == "handlers"
        return
    assert {name for name in own(imports_of(file)) if not below(name, MAY_IMPORT[room])} == set()


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_no_import_hides_in_a_function(file):
    functions = [
        n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [imported(node) for f in functions for node in ast.walk(f) if imported(node)] == []


@pytest.mark.parametrize("file", [f for f in FILES if "platforms" in f.parts], ids=module_of)
def test_a_platform_sees_no_web_no_sql_and_no_http(file):
    assert {name.partition(".")[0] for name in imports_of(file)}.isdisjoint(HTTP | SQL | WEB)


@pytest.mark.parametrize(
    "file", [f for f in FILES if "inbox" not in f.parts and f.parts[-2] != "health"], ids=module_of
)
def test_only_the_inbox_speaks_sql(file):
    assert {name.partition(".")[0] for name in imports_of(file)}.isdisjoint(SQL)


def test_no_imports_go_round_in_a_circle():
    graph = {module_of(file): own(imports_of(file)) - {module_of(file)} for file in FILES}
    while free := {module for module, needs in graph.items() if not needs & graph.keys()}:
        graph = {module: needs for module, needs in graph.items() if module not in free}
    assert graph == {}

"""Every rule about HubSpot has a test that carries its number, and no test carries another."""

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
RULES = (PROJECT / "handlers/forwarding/RULES.md").read_text()
STATED = [int(number) for number in re.findall(r"^## (\d+)\. ", RULES, re.MULTILINE)]


def carried():
    """Which tests carry which number."""
    found = {}
    for file in sorted((PROJECT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            for number in numbers(node):
                found.setdefault(number, []).append(f"{file.name}::{node.name}")
    return found


def numbers(node):
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    calls = [call for call in decorators if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.rule"]
    return [ast.literal_eval(argument) for call in calls for argument in call.args]


def test_the_rules_are_numbered_from_one_to_twenty_five():
    assert list(range(1, 26)) == STATED


def test_every_rule_has_a_test_and_no_test_has_another():
    assert sorted(carried()) == STATED


def test_every_rule_says_where_it_comes_from_and_where_it_is_kept():
    for rule in re.split(r"^## ", RULES, flags=re.MULTILINE)[1:]:
        assert "Source:" in rule, rule
        assert re.search(r"Kept in:\s+`", rule), rule


def test_every_file_that_a_rule_names_exists():
    for name in re.findall(r"`((?:handlers|schemas|tests)/[\w./-]+\.py)`", RULES):
        assert (PROJECT / name).exists(), name

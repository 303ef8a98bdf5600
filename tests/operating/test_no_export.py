"""Nothing is exported to spreadsheets, so that no event's name can become a formula in one (CSV injection)."""

import re
from pathlib import Path

from handlers.operating import api
from handlers.operating.describing import describe

PROJECT = Path(__file__).resolve().parents[2]
EXPORTS = re.compile(r"csv\.(writer|DictWriter)|text/csv|openpyxl|xlsx|ms-excel|spreadsheet", re.IGNORECASE)


def test_no_module_writes_a_spreadsheet():
    files = [file for room in ("handlers", "schemas") for file in (PROJECT / room).rglob("*.py")]
    assert [str(file) for file in files if EXPORTS.search(file.read_text())] == []


def test_the_interface_answers_in_json_and_metrics_in_plain_text():
    answers = re.findall(r"'content': {'([^']+)'", repr(describe(api.OPERATIONS)))
    assert set(answers) <= {"application/json", "application/problem+json", "text/plain"}
    assert answers

"""Variables of the sources' file: from the environment, or from a file that the environment names."""

import pytest

from schemas.variables import Variables, expand


def expanded(text):
    faults = {}
    return expand(text, Variables(), "sources.own.secrets", faults), faults.get("sources.own.secrets", [])


def test_a_variable_may_stand_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.setenv("OWN_FILE", str(tmp_path / "secret"))
    monkeypatch.delenv("OWN", raising=False)
    assert expanded("${OWN}") == ("from a file", [])


def test_the_variable_itself_goes_before_the_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from a file")
    monkeypatch.setenv("OWN_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("OWN", "set")
    assert expanded("${OWN}") == ("set", [])


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_file_without_a_readable_text_is_a_fault_that_names_the_variable(monkeypatch, tmp_path, content):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    monkeypatch.setenv("OWN_FILE", str(tmp_path / "secret"))
    monkeypatch.delenv("OWN", raising=False)
    assert expanded("${OWN}") == (
        "",
        ["The variable OWN_FILE names no text file that can be read and holds something."],
    )


def test_a_variable_that_is_nowhere_is_a_fault(monkeypatch):
    monkeypatch.delenv("OWN", raising=False)
    monkeypatch.delenv("OWN_FILE", raising=False)
    assert expanded("x${OWN}") == ("x", ["The variable OWN is not set."])

"""A file of links: every fault with its line, or every row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.links import FaultyLinks, LinkRow, read_links

HEADER = "source,external_id,object_id"
SOURCES = ("box", "tickets")


def read(*lines):
    return read_links([line + "\n" for line in lines], SOURCES)


def faults(*lines):
    with pytest.raises(FaultyLinks) as refused:
        read(*lines)
    return refused.value.faults


def test_rows_carry_their_lines():
    assert read(HEADER, "tickets,ev-1,101", "", "box,acme:gala,102") == [
        LinkRow(2, "tickets", "ev-1", "101"),
        LinkRow(4, "box", "acme:gala", "102"),
    ]


def test_the_columns_may_stand_in_any_order_and_values_in_quotes():
    assert read("object_id,source,external_id", '101,tickets,"ev,1"') == [LinkRow(2, "tickets", "ev,1", "101")]


@pytest.mark.parametrize("lines", [(), ("tickets,ev-1,101",), ("source,external_id",), (HEADER + ",more",)])
def test_a_header_is_needed(lines):
    assert faults(*lines) == [f"line 1: Is no header: write {HEADER}."]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("tickets,ev-1", "line 2: Has 2 value(s), not 3."),
        ("nobody,ev-1,101", "line 2: source: No such source: choose one of box, tickets."),
        ("tickets,ev-1,12x", "line 2: object_id: Is not an objectId: give its digits."),
        ("tickets,,101", "line 2: external_id: "),
        ('tickets,"ev-1,101', "line 2: Is no CSV: "),
    ],
)
def test_a_faulty_row_is_named_by_its_line_and_column(line, says):
    (fault,) = faults(HEADER, line)
    assert fault.startswith(says)


def test_all_faults_come_at_once():
    found = faults(HEADER, "nobody,ev-1,101", "tickets,ev-1,101", "tickets,ev-2,x", "tickets,ev-1,101")
    assert found[:2] == [
        "line 2: source: No such source: choose one of box, tickets.",
        "line 4: object_id: Is not an objectId: give its digits.",
    ]
    assert found[2:] == [
        "line 5: external_id: Stands in line 3 already.",
        "line 5: object_id: Stands in line 3 already.",
    ]


def test_the_same_id_may_stand_under_two_sources():
    assert len(read(HEADER, "tickets,ev-1,101", "box,ev-1,102")) == 2


def test_a_file_that_is_no_text_is_a_fault(tmp_path):
    (tmp_path / "links.csv").write_bytes(HEADER.encode() + b"\ntickets,\xff,101\n")
    with (tmp_path / "links.csv").open(encoding="utf-8") as lines, pytest.raises(FaultyLinks, match="no text in UTF-8"):
        read_links(lines, SOURCES)


@given(st.lists(st.text(max_size=40), max_size=8))
def test_whatever_the_file_holds_there_are_rows_or_faults(lines):
    try:
        assert all(isinstance(row, LinkRow) for row in read(HEADER, *lines))
    except FaultyLinks as error:
        assert error.faults

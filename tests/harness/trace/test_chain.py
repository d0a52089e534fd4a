"""The end of the hash chain stands for every value of every row, in order."""

import hashlib
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.trace.chain import RowChain
from harness.trace.schema import TraceColumn

COLUMNS = [
    TraceColumn("tick", "int64"),
    TraceColumn("x"),
    TraceColumn("limited", "bool"),
    TraceColumn("mode", "category", categories=("IDLE", "NULL-G")),
]
ROWS = {
    "tick": np.arange(6),
    "x": np.array([0.0, -0.0, 1.5, np.nan, np.inf, 5e-324]),
    "limited": np.array([0, 1, 0, 0, 1, 1], bool),
    "mode": np.array([0, 0, 1, 1, 0, 1], np.int8),
}


def end(rows, columns=COLUMNS):
    chain = RowChain(columns)
    chain.extend(rows)
    return chain.hexdigest()


def taken(index):
    return {name: values[index] for name, values in ROWS.items()}


@given(st.lists(st.integers(0, 6), max_size=4))
def test_the_end_does_not_depend_on_the_batches(cuts):
    chain = RowChain(COLUMNS)
    edges = [0, *sorted(cuts), 6]
    for start, stop in itertools.pairwise(edges):
        chain.extend(taken(slice(start, stop)))
    assert chain.hexdigest() == end(ROWS)
    assert chain.rows == 6


@given(st.sampled_from(list(ROWS)), st.integers(0, 5))
def test_an_altered_value_changes_the_end(name, row):
    altered = {key: values.copy() for key, values in ROWS.items()}
    flipped = altered[name].view(np.uint8).reshape(6, -1)
    flipped[row, 0] ^= 1
    assert end(altered) != end(ROWS)


@given(st.integers(0, 5))
def test_a_missing_row_changes_the_end(row):
    assert end(taken(np.delete(np.arange(6), row))) != end(ROWS)


@given(st.permutations(range(6)))
def test_rows_in_another_order_change_the_end(order):
    same = list(order) == list(range(6))
    assert (end(taken(np.array(order))) == end(ROWS)) == same


def test_zero_and_minus_zero_are_told_apart():
    altered = {**ROWS, "x": np.where(ROWS["x"] == 0.0, 0.0, ROWS["x"])}
    assert end(altered) != end(ROWS)


@pytest.mark.parametrize(
    "column",
    [
        TraceColumn("tock", "int64"),
        TraceColumn("tick", "float64"),
    ],
)
def test_another_name_or_type_of_a_column_changes_the_end(column):
    rows = {**ROWS, "tock": ROWS["tick"]}
    assert end(rows, [column, *COLUMNS[1:]]) != end(rows)


def test_another_meaning_of_a_code_changes_the_end():
    other = TraceColumn("mode", "category", categories=("NULL-G", "IDLE"))
    assert end(ROWS, [*COLUMNS[:3], other]) != end(ROWS)


def test_the_chain_is_what_its_description_says():
    head = b'[["n","int64",[]],["x","float64",[]]]'
    first, second = (b"\x01" + bytes(7), b"\x02" + bytes(7))
    one = bytes.fromhex("000000000000f03f")
    digest = hashlib.sha512(head).digest()
    digest = hashlib.sha512(digest + first + one).digest()
    digest = hashlib.sha512(digest + second + one).digest()
    columns = [TraceColumn("n", "int64"), TraceColumn("x")]
    assert end({"n": np.array([1, 2]), "x": np.ones(2)}, columns) == digest.hex()

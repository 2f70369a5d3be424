"""Tables, entries and rows: compiled kernels find in a bundle what plain Python finds in its arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numba.core.errors import TypingError
from numpy.typing import NDArray

from simmodel.engine import jit
from simmodel.engine.block import B
from simmodel.engine.bundles import bundle_arrays
from simmodel.engine.prefetch import ask_for
from simmodel.engine.state import as_records

RECORD = np.dtype([("number", "i8"), ("share", "f8"), ("row", "f8", 4), ("rows", "f8", (3, 4))], align=True)


class Arrays(NamedTuple):
    records: Any  # (5,)
    square: Any  # (2, 5) records
    counts: NDArray[np.uint32]  # (6,)
    matrix: NDArray[np.float64]  # (3, 4)
    cube: NDArray[np.float64]  # (2, 3, 4)
    places: NDArray[np.int64]  # (2, 3)


def make_arrays() -> Arrays:
    numbers = np.random.default_rng(1)

    def records(*shape: int) -> Any:
        made = np.zeros(shape, RECORD)
        made["number"] = numbers.integers(0, 3, shape)
        for field in ("share", "row", "rows"):
            made[field] = numbers.random(made[field].shape)
        return as_records(made)

    counts, places = np.arange(6, dtype=np.uint32), numbers.integers(0, 3, (2, 3))
    return Arrays(records(5), records(2, 5), counts, numbers.random((3, 4)), numbers.random((2, 3, 4)), places)


@jit.kernel_step
def add_rows(target: Any, source: Any) -> None:
    for i in range(4):
        target[i] += source[i]


@jit.kernel_entry
def touch_everything(a: Any) -> None:
    for k in range(len(a.records)):
        record, other = a.records[k], a.square[1, k]
        add_rows(record.row, other.row)
        add_rows(record.rows[record.number], a.cube[1, other.number])
        add_rows(record.rows[0], record.row if other.share > 0.5 else a.matrix[2])
        for row in (other.row, a.matrix[0]):
            add_rows(row, record.rows[1])
        other.rows[2, 1] = record.share + a.matrix[a.places[1, 2], 3] + len(a.cube) + len(a.matrix)
        a.cube[0, 1, 3] = other.rows[2, 0]
        a.counts[k + 1] += np.uint32(a.places[0, 1] + record.number)
        page = a.cube[0]  # more than a row is left: numba's own array
        page[2, 1] += page.shape[0] * page.shape[1] + a.cube[1, 2][0]


def test_kernels_do_to_a_bundle_what_python_does_to_its_arrays() -> None:
    compiled, plain, before = make_arrays(), make_arrays(), make_arrays()
    touch_everything(bundle_arrays(compiled))
    getattr(touch_everything, "py_func", touch_everything)(plain)
    for name in Arrays._fields:
        np.testing.assert_array_equal(getattr(compiled, name), getattr(plain, name), err_msg=name)
        assert name == "places" or not np.array_equal(getattr(plain, name), getattr(before, name))


@jit.kernel_entry
def look_too_deep(a: Any) -> None:
    a.records[0].row[0, 1] = 1.0


@jit.kernel_entry
def name_no_field(a: Any) -> None:
    a.records[0].rwo[0] = 1.0


@jit.kernel_entry
def replace_a_row(a: Any) -> None:
    a.matrix[0] = a.matrix[1]


@pytest.mark.skipif(jit.jit_disabled(), reason="nothing is compiled")
@pytest.mark.parametrize("kernel", [look_too_deep, name_no_field, replace_a_row])
def test_what_is_not_there_does_not_compile(kernel: Any) -> None:
    with pytest.raises(TypingError):
        kernel(bundle_arrays(make_arrays()))


@pytest.mark.skipif(jit.jit_disabled(), reason="no bundle is made")
def test_arrays_in_another_order_are_refused() -> None:
    arrays = make_arrays()
    with pytest.raises(ValueError, match="in C order: matrix, cube"):
        bundle_arrays(arrays._replace(matrix=arrays.matrix.T, cube=arrays.cube[:, ::2]))
    with pytest.raises(TypeError, match="numbers or of aligned records"):
        bundle_arrays(arrays._replace(counts=np.array(["1"])))


@jit.kernel_step
def ask_for_a_row(a: Any) -> None:
    ask_for(a.matrix[1])


@jit.kernel_step
def ask_for_a_number(a: Any) -> None:
    ask_for(a.matrix[1, 2])


@pytest.mark.skipif(jit.jit_disabled(), reason="nothing is compiled")
def test_a_row_is_asked_for_line_by_line_and_nothing_but_a_row() -> None:
    a = bundle_arrays(make_arrays())
    ask_for_a_row(a)
    (code,) = ask_for_a_row.inspect_llvm().values()  # type: ignore[attr-defined]
    assert code.count("call void @llvm.prefetch") == B * 8 // 64
    with pytest.raises(TypingError):
        ask_for_a_number(a)

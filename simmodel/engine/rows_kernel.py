"""Rows of B draws: setting, copying and summing them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.elementary import turn_uniforms_into_normals
from simmodel.engine.jit import kernel_step
from simmodel.engine.random_streams import fill_uniforms_from_words

Row = NDArray[np.float64]
Matrix = NDArray[np.float64]
Index = NDArray[np.int64]


@kernel_step
def set_row(row: Row, value: float) -> None:
    """Give every draw one value."""
    for i in range(B):
        row[i] = value


@kernel_step
def copy_row(target: Row, source: Row) -> None:
    """Copy B values."""
    for i in range(B):
        target[i] = source[i]


@kernel_step
def copy_part(target: Row, source: Row, part: float) -> None:
    """Copy a part (or multiple) of B values."""
    for i in range(B):
        target[i] = source[i] * part


@kernel_step
def add_row(target: Row, source: Row) -> None:
    """Add B values."""
    for i in range(B):
        target[i] += source[i]


@kernel_step
def add_part(target: Row, source: Row, part: float) -> None:
    """Add a part (or multiple) of B values."""
    for i in range(B):
        target[i] += source[i] * part


@kernel_step
def add_rows(target: Row, one: Row, other: Row) -> None:
    """Sum of two rows."""
    for i in range(B):
        target[i] = one[i] + other[i]


@kernel_step
def multiply_rows(target: Row, one: Row, other: Row) -> None:
    """Product of two rows."""
    for i in range(B):
        target[i] = one[i] * other[i]


@kernel_step
def take_row(target: Row, source: Row) -> None:
    """Take away B values."""
    for i in range(B):
        target[i] -= source[i]


@kernel_step
def lower_row(target: Row, source: Row) -> None:
    """Bring B values down to those of another row."""
    for i in range(B):
        target[i] = min(target[i], source[i])


@kernel_step
def sum_rows(target: Row, matrix: Matrix, index: Index, first: int, last: int) -> None:
    """Add the rows index[first:last] of a matrix to `target`, four at a time (the target is then read less often)."""
    whole = first + (last - first) // 4 * 4
    for j in range(first, whole, 4):
        a, b, c, d = matrix[index[j]], matrix[index[j + 1]], matrix[index[j + 2]], matrix[index[j + 3]]
        for i in range(B):
            target[i] += (a[i] + b[i]) + (c[i] + d[i])
    for j in range(whole, last):
        a = matrix[index[j]]
        for i in range(B):
            target[i] += a[i]


@kernel_step
def fill_sum(target: Row, matrix: Matrix, index: Index, first: int, last: int) -> None:
    """Sum of the rows index[first:last] of a matrix; zero where there are none."""
    if last - first >= 4:
        a, b, c, d = matrix[index[first]], matrix[index[first + 1]], matrix[index[first + 2]], matrix[index[first + 3]]
        for i in range(B):
            target[i] = (a[i] + b[i]) + (c[i] + d[i])
        sum_rows(target, matrix, index, first + 4, last)
    elif last > first:
        copy_row(target, matrix[index[first]])
        sum_rows(target, matrix, index, first + 1, last)
    else:
        set_row(target, 0.0)


@kernel_step
def sum_products(target: Row, weights: Matrix, values: Matrix, index: Index, first: int, last: int) -> None:
    """Add weight times value of the rows index[first:last] to `target`."""
    whole = first + (last - first) // 2 * 2
    for j in range(first, whole, 2):
        a, b, x, y = weights[index[j]], weights[index[j + 1]], values[index[j]], values[index[j + 1]]
        for i in range(B):
            target[i] += a[i] * x[i] + b[i] * y[i]
    for j in range(whole, last):
        a, x = weights[index[j]], values[index[j]]
        for i in range(B):
            target[i] += a[i] * x[i]


@kernel_step
def sum_parts(target: Row, matrix: Matrix, parts: NDArray[np.float64], index: Index, first: int, last: int) -> None:
    """Add parts of the rows index[first:last] of a matrix to `target`, two at a time."""
    whole = first + (last - first) // 2 * 2
    for j in range(first, whole, 2):
        a, b, one, other = matrix[index[j]], matrix[index[j + 1]], parts[j], parts[j + 1]
        for i in range(B):
            target[i] += one * a[i] + other * b[i]
    for j in range(whole, last):
        add_part(target, matrix[index[j]], parts[j])


@kernel_step
def fill_sum_from(target: Row, start: Row, matrix: Matrix, index: Index, first: int, last: int) -> None:
    """Sum of a row and of the rows index[first:last] of a matrix."""
    if last - first >= 4:
        a, b, c, d = matrix[index[first]], matrix[index[first + 1]], matrix[index[first + 2]], matrix[index[first + 3]]
        for i in range(B):
            target[i] = start[i] + ((a[i] + b[i]) + (c[i] + d[i]))
        sum_rows(target, matrix, index, first + 4, last)
    else:
        copy_row(target, start)
        sum_rows(target, matrix, index, first, last)


@kernel_step
def take_uniform(row: Row, words: NDArray[np.uint32]) -> None:
    """Uniform numbers of B words."""
    fill_uniforms_from_words(row, words)


@kernel_step
def take_normal(row: Row, words: NDArray[np.uint32], scratch: Row, expected: int) -> None:
    """Standard normal numbers of B words; zeros in expected mode."""
    if expected == 1:
        set_row(row, 0.0)
    else:
        fill_uniforms_from_words(row, words)
        turn_uniforms_into_normals(row, scratch)


@kernel_step
def take_event(row: Row, words: NDArray[np.uint32], probability: float, expected: int) -> None:
    """1.0 where an event happens; its probability in expected mode."""
    if expected == 1:
        set_row(row, probability)
    else:
        fill_uniforms_from_words(row, words)
        for i in range(B):
            row[i] = 1.0 if row[i] < probability else 0.0

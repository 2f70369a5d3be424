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
def scale_row(row: Row, factor: float) -> None:
    """Multiply B values by a number."""
    for i in range(B):
        row[i] *= factor


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
    """Add the rows index[first:last] of a matrix to `target`, eight at a time (the target is then read less often)."""
    j = first
    while j + 8 <= last:
        a, b, c, d = matrix[index[j]], matrix[index[j + 1]], matrix[index[j + 2]], matrix[index[j + 3]]
        e, f, g, h = matrix[index[j + 4]], matrix[index[j + 5]], matrix[index[j + 6]], matrix[index[j + 7]]
        for i in range(B):
            target[i] += ((a[i] + b[i]) + (c[i] + d[i])) + ((e[i] + f[i]) + (g[i] + h[i]))
        j += 8
    if j + 4 <= last:
        a, b, c, d = matrix[index[j]], matrix[index[j + 1]], matrix[index[j + 2]], matrix[index[j + 3]]
        for i in range(B):
            target[i] += (a[i] + b[i]) + (c[i] + d[i])
        j += 4
    if j + 2 <= last:
        a, b = matrix[index[j]], matrix[index[j + 1]]
        for i in range(B):
            target[i] += a[i] + b[i]
        j += 2
    if j < last:
        a = matrix[index[j]]
        for i in range(B):
            target[i] += a[i]


@kernel_step
def fill_sum(target: Row, matrix: Matrix, index: Index, first: int, last: int) -> None:
    """Sum of the rows index[first:last] of a matrix; zero where there are none."""
    n, j = last - first, first
    if n >= 8:
        a, b, c, d = matrix[index[j]], matrix[index[j + 1]], matrix[index[j + 2]], matrix[index[j + 3]]
        e, f, g, h = matrix[index[j + 4]], matrix[index[j + 5]], matrix[index[j + 6]], matrix[index[j + 7]]
        for i in range(B):
            target[i] = ((a[i] + b[i]) + (c[i] + d[i])) + ((e[i] + f[i]) + (g[i] + h[i]))
        j += 8
    elif n >= 4:
        a, b, c, d = matrix[index[j]], matrix[index[j + 1]], matrix[index[j + 2]], matrix[index[j + 3]]
        for i in range(B):
            target[i] = (a[i] + b[i]) + (c[i] + d[i])
        j += 4
    elif n >= 2:
        a, b = matrix[index[j]], matrix[index[j + 1]]
        for i in range(B):
            target[i] = a[i] + b[i]
        j += 2
    elif n == 1:
        copy_row(target, matrix[index[j]])
        j += 1
    else:
        set_row(target, 0.0)
    if j < last:
        sum_rows(target, matrix, index, j, last)


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
    n, j = last - first, first
    if n >= 7:
        a, b, c, d = matrix[index[j]], matrix[index[j + 1]], matrix[index[j + 2]], matrix[index[j + 3]]
        e, f, g = matrix[index[j + 4]], matrix[index[j + 5]], matrix[index[j + 6]]
        for i in range(B):
            target[i] = ((start[i] + a[i]) + (b[i] + c[i])) + ((d[i] + e[i]) + (f[i] + g[i]))
        j += 7
    elif n >= 3:
        a, b, c = matrix[index[j]], matrix[index[j + 1]], matrix[index[j + 2]]
        for i in range(B):
            target[i] = (start[i] + a[i]) + (b[i] + c[i])
        j += 3
    elif n >= 1:
        a = matrix[index[j]]
        for i in range(B):
            target[i] = start[i] + a[i]
        j += 1
    else:
        copy_row(target, start)
    if j < last:
        sum_rows(target, matrix, index, j, last)


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

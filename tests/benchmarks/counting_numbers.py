"""A block of the kernels as plain Python on numbers and rows that count what is done with them; no source is read.

A process of its own, with NUMBA_DISABLE_JIT=1: pickled inputs in, counts as JSON out.  Of a choice it sees the side
that is taken, of a comparison and its choice the comparison.
"""

from __future__ import annotations

import json
import pickle
import sys
from collections import Counter
from typing import Any

import numpy as np

DONE: Counter[str] = Counter()
OPERATORS = {
    "sums": "add radd sub rsub",
    "products": "mul rmul truediv rtruediv",
    "choices": "lt le gt ge eq ne abs",
}


class Number(np.float64):
    """An element of a row; what is calculated from it is one, too."""


def counted(kind: str, name: str) -> Any:
    """A method of numbers that counts itself."""
    original = getattr(np.float64, name)

    def operate(*arguments: Any) -> Any:
        DONE[kind] += 1
        result = original(*map(np.float64, arguments))
        return Number(result) if isinstance(result, np.float64) else result

    return operate


for kind, names in OPERATORS.items():
    for name in names.split():
        setattr(Number, f"__{name}__", counted(kind, f"__{name}__"))


class Rows:
    """An array of the state, or a part of one; an element read or written twice in a pass counts once."""

    lane = -1
    touched: dict[int, set[str]] = {}  # addresses in the pass at hand

    def __init__(self, array: Any, width: int) -> None:
        self.array, self.width = array, width

    def __len__(self) -> int:
        return len(self.array)

    def __getattr__(self, name: str) -> Any:
        return self.part(getattr(self.array, name))

    def part(self, part: Any) -> Any:
        """Rows of an array; a number as it is."""
        return Rows(part, self.width) if isinstance(part, np.ndarray | np.void) else part

    def is_element(self, place: Any) -> bool:
        """Tell whether a place is one number of a row."""
        array, axes = self.array, len(place) if isinstance(place, tuple) else 1
        return array.dtype == np.float64 and array.ndim == axes and array.shape[-1] == self.width

    def touch(self, place: Any, how: str) -> None:
        """Count an element; another draw begins another pass."""
        place = place if isinstance(place, tuple) else (place,)
        if place[-1] != Rows.lane:
            Rows.lane = place[-1]
            Rows.touched.clear()
        address = self.array.ctypes.data + sum(a * b for a, b in zip(place, self.array.strides, strict=True))
        before = Rows.touched.setdefault(address, set())
        if how not in before and not (how == "reads" and before):
            DONE[how] += 1
        before.add(how)

    def __getitem__(self, place: Any) -> Any:
        if not self.is_element(place):
            return self.part(self.array[place])
        self.touch(place, "reads")
        return Number(self.array[place])

    def __setitem__(self, place: Any, value: Any) -> None:
        if self.is_element(place):
            self.touch(place, "writes")
        self.array[place] = value


def bare(module: Any, name: str) -> None:
    """Let a function see plain numbers and arrays, and count nothing in it."""
    original = getattr(module, name)

    def call(*arguments: Any) -> Any:
        plain = [getattr(one, "array", np.float64(one) if isinstance(one, Number) else one) for one in arguments]
        result = original(*plain)
        return Number(result) if isinstance(result, np.float64) else result

    setattr(module, name, call)


def main() -> None:
    """Simulate a block."""
    inputs = pickle.load(sys.stdin.buffer)
    from simmodel.engine import elementary

    for name in ("normal_cdf", "power", "exp", "log", "turn_uniforms_into_normals"):
        bare(elementary, name)
    from simmodel.engine import random_streams

    for name in ("fill_four_words", "fill_uniforms_from_words"):
        bare(random_streams, name)
    from simmodel.engine import monte_carlo
    from simmodel.engine.keep_plan import KeepPlan

    def run_block(state: Any, network: Any, incidence: Any, streams: Any, collection: Any, *rest: Any) -> None:
        widths = {name: array.shape[-1] if name == "fold" else monte_carlo.B for name, array in state._asdict().items()}
        rows = type(state)(*(Rows(array, widths[name]) for name, array in state._asdict().items()))
        original(rows, network, incidence, streams, collection, *rest)

    original, monte_carlo.run_block = monte_carlo.run_block, run_block
    with np.errstate(all="ignore"):
        monte_carlo.simulate(inputs, draws=monte_carlo.B, threads=1, keep=KeepPlan.nothing(inputs.network))
    json.dump(DONE, sys.stdout)


if __name__ == "__main__":
    main()

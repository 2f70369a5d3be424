"""The least a simulation can cost with its arithmetic: the floor of elementary functions, and all else done to rows.

What is done to rows is counted (`lane_loops.py`, `passes.py`) and then done as fast as this machine does it: loops over
the same few rows, with the reads, writes and operations of the model in their proportions, where nothing waits for
anything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import ROOT
from benchmarks.floor import OPTIONS, count_calls, floor_of
from benchmarks.lane_loops import OPERATIONS, count_pass, find_loops, find_scalars
from benchmarks.passes import Passes, count_passes
from simmodel.engine import jit
from simmodel.engine.block import B
from simmodel.engine.state import aligned
from simmodel.inputs.model_inputs import ModelInputs

ENGINE = ROOT / "simmodel" / "engine"
COUNTED_ELSEWHERE = {"fill_four_words", "fill_uniforms_from_words"}  # in the floor of elementary functions
PAGE = 4096
# A loop of two writes goes through some eight rows, one page.  With more of them, the same loops took two to six times
# as long on some pages of memory.
TARGETS, LOOPS = 2, 32
STATEMENTS = {  # a and b are rows or numbers
    "fused": "v = v * {b} + {a}",
    "sums": "v = v + {a}",
    "choices": "w = {a}; v = v if v < w else w",
    "divisions": "v = b / v",
    "roots": "v = np.sqrt(v)",
    "products": "v = v * {b}",  # last: with a sum after it, it would be fused
}


def count_rows(passes: Passes) -> Counter[str]:
    """Rows read and written, and operations on rows, of a block: what must be done beside the elementary functions.

    Loops that set or copy rows calculate nothing; the rows of a loop that calls an elementary function can be read and
    written while that is calculated.  Neither counts.
    """
    loops = {loop.name: loop for path in ENGINE.glob("*.py") for loop in find_loops(path)}
    scalars = reduce(dict.__or__, map(find_scalars, ENGINE.glob("*.py")))
    total: Counter[str] = Counter()
    for (name, chosen), times in passes.items():
        if loops[name].function not in COUNTED_ELSEWHERE:
            found = count_pass(loops[name], scalars, chosen)
            waits = found.pop("elementary", 0) == 0 and any(kind in OPERATIONS for kind in found)
            total.update({kind: n * times for kind, n in found.items() if waits or kind in OPERATIONS})
    return Counter({kind: round(count) for kind, count in total.items()})


def write_loops(counted: Mapping[str, int]) -> tuple[str, Counter[str]]:
    """Source of loops that do their share of what was counted, rounded down, and what they do; `rows` they go through.

    Each write has its own reads and operations.  Their results stay near one: nothing written is read again.
    """
    lines, done, place = ["def do_rows(rows, a, b, times):", "    for _ in range(times):"], Counter[str](), 0
    for write in range(TARGETS * LOOPS):
        if write % TARGETS == 0:
            lines.append(f"        for i in range({B}):")
            place = TARGETS
        due = {kind: counted[kind] * (write + 1) // counted["writes"] - done[kind] for kind in ("reads", *OPERATIONS)}
        text = "; ".join(["v = {a}", *(STATEMENTS[kind] for kind in OPERATIONS for _ in range(due[kind]))])
        due["reads"] = min(due["reads"], text.count("{"))
        rows = iter([f"rows[i + {B * (place + k)}]" for k in range(due["reads"])])
        text = re.sub(r"{(.)}", lambda number, rows=rows: next(rows, number[1]), text)
        lines.append(f"            {text}; rows[i + {B * (write % TARGETS)}] = v")
        place += due["reads"]
        done.update(due, writes=1)
        done["rows"] = max(done["rows"], place)
    return "\n".join(lines), done


def compile_loops(counted: Mapping[str, int]) -> tuple[Any, NDArray[np.float64], Counter[str]]:
    """The loops compiled as the engine is, rows for them from the start of a page on, and what they do."""
    source, done = write_loops(counted)
    names: dict[str, Any] = {"np": np}
    exec(source, names)
    memory = aligned((done["rows"] * B + PAGE // 8,))
    rows: NDArray[np.float64] = memory[-memory.ctypes.data % PAGE // 8 :][: done["rows"] * B]
    rows[:] = np.random.default_rng(1).uniform(0.5, 1.5, rows.size)
    return jit.numba.njit(**OPTIONS)(names["do_rows"]), rows, done


def work_of(inputs: ModelInputs) -> tuple[Callable[[int], None], Counter[str]]:
    """What calls the elementary functions and does the rest to rows for a number of blocks; the count of a block."""
    counted, call_elementary = count_rows(count_passes(inputs)), floor_of(count_calls(inputs))
    do_rows, rows, done = compile_loops(counted)

    def work(blocks: int) -> None:
        call_elementary(blocks)
        do_rows(rows, 0.3, 0.9, blocks * counted["writes"] // done["writes"])

    return work, counted

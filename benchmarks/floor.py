"""The least a simulation can cost: its random words, normals, exp and log, on rows that stay in the first-level cache.

How many there are follows from the sizes of the network and from which candidate paths are open, counted step by step
below as the kernels call them (`tests/benchmarks` compares the count with an instrumented run).  The normal
distribution function counts as its one exp, a power as one exp and one log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simmodel.engine import jit
from simmodel.engine.block import B
from simmodel.engine.elementary import exp, log, turn_uniforms_into_normals
from simmodel.engine.random_streams import fill_four_words, fill_uniforms_from_words
from simmodel.inputs.model_inputs import ModelInputs, Network

OPTIONS = {**jit.KERNEL_OPTIONS, "nogil": True}


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of a whole draw: evaluations of four words, normals, exp, log."""

    quads: int
    normals: int
    exps: int
    logs: int

    def __add__(self, other: Calls) -> Calls:
        return Calls(
            self.quads + other.quads, self.normals + other.normals, self.exps + other.exps, self.logs + other.logs
        )


def count_calls(inputs: ModelInputs, draws: int = B) -> Calls:
    """Calls of a draw of all runs, as one of a block of `draws` draws."""
    network = inputs.network
    years = len(network.years)
    shocks = count_shocks(network)
    per_run = [count_run(network, run) for run in network.runs]
    paths = count_paths(inputs, draws)
    return Calls(
        quads=years * shocks.quads,
        normals=years * shocks.normals,
        exps=years * (shocks.exps + sum(calls.exps for calls in per_run)) + paths + 1,
        logs=years * (shocks.logs + sum(calls.logs for calls in per_run)) + paths + 1,
    )


def count_shocks(network: Network) -> Calls:
    """Calls of a year's shocks, which all runs share."""
    countries, transits, hazards = len(network.countries) - 1, len(network.transits), len(network.hazards)
    segments, others = len(network.segments), len(network.borders) + len(network.regions) + len(network.sections)
    market = Calls(0, 0, 1, 0)  # maturity of growth; its shocks are drawn before the blocks
    country = Calls(2, 5, 3, 0)  # output, size of jumps and of shutdowns
    transit = Calls(1, 1, 1, 0)
    hazard = Calls(1, 2, 4, 1)  # rate in the year (a power), no event, outage, damage
    segment = Calls(1, 1, 1, 0)
    total = market + Calls(others, 0, 0, 0)
    for calls, count in ((country, countries), (transit, transits), (hazard, hazards), (segment, segments)):
        total += Calls(calls.quads * count, calls.normals * count, calls.exps * count, calls.logs * count)
    return total


def count_run(network: Network, run: np.void) -> Calls:
    """Calls of a year of a run, route choice aside."""
    countries, regions, demands = len(network.countries) - 1, len(network.regions), len(network.demands)
    surplus = 2 * regions if run["reference_run"] >= 0 and network.runs[run["reference_run"]] != run else 0
    # jumps, rate, tariffs, margin, localisation; retail, two distribution functions, use; price index
    exps = 5 * countries + 4 * regions + demands
    # margin; retail, adoption, use; price index
    logs = countries + 3 * regions + demands + surplus
    return Calls(0, 0, exps, logs)


def count_paths(inputs: ModelInputs, draws: int) -> int:
    """Powers of path prices: in the base year, and in every run and year for the paths open in some draw of a block."""
    from simmodel.engine.keep_plan import KeepPlan
    from simmodel.engine.monte_carlo import simulate

    network = inputs.network
    years, new = len(network.years), network.paths["has_candidate"] == 1
    output = simulate(inputs, draws=draws, threads=1, keep=KeepPlan.nothing(network))
    first = np.where(network.links["candidate"] == 1, np.minimum(output.open_t.min(axis=1), years), 0)
    opened = 0
    for path in network.paths[new]:
        links = network.path_links["link"][path["first_link"] : path["last_link"]]
        opened += years - int(first[links].max())
    portfolio = int(network.runs["has_portfolio"].sum())
    base = len(network.paths) + int(new.sum()) + len(network.demands)
    return base + len(network.runs) * years * int((~new).sum()) + portfolio * opened


def floor_of(calls: Calls) -> Callable[[int], None]:
    """What makes these calls for a number of blocks."""
    rows, words = np.full((8, B), 0.5), np.zeros((4, B), np.uint32)

    def work(blocks: int) -> None:
        call_elementary(rows, words, calls.quads, calls.normals, calls.exps, calls.logs, blocks)

    return work


@jit.numba.njit(**OPTIONS)
def call_elementary(
    rows: NDArray[np.float64], words: NDArray[np.uint32], quads: int, normals: int, exps: int, logs: int, blocks: int
) -> None:
    """Call the elementary functions as often as some blocks of a simulation do."""
    for block in range(blocks):
        for k in range(quads):
            fill_four_words(words, np.uint64(1), block * B, np.uint64(k), 0, 0)
        for k in range(normals):
            fill_uniforms_from_words(rows[k % 4], words[k % 4])
            turn_uniforms_into_normals(rows[k % 4], rows[4])
        for k in range(exps):
            fill_exp(rows[4 + k % 4], rows[k % 4])
        for k in range(logs):
            fill_log(rows[k % 4], rows[4 + k % 4])


@jit.numba.njit(**jit.KERNEL_OPTIONS)
def fill_exp(target: NDArray[np.float64], source: NDArray[np.float64]) -> None:
    """Exponential function of a row."""
    for i in range(B):
        target[i] = exp(source[i])


@jit.numba.njit(**jit.KERNEL_OPTIONS)
def fill_log(target: NDArray[np.float64], source: NDArray[np.float64]) -> None:
    """Natural logarithm of a row."""
    for i in range(B):
        target[i] = log(source[i])

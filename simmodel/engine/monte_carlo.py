"""Simulate many draws: static parameters, blocks on threads, results gathered in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.bundles import bundle_arrays
from simmodel.engine.collect import BINS, Collection
from simmodel.engine.draw_block import prepare_block, run_block, run_years
from simmodel.engine.engine_output import EngineOutput, gather_output, moment_shapes
from simmodel.engine.executors import BlockRange, run_blocks
from simmodel.engine.histograms import PILOT_DRAWS, Histograms, range_of_pilot
from simmodel.engine.incidence import COMMON_SHOCKS, Incidence, Streams, find_incidence, name_streams
from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.moments import MomentTree
from simmodel.engine.origin import find_origin
from simmodel.engine.point_sets import Sampling
from simmodel.engine.sampling import AnnualFactor, SamplingPlan, StaticSampler, plan_sampling
from simmodel.engine.side_by_side import compile_side_by_side
from simmodel.engine.state import State, aligned, as_records, new_state
from simmodel.errors import SimulationError
from simmodel.inputs.model_inputs import (
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
    RUNS,
    ModelInputs,
    Names,
    Network,
)

__all__ = ["EngineOutput", "RunMembers", "plan_draws", "simulate"]

Array = NDArray[np.float64]
TABLES: Final = (
    ("links", LINK_VARIABLES),
    ("regions", REGION_VARIABLES),
    ("countries", COUNTRY_VARIABLES),
    ("transit markets", MARKET_VARIABLES),
)


def simulate(
    inputs: ModelInputs,
    *,
    draws: int,
    first_draw: int = 0,
    of_draws: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    keep: KeepPlan,
    deterministic: bool = False,
    members: RunMembers | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> EngineOutput:
    """Simulate all runs of a scenario on the same draws.

    A draw's results depend on the seed and its number alone: not on threads, nor on the range of draws asked for (with
    a Latin hypercube also on `of_draws`).  Parts that start at multiples of the block can be simulated separately and
    joined (`engine_output.join_outputs`) to the bits of one piece.

    Parameters
    ----------
    draws : how many, at least 1
    first_draw : number of the first
    of_draws : draws of the whole simulation that this is a part of; by default up to the last of this part
    seed : by default the scenario's
    threads : by default all processors
    keep : rows to keep draw by draw and cells to count; `keep.size_bytes` says what they take
    deterministic : static parameters at their medians, events at their expected numbers; one draw
    members : candidate links of each run; by default all in the runs that have a portfolio
    progress : called now and then with the blocks done and all blocks

    Raises
    ------
    SimulationError
        for a number that is not finite, naming step, draw, object and year.
    ValueError
        no draw, draws before the first or beyond the last of the whole simulation, or beyond 2**32
    """
    if deterministic:
        draws, first_draw, of_draws = 1, 0, 1
    whole = first_draw + draws if of_draws is None else of_draws
    if draws < 1 or first_draw < 0:
        raise ValueError(f"{draws} draws from {first_draw} on: at least one draw, from 0 on")
    if not first_draw + draws <= whole <= 2**32:
        raise ValueError(
            f"draws {first_draw} to {first_draw + draws - 1} of a simulation of {whole} draws: a part ends with the "
            "whole (of_draws) at the latest, and the whole at 2**32"
        )
    request = _Request(inputs, draws, first_draw, whole, seed, keep, deterministic, members)
    ranges = _pilot_ranges(request, threads) if (keep.cells() >= 0).any() else None
    job = _Simulation(request, ranges)
    run_blocks(
        job.simulate_blocks,
        BlockRange.of_draws(first_draw, first_draw + draws),
        new_state=job.new_space,
        threads=threads,
        progress=progress,
    )
    return job.output()


class RunMembers(NamedTuple):
    """Which links are part of each run of the network, and when they start."""

    run_links: NDArray[np.int64]  # (runs, links) 1 part of the run; existing links always
    run_delay: NDArray[np.float64]  # (runs, links) years later than planned
    run_waits: NDArray[np.int64]  # (runs, links) 1 wait for the host project


@dataclass(frozen=True, slots=True)
class _Request:
    """What `simulate` was asked for."""

    inputs: ModelInputs
    draws: int
    first_draw: int
    of_draws: int
    chosen_seed: int | None
    keep: KeepPlan
    deterministic: bool
    members: RunMembers | None

    @property
    def seed(self) -> int:
        """Seed of every random number."""
        return self.inputs.seed if self.chosen_seed is None else self.chosen_seed


def plan_draws(inputs: ModelInputs) -> SamplingPlan:
    """Plan the draws of all static parameters and of the market's common shocks in every year."""
    annual = [
        AnnualFactor("market", year, word)
        for year in range(len(inputs.network.years))
        for word in range(len(COMMON_SHOCKS))
    ]
    return plan_sampling(
        inputs.slots, correlations=inputs.correlations, common_factors=inputs.common_factors, annual=annual
    )


def _pilot_ranges(request: _Request, threads: int | None) -> Array:
    """Ranges of the histograms from the first draws of the whole simulation, whatever part of it is asked for."""
    draws = min(PILOT_DRAWS, request.of_draws)
    pilot = simulate(
        request.inputs,
        draws=draws,
        of_draws=request.of_draws,
        seed=request.seed,
        threads=threads,
        keep=KeepPlan.nothing(request.inputs.network),
    )
    counted = request.keep.cells() >= 0
    return range_of_pilot(pilot.link_mean[counted], pilot.link_m2[counted], draws)


def _normalise(network: Network, *, deterministic: bool) -> Network:
    """C-ordered, aligned, writable arrays of one layout, so that one compilation serves every scenario.

    An empty list of objects keeps its length.
    """
    arrays = []
    for array in network:
        copy = aligned(array.shape, array.dtype)[tuple(slice(length) for length in array.shape)]
        copy[...] = array
        arrays.append(as_records(np.ascontiguousarray(copy)) if copy.size else as_records(copy.copy()))
    normal = Network(*arrays)
    if deterministic:
        normal.market["expected_events"] = 1
    return normal


def _by_object(index: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn [run, variable, object] into [run, object, variable]: the kernels go through the variables of an object."""
    return np.ascontiguousarray(index.swapaxes(1, 2))


@dataclass(slots=True)
class _Space:
    """What one thread works on and writes to."""

    state: State
    sampling: tuple[Array, Array]
    collection: Collection
    moments: list[Array]
    bundled_state: Any
    bundled_collection: Any


class _Simulation:
    """One call of `simulate`: shared arrays, and moments merged up the tree of blocks."""

    def __init__(self, request: _Request, ranges: Array | None) -> None:
        inputs, keep = request.inputs, request.keep
        self.request, self.keep, self.ranges = request, keep, ranges
        self.network = _normalise(inputs.network, deterministic=request.deterministic)
        self.incidence: Incidence = find_incidence(self.network)
        if request.members is not None:
            self.incidence = self.incidence._replace(**request.members._asdict())
        streams: Streams = name_streams(inputs)
        self.parameters: Any = tuple(bundle_arrays(arrays) for arrays in (self.network, self.incidence, streams))
        self.sampler = StaticSampler(
            plan_draws(inputs),
            seed=request.seed,
            draws=request.of_draws,
            sampling=Sampling(inputs.sampling),
            deterministic=request.deterministic,
        )
        self.start = request.first_draw // B * B
        self.kept_draws = keep.kept_draws(request.first_draw, request.draws)
        skipped = request.first_draw - self.start
        columns = -(-(skipped + self.kept_draws) // B) * B if self.kept_draws else 0
        years = len(self.network.years)
        self.kept = [np.empty((max(1, rows), years, columns)) for rows in keep.rows()]
        self.openings = np.zeros((3, max(1, len(self.network.links)), columns))
        self.tree = MomentTree()
        self._spaces: list[_Space] = []
        self._lock = threading.Lock()

    def new_space(self) -> _Space:
        """Memory of one thread."""
        network, keep = self.network, self.keep
        state = new_state(network, self.incidence, len(self.sampler.plan.names))
        link, region, country, market, path, base = moments = [
            np.zeros((2, *shape)) for shape in moment_shapes(network)
        ]
        ranges = np.zeros((1, 1, 3)) if self.ranges is None else self.ranges
        tails = np.zeros((2, 2, *ranges.shape[:2]))
        if self.ranges is not None:
            moments.append(tails)
        collection = Collection(
            link_row=_by_object(keep.link_row),
            region_row=_by_object(keep.region_row),
            country_row=_by_object(keep.country_row),
            market_row=_by_object(keep.market_row),
            section_row=keep.section_rows(network),
            kept_links=self.kept[0],
            kept_regions=self.kept[1],
            kept_countries=self.kept[2],
            kept_markets=self.kept[3],
            kept_sections=self.kept[4],
            openings=self.openings,
            link_moments=link,
            region_moments=region,
            country_moments=country,
            market_moments=market,
            path_moments=path,
            base_moments=base,
            link_cell=_by_object(keep.cells()),
            ranges=ranges,
            counts=np.zeros((*ranges.shape[:2], BINS), dtype=np.uint32),
            tails=tails[0],
            broken=np.zeros(7, dtype=np.int64),
            lanes=np.zeros(3, dtype=np.int64),
        )
        space = _Space(
            state, self.sampler.new_space(), collection, moments, bundle_arrays(state), bundle_arrays(collection)
        )
        self._compile(space)
        with self._lock:
            self._spaces.append(space)
        return space

    def _compile(self, space: _Space) -> None:
        """Compile the kernels of which there is no code yet: the years here, all that comes before them beside."""
        network, incidence, streams = self.parameters
        state, collection = space.bundled_state, space.bundled_collection
        seed = np.uint64(self.request.seed)
        compile_side_by_side(
            here=[(run_years, (state, network, incidence, collection))],
            beside=[
                (prepare_block, (state, network, incidence, streams, collection, seed, 0)),
                self.sampler.fill_call(space.state.drawn, 0, space.sampling),
            ],
        )

    def simulate_blocks(self, first_block: int, last_block: int, space: _Space) -> None:
        """Simulate whole blocks; their moments go up the tree of the chunk, and then into that of the simulation."""
        request, tree, collection = self.request, MomentTree(), space.collection
        network, incidence, streams = self.parameters
        for block in range(first_block, last_block):
            start = block * B
            column = start - self.start
            first_lane = max(request.first_draw - start, 0)
            last_lane = min(request.first_draw + request.draws - start, B)
            collection.lanes[:] = column if column < self.openings.shape[2] else -1, first_lane, last_lane
            self.sampler.fill(space.state.drawn, start, space.sampling)
            run_block(
                space.bundled_state,
                network,
                incidence,
                streams,
                space.bundled_collection,
                np.uint64(request.seed),
                start,
            )
            if collection.broken[0]:
                raise _broken_number(request.inputs, collection.broken, start)
            tree.add(0, block, last_lane - first_lane, space.moments)
        with self._lock:
            self.tree.absorb(tree)

    def output(self) -> EngineOutput:
        """Everything, without the padding of the blocks."""
        request = self.request
        skip = request.first_draw - self.start
        wanted = slice(skip, skip + self.kept_draws)
        kept = [array[:rows, :, wanted] for array, rows in zip(self.kept, self.keep.rows(), strict=True)]
        return gather_output(
            self.network,
            draws=request.draws,
            first_draw=request.first_draw,
            origin=find_origin(
                request.inputs,
                seed=request.seed,
                of_draws=request.of_draws,
                deterministic=request.deterministic,
                members=request.members,
            ),
            keep=self.keep,
            kept=(*kept, self.openings[:, : len(self.network.links), wanted]),
            tree=self.tree,
            histograms=self._histograms(),
        )

    def _histograms(self) -> Histograms | None:
        """Counts of all threads together."""
        if self.ranges is None:
            return None
        counts = self._spaces[0].collection.counts
        for space in self._spaces[1:]:
            counts += space.collection.counts
        return Histograms(self.keep.cells(), self.ranges, counts)


def _broken_number(inputs: ModelInputs, broken: NDArray[np.int64], first_draw: int) -> SimulationError:
    """Say where a number that is not finite was found."""
    _, table, run, variable, number, year, lane = (int(value) for value in broken)
    title, variables = TABLES[table]
    run_name = RUNS[run] if len(inputs.network.runs) == len(RUNS) else f"run {run}"
    return SimulationError(
        f"{variables[variable]} of {title} {_object_name(inputs.names, table, number)!r} is not finite ({run_name})",
        kernel=STEP_OF_VARIABLE.get(variables[variable], "cash"),
        draw=first_draw + lane,
        link=inputs.names.links[number] if table == 0 else "",
        year=inputs.first_year + year,
    )


def _object_name(names: Names, table: int, number: int) -> str:
    """Name of the object of a row."""
    groups = (names.links, names.regions, names.countries, (*names.transits, "all demands"))
    return groups[table][number]


STEP_OF_VARIABLE: Final[dict[str, str]] = {
    "flow": "flows",
    "price_regional": "pricing",
    "price_transit": "pricing",
    "capex": "construction",
    "capex_economic": "construction",
    "anchor": "construction",
    "availability": "hazards",
    "lit": "capacity",
    "opex": "capacity",
    "opex_usd": "capacity",
    "required_revenue": "pricing",
    "users": "demand",
    "retail_price": "demand",
    "affordable_share": "demand",
    "demand": "demand",
    "unserved": "flows",
    "lost": "losses",
    "wholesale_price": "routes",
    "price_index": "routes",
    "satellite_flow": "flows",
    "payment": "losses",
    "surplus_change": "countries",
    "trapezoid": "countries",
    "gateway_margin": "gateways",
    "gateway_revenue": "gateways",
    "gateway_cost": "gateways",
    "discrimination_ratio": "countries",
    "squeeze_headroom": "countries",
    "gdp_index": "shocks",
    "exchange_rate": "gateways",
    "outside_share": "routes",
    "external_payment": "losses",
    "outside_price_index": "shocks",
}

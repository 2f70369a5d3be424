"""Simulate many draws: static parameters, blocks on threads, results gathered in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.bundles import bundle_arrays
from simmodel.engine.collect import Collection, KeepPlan, merge_moments
from simmodel.engine.draw_block import run_block
from simmodel.engine.executors import BlockRange, run_blocks
from simmodel.engine.incidence import Incidence, Streams, find_incidence, name_streams
from simmodel.engine.sampling import draw_static_values, plan_sampling
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

__all__ = ["EngineOutput", "simulate"]

Array = NDArray[np.float64]
TABLES: Final = (
    ("links", LINK_VARIABLES),
    ("regions", REGION_VARIABLES),
    ("countries", COUNTRY_VARIABLES),
    ("transit markets", MARKET_VARIABLES),
)


@dataclass(frozen=True, slots=True)
class EngineOutput:
    """Results of a simulation; money is nominal million USD unless a variable's name says otherwise.

    Kept rows are numbered by `keep`.  Means and sums of squared deviations (``_m2``; divide by draws - 1 for the
    variance) are of the simulated draws alone.

    Attributes
    ----------
    draws, first_draw, seed, deterministic : what was simulated
    keep : which rows were kept
    drawn : (slots, draws) static parameters
    links, regions, countries, markets : (rows, years, draws) kept rows; the last market is all demands together
    open_t, works_start : (links, draws) year index of first service and start of the works of candidate links in the
        run `with`, years since the start of the first year; `open_t` of a link never finished is `state.NEVER` (1e9)
    completed : (links, draws) 1 finished, 0 never
    link_mean, link_m2 : [run, variable, link, year]; likewise region, country, market
    path_flow_mean : [run, path, year] Gbit/s
    base_demand : (demands,) mean traffic of the base year [Gbit/s]
    base_wholesale : (regions,) mean wholesale price of the base year [USD/Mbps/month]
    base_margin : (countries,) mean gateway margin of the base year [USD/Mbps/month]
    base_exit_share : (exits,) mean share of a demand's traffic that leaves by an exit
    base_link_flow : (links, 2) mean flow by class [Gbit/s]
    base_link_price : (links, 2) price by class, candidates at avoidable cost [USD/Mbps/month]
    """

    draws: int
    first_draw: int
    seed: int
    deterministic: bool
    keep: KeepPlan
    drawn: Array
    links: Array
    regions: Array
    countries: Array
    markets: Array
    open_t: Array
    works_start: Array
    completed: Array
    link_mean: Array
    link_m2: Array
    region_mean: Array
    region_m2: Array
    country_mean: Array
    country_m2: Array
    market_mean: Array
    market_m2: Array
    path_flow_mean: Array
    base_demand: Array
    base_wholesale: Array
    base_margin: Array
    base_exit_share: Array
    base_link_flow: Array
    base_link_price: Array


def simulate(
    inputs: ModelInputs,
    *,
    draws: int,
    first_draw: int = 0,
    seed: int | None = None,
    threads: int | None = None,
    keep: KeepPlan,
    deterministic: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> EngineOutput:
    """Simulate all runs of a scenario on the same draws.

    A draw's results depend on the seed and its number alone: not on threads, nor on the range of draws asked for.

    Parameters
    ----------
    draws : how many, at least 1
    first_draw : number of the first
    seed : by default the scenario's
    threads : by default all processors
    keep : rows to keep draw by draw; `keep.size_bytes` says what they take
    deterministic : static parameters at their medians, events at their expected numbers; one draw
    progress : called now and then with the blocks done and all blocks

    Raises
    ------
    SimulationError
        for a number that is not finite, naming step, draw, object and year.
    """
    if draws < 1 or first_draw < 0:
        raise ValueError(f"{draws} draws from {first_draw} on: at least one draw, from 0 on")
    seed = inputs.seed if seed is None else seed
    if deterministic:
        draws, first_draw = 1, 0
    network = _normalise(inputs.network, deterministic=deterministic)
    job = _Simulation(inputs, network, draws, first_draw, seed, keep, deterministic)
    run_blocks(
        job.simulate_blocks,
        BlockRange.of_draws(first_draw, first_draw + draws),
        new_state=job.new_state,
        threads=threads,
        progress=progress,
    )
    return job.output()


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


class _Simulation:
    """One call of `simulate`: shared arrays, and moments merged in the order of the blocks."""

    def __init__(
        self,
        inputs: ModelInputs,
        network: Network,
        draws: int,
        first_draw: int,
        seed: int,
        keep: KeepPlan,
        deterministic: bool,
    ) -> None:
        self.inputs, self.network, self.keep = inputs, network, keep
        self.draws, self.first_draw, self.seed, self.deterministic = draws, first_draw, seed, deterministic
        self.incidence: Incidence = find_incidence(network)
        streams: Streams = name_streams(inputs)
        self.parameters = tuple(bundle_arrays(arrays) for arrays in (network, self.incidence, streams))
        self.first_block = first_draw // B
        self.padded = (-(-(first_draw + draws) // B) - self.first_block) * B
        plan = plan_sampling(inputs.slots, correlations=inputs.correlations, common_factors=inputs.common_factors)
        start = self.first_block * B
        self.drawn = draw_static_values(
            plan, seed=seed, first_draw=start, last_draw=start + self.padded, deterministic=deterministic
        )
        years = len(network.years)
        self.kept = [np.empty((max(1, rows), years, self.padded)) for rows in keep.rows()]
        self.openings = np.zeros((3, max(1, len(network.links)), self.padded))
        self.moments: list[Array] = self._new_moments()
        self.weight = 0.0
        self._waiting: dict[int, tuple[int, list[Array], float]] = {}
        self._next_block = self.first_block
        self._lock = threading.Lock()

    def _new_moments(self) -> list[Array]:
        """Zeros for the moments of everything."""
        network = self.network
        runs, years = len(network.runs), len(network.years)
        base = 3 * len(network.links) * 2 + 2 * len(network.demands) + len(network.countries) + len(network.exits)
        shapes = [
            (runs, len(LINK_VARIABLES), len(network.links), years),
            (runs, len(REGION_VARIABLES), len(network.regions), years),
            (runs, len(COUNTRY_VARIABLES), len(network.countries), years),
            (runs, len(MARKET_VARIABLES), len(network.transits) + 1, years),
            (runs, 1, len(network.paths), years),
            (base,),
        ]
        return [np.zeros((2, *shape)) for shape in shapes]

    def new_state(self) -> State:
        """Memory of one thread."""
        return new_state(self.network, self.incidence, len(self.inputs.slots))

    def simulate_blocks(self, first_block: int, last_block: int, state: State) -> None:
        """Simulate whole blocks; the moments of a chunk are merged when all before it are."""
        moments = self._new_moments()
        link, region, country, market, path, base = moments
        collection = Collection(
            link_row=self.keep.link_row,
            region_row=self.keep.region_row,
            country_row=self.keep.country_row,
            market_row=self.keep.market_row,
            kept_links=self.kept[0],
            kept_regions=self.kept[1],
            kept_countries=self.kept[2],
            kept_markets=self.kept[3],
            openings=self.openings,
            link_moments=link,
            region_moments=region,
            country_moments=country,
            market_moments=market,
            path_moments=path,
            base_moments=base,
            weight=np.zeros(1),
            broken=np.zeros(7, dtype=np.int64),
            lanes=np.zeros(3, dtype=np.int64),
        )
        parameters: Any = self.parameters
        bundled_state, bundled_collection = bundle_arrays(state), bundle_arrays(collection)
        for block in range(first_block, last_block):
            column = (block - self.first_block) * B
            state.drawn[...] = self.drawn if self.deterministic else self.drawn[:, column : column + B]
            first_lane = max(self.first_draw - block * B, 0)
            last_lane = min(self.first_draw + self.draws - block * B, B)
            collection.lanes[:] = column, first_lane, last_lane
            network, incidence, streams = parameters
            run_block(bundled_state, network, incidence, streams, bundled_collection, np.uint64(self.seed), block * B)
            if collection.broken[0]:
                raise _broken_number(self.inputs, collection.broken, block * B)
        self._merge(first_block, last_block, moments, float(collection.weight[0]))

    def _merge(self, first_block: int, last_block: int, moments: list[Array], weight: float) -> None:
        """Merge chunks in order; one that comes too early waits."""
        with self._lock:
            self._waiting[first_block] = (last_block, moments, weight)
            while self._next_block in self._waiting:
                self._next_block, part, part_weight = self._waiting.pop(self._next_block)
                for total, one in zip(self.moments, part, strict=True):
                    merge_moments(total, self.weight, one, part_weight)
                self.weight += part_weight

    def output(self) -> EngineOutput:
        """Everything, without the padding of the blocks."""
        skip = self.first_draw - self.first_block * B
        wanted = slice(skip, skip + self.draws)
        kept = [array[:rows, :, wanted] for array, rows in zip(self.kept, self.keep.rows(), strict=True)]
        link, region, country, market, path, base = self.moments
        opened = self.openings[:, : len(self.network.links), wanted]
        demand, wholesale, margin, exit_share, link_flow, link_price = self._split_base(base[0])
        return EngineOutput(
            draws=self.draws,
            first_draw=self.first_draw,
            seed=self.seed,
            deterministic=self.deterministic,
            keep=self.keep,
            drawn=self.drawn if self.deterministic else self.drawn[:, wanted],
            links=kept[0],
            regions=kept[1],
            countries=kept[2],
            markets=kept[3],
            open_t=opened[0],
            works_start=opened[1],
            completed=opened[2],
            link_mean=link[0],
            link_m2=link[1],
            region_mean=region[0],
            region_m2=region[1],
            country_mean=country[0],
            country_m2=country[1],
            market_mean=market[0],
            market_m2=market[1],
            path_flow_mean=path[0][:, 0],
            base_demand=demand,
            base_wholesale=wholesale,
            base_margin=margin,
            base_exit_share=exit_share,
            base_link_flow=link_flow,
            base_link_price=link_price,
        )

    def _split_base(self, base: Array) -> list[Array]:
        """Base-year means by quantity, in the order `collect_base_year` writes them."""
        network, links = self.network, len(self.network.links)
        objects = (network.demands, network.regions, network.countries, network.exits)
        sizes = [*(len(group) for group in objects), 2 * links, 2 * links]
        ends = np.cumsum(sizes)
        parts = np.split(base[: ends[-1]], ends[:-1])
        return [*parts[:4], parts[4].reshape(links, 2), parts[5].reshape(links, 2)]


def _broken_number(inputs: ModelInputs, broken: NDArray[np.int64], first_draw: int) -> SimulationError:
    """Say where a number that is not finite was found."""
    _, table, run, variable, number, year, lane = (int(value) for value in broken)
    title, variables = TABLES[table]
    return SimulationError(
        f"{variables[variable]} of {title} {_object_name(inputs.names, table, number)!r} is not finite ({RUNS[run]})",
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

"""What a simulation returns, and how parts of a simulation are put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.histograms import Histograms
from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.moments import MomentTree
from simmodel.engine.origin import Origin, digest_network
from simmodel.inputs.model_inputs import (
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
    Network,
)

__all__ = ["EngineOutput", "gather_output", "join_outputs", "moment_shapes"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EngineOutput:
    """Results of a simulation; money is nominal million USD unless a variable's name says otherwise.

    Kept rows are numbered by `keep`.  Means and sums of squared deviations (``_m2``; divide by draws - 1 for the
    variance) are of the simulated draws alone.

    Attributes
    ----------
    draws, first_draw : what was simulated
    origin : of which simulation
    keep : which rows were kept
    links, regions, countries, markets : (rows, years, kept draws) kept rows, of the first draws where `keep` says so;
        the last market is all demands together
    sections : likewise, profit that tax is levied on, before interest
    open_t, works_start : (links, kept draws) year index of first service and start of the works of candidate links in
        the run `with`, years since the start of the first year; `open_t` of a link never finished is `state.NEVER`
    completed : (links, kept draws) 1 finished, 0 never
    link_mean, link_m2 : [run, variable, link, year]; likewise region, country, market
    path_flow_mean : [run, path, year] Gbit/s
    base_demand : (demands,) mean traffic of the base year [Gbit/s]
    base_wholesale : (regions,) mean wholesale price of the base year [USD/Mbps/month]
    base_margin : (countries,) mean gateway margin of the base year [USD/Mbps/month]
    base_exit_share : (exits,) mean share of a demand's traffic that leaves by an exit
    base_link_flow : (links, 2) mean flow by class [Gbit/s]
    base_link_price : (links, 2) price by class, candidates at avoidable cost [USD/Mbps/month]
    histograms : counts of the cells that `keep` says to count; None when it says none
    tree : moments as they were merged, for `join_outputs`
    """

    draws: int
    first_draw: int
    origin: Origin
    keep: KeepPlan
    links: Array
    regions: Array
    countries: Array
    markets: Array
    sections: Array
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
    histograms: Histograms | None
    tree: MomentTree


def moment_shapes(network: Network) -> list[tuple[int, ...]]:
    """Shapes of the moments of links, regions, countries, markets, paths and the base year.

    The last axis is the variable: what a block writes down of an object at once lies side by side.
    """
    runs, years = len(network.runs), len(network.years)
    base = 3 * len(network.links) * 2 + 2 * len(network.demands) + len(network.countries) + len(network.exits)
    return [
        (runs, years, len(network.links), len(LINK_VARIABLES)),
        (runs, years, len(network.regions), len(REGION_VARIABLES)),
        (runs, years, len(network.countries), len(COUNTRY_VARIABLES)),
        (runs, years, len(network.transits) + 1, len(MARKET_VARIABLES)),
        (runs, years, len(network.paths), 1),
        (base,),
    ]


def gather_output(
    network: Network,
    *,
    draws: int,
    first_draw: int,
    origin: Origin,
    keep: KeepPlan,
    kept: Sequence[Array],
    tree: MomentTree,
    histograms: Histograms | None,
) -> EngineOutput:
    """Name the moments and kept rows of a simulation.

    Parameters
    ----------
    kept : rows of links, regions, countries, markets and sections, (rows, years, kept draws), and openings
        (3, links, kept draws)
    """
    _, moments = tree.total()
    link, region, country, market, path = (
        np.ascontiguousarray(table.transpose(0, 1, 4, 3, 2))
        for table in moments[:5]  # run, variable, object, year
    )
    base, *tails = moments[5:]
    demand, wholesale, margin, exit_share, link_flow, link_price = _split_base(network, base[0])
    if histograms is not None:
        histograms = replace(histograms, below=tails[0][0, 0], above=tails[0][0, 1])
    return EngineOutput(
        draws=draws,
        first_draw=first_draw,
        origin=origin,
        keep=keep,
        links=kept[0],
        regions=kept[1],
        countries=kept[2],
        markets=kept[3],
        sections=kept[4],
        open_t=kept[5][0],
        works_start=kept[5][1],
        completed=kept[5][2],
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
        histograms=histograms,
        tree=tree,
    )


def _split_base(network: Network, base: Array) -> list[Array]:
    """Base-year means by quantity, in the order `collect_base_year` writes them."""
    links = len(network.links)
    objects = (network.demands, network.regions, network.countries, network.exits)
    sizes = [*(len(group) for group in objects), 2 * links, 2 * links]
    ends = np.cumsum(sizes)
    parts = np.split(base[: ends[-1]], ends[:-1])
    return [*parts[:4], parts[4].reshape(links, 2), parts[5].reshape(links, 2)]


def join_outputs(network: Network, outputs: Sequence[EngineOutput]) -> EngineOutput:
    """Put parts of a simulation together, in the order of their draws, to the bits of a simulation in one piece.

    Parts may come from other processes and machines.  They need not reach from the first draw to the last of the
    simulation: the result says, as they do, which draws it is of, and can be joined again.

    Parameters
    ----------
    network : what was simulated
    outputs : parts that follow each other without a hole, of the same inputs, seed, design and `keep`, in any order

    Raises
    ------
    ValueError
        no part, parts that overlap, leave a hole or do not meet at a multiple of the block, that are of different
        simulations, or keep or count different things; says all of it.
    """
    parts = sorted(outputs, key=lambda part: (part.first_draw, part.draws))
    problems = list(_problems_of_parts(network, parts))
    if problems:
        raise ValueError(f"the parts cannot be joined: {'; '.join(problems)}")
    tree = MomentTree()
    for part in parts:
        tree.absorb(part.tree)
    histograms = parts[0].histograms
    if histograms is not None:
        counts = sum(part.histograms.counts for part in parts if part.histograms is not None)
        histograms = replace(histograms, counts=np.asarray(counts, dtype=histograms.counts.dtype))
    names = ("links", "regions", "countries", "markets", "sections")
    kept = [np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in names]
    openings = [np.stack([part.open_t, part.works_start, part.completed]) for part in parts]
    return gather_output(
        network,
        draws=sum(part.draws for part in parts),
        first_draw=parts[0].first_draw,
        origin=parts[0].origin,
        keep=parts[0].keep,
        kept=(*kept, np.concatenate(openings, axis=-1)),
        tree=tree,
        histograms=histograms,
    )


def _problems_of_parts(network: Network, parts: Sequence[EngineOutput]) -> Iterator[str]:
    """Everything that keeps sorted parts from being joined."""
    if not parts:
        yield "there is none"
        return
    first = parts[0]
    if digest_network(network) != first.origin.network:
        yield f"{_name_draws(first)} are of another network"
    ends = accumulate((part.first_draw + part.draws for part in parts), max)
    for (one, other), end in zip(pairwise(parts), ends, strict=False):
        if other.first_draw < end:
            yield f"{_name_draws(other)} overlap those before, which end with {end - 1}"
        elif other.first_draw > end:
            yield f"no part has draws {end} to {other.first_draw - 1}"
        elif end % B:
            yield f"{_name_draws(one)} and {_name_draws(other)} do not meet at a multiple of {B}"
        differences = [*first.origin.differences(other.origin), *_differences_in_kind(first, other)]
        if differences:
            yield f"{_name_draws(other)} differ from {_name_draws(first)}: {', '.join(differences)}"


def _differences_in_kind(one: EngineOutput, other: EngineOutput) -> Iterator[str]:
    """Say in what is kept or counted two parts differ."""
    if not one.keep.is_same(other.keep):
        yield "other rows kept or cells counted"
    if one.histograms is None or other.histograms is None:
        if one.histograms is not other.histograms:
            yield "histograms in one alone"
    elif not np.array_equal(one.histograms.ranges, other.histograms.ranges):
        yield "other ranges of the histograms"


def _name_draws(part: EngineOutput) -> str:
    return f"draws {part.first_draw} to {part.first_draw + part.draws - 1}"

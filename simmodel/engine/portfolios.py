"""Many portfolios of candidate links on the same draws, without doing again what they share.

A portfolio is a run of its own: some candidate links, today's or reformed policy, perhaps later starts.  Runs of one
call share everything that is drawn (static parameters, shocks, hazards), the calibration to the base year, the outages
of paths and the two runs without links that they are compared with; a separate simulation does all of it again.

The regulator's plan and the weights of paths in the price rules are those of the scenario with all its candidate links:
a portfolio is built under rules that were set for the whole list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.engine_output import EngineOutput
from simmodel.engine.executors import available_threads
from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.monte_carlo import RunMembers, simulate
from simmodel.inputs.model_inputs import (
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    REGION_VARIABLES,
    RUNS,
    ModelInputs,
    Network,
)

__all__ = ["REFERENCES", "Portfolio", "PortfolioOutcomes", "runs_of_portfolios", "simulate_portfolios"]

Array = NDArray[np.float64]

LINK_MEANS = ("capex", "capex_economic", "anchor", "cfads", "revenue", "flow")
REGION_MEANS = ("surplus_change", "wholesale_price", "demand")
COUNTRY_MEANS = ("gateway_revenue", "gateway_cost", "link_revenue", "resource_cost")
REFERENCES = ("without", "reform_only")  # first runs of every call, without and with reforms
BATCH = 32  # portfolios simulated together


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Candidate links to build, and how.

    Attributes
    ----------
    links : slugs of candidate links; the others are not built
    has_codeployment, has_reforms : measures of the run
    delay_years : slug -> years by which its works start later than the scenario plans, none below zero
    waiting : slugs of links that wait for their host project, beside those that the scenario lets wait
    """

    links: frozenset[str]
    has_codeployment: bool = True
    has_reforms: bool = True
    delay_years: Mapping[str, float] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PortfolioOutcomes:
    """Means over draws and draws of many portfolios; P portfolios, L candidate links, T years, S draws.

    Attributes
    ----------
    link_ids : L slugs
    link_means : variable of `LINK_MEANS` -> (P, L, T), in the engine's units; zero for links that are not built
    region_means : variable of `REGION_MEANS` -> (P, regions, T)
    country_means : variable of `COUNTRY_MEANS` -> (P, countries and outside, T)
    cost_musd : (P, S) capex less anchor tenants' cash of the whole portfolio, constant musd
    value_musd : (P, S) net present value of its cash flow at the given real rate, constant musd
    """

    link_ids: tuple[str, ...]
    link_means: dict[str, Array]
    region_means: dict[str, Array]
    country_means: dict[str, Array]
    cost_musd: Array
    value_musd: Array


def simulate_portfolios(
    inputs: ModelInputs,
    portfolios: Sequence[Portfolio],
    *,
    draws: int,
    real_rate: float,
    seed: int | None = None,
    threads: int | None = None,
    batch: int = BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> PortfolioOutcomes:
    """Simulate many portfolios on the same draws.

    Parameters
    ----------
    portfolios : what to build; the same outcome whatever stands beside a portfolio
    draws : of each
    real_rate : of the net present value [per year]
    seed, threads : as for `simulate`; every thread simulates a batch of its own, or several threads one where there are
        fewer batches
    batch : portfolios simulated together; memory grows with it, the threads and the draws, no result depends on it
    progress : called after each batch with the portfolios done and all, in the calling thread; what it raises ends the
        work after the batches that are being simulated

    Raises
    ------
    ValueError   no portfolio, links that are no candidates of the scenario, delays below zero: all of it in words
    SimulationError   see `simulate`
    """
    candidates = np.flatnonzero(inputs.network.links["candidate"] == 1)
    ids = tuple(inputs.names.links[link] for link in candidates)
    problems = list(_problems_of_portfolios(portfolios, ids))
    if problems:
        raise ValueError("; ".join(problems))
    wanted = available_threads() if threads is None else threads
    if wanted < 1 or batch < 1:
        raise ValueError(f"{wanted} threads and batches of {batch} portfolios: both must be at least 1")
    batches = [portfolios[start : start + batch] for start in range(0, len(portfolios), batch)]
    workers = min(wanted, len(batches))

    def simulate_batch(some: Sequence[Portfolio]) -> PortfolioOutcomes:
        network, members = runs_of_portfolios(inputs, some)
        own = inputs._replace(network=network)
        keep = _keep_cash(own, candidates)
        output = simulate(own, draws=draws, seed=seed, threads=wanted // workers, keep=keep, members=members)
        return _reduce(own, output, candidates, ids, real_rate)

    return _stack(_work_through(batches, simulate_batch, workers, progress))


def _problems_of_portfolios(portfolios: Sequence[Portfolio], candidates: Sequence[str]) -> Iterator[str]:
    """Everything that is wrong with portfolios, by their number."""
    if not portfolios:
        yield "no portfolio"
    is_unknown = False
    for number, portfolio in enumerate(portfolios):
        named = {"links": portfolio.links, "delay_years": portfolio.delay_years, "waiting": portfolio.waiting}
        for name, links in named.items():
            unknown = sorted(set(links) - set(candidates))
            is_unknown = is_unknown or bool(unknown)
            if unknown:
                yield f"portfolio {number}, {name}: no candidate links of the scenario: {', '.join(unknown)}"
        for link, years in sorted(portfolio.delay_years.items()):
            if not 0.0 <= years < np.inf:
                yield f"portfolio {number}, delay_years: {link} starts {years} years later, no number from 0 on"
    if is_unknown:
        yield f"the candidate links are {', '.join(candidates) or 'none'}"


def _work_through(
    batches: Sequence[Sequence[Portfolio]],
    simulate_batch: Callable[[Sequence[Portfolio]], PortfolioOutcomes],
    threads: int,
    progress: Callable[[int, int], None] | None,
) -> list[PortfolioOutcomes]:
    """Outcomes of the batches in their order, simulated on threads; the first error leaves the rest undone."""
    done, of = 0, sum(map(len, batches))
    with ThreadPoolExecutor(threads, thread_name_prefix="simmodel-portfolios") as pool:
        sizes = {pool.submit(simulate_batch, some): len(some) for some in batches}
        try:
            for part in as_completed(sizes):
                part.result()
                done += sizes[part]
                if progress is not None:
                    progress(done, of)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return [part.result() for part in sizes]


def runs_of_portfolios(inputs: ModelInputs, portfolios: Sequence[Portfolio]) -> tuple[Network, RunMembers]:
    """Return the network with the reference runs first and then a run a portfolio, and the links of each."""
    network, names = inputs.network, inputs.names.links
    runs = np.zeros(len(REFERENCES) + len(portfolios), dtype=network.runs.dtype)
    runs[: len(REFERENCES)] = network.runs[[RUNS.index(name) for name in REFERENCES]]
    links = np.tile((network.links["candidate"] == 0).astype(np.int64), (len(runs), 1))
    delay, waits = np.zeros(links.shape), np.tile(network.links["wait_for_host"].astype(np.int64), (len(runs), 1))
    for run, portfolio in enumerate(portfolios, start=len(REFERENCES)):
        runs[run]["has_portfolio"] = 1
        runs[run]["has_codeployment"] = portfolio.has_codeployment
        runs[run]["has_reforms"] = portfolio.has_reforms
        runs[run]["reference_run"] = REFERENCES.index("reform_only" if portfolio.has_reforms else "without")
        links[run, [names.index(link) for link in portfolio.links]] = 1
        for link, years in portfolio.delay_years.items():
            delay[run, names.index(link)] = years
        waits[run, [names.index(link) for link in portfolio.waiting]] = 1
    return network._replace(runs=runs), RunMembers(links, delay, waits)


def _keep_cash(inputs: ModelInputs, candidates: NDArray[np.int64]) -> KeepPlan:
    """Keep what the draws of cost and value need, of the portfolios' runs."""
    keep = KeepPlan.nothing(inputs.network)
    row = 0
    for run in range(len(REFERENCES), len(inputs.network.runs)):
        for name in ("capex", "anchor", "cfads"):
            keep.link_row[run, LINK_VARIABLES.index(name), candidates] = np.arange(row, row + len(candidates))
            row += len(candidates)
    return keep


def _reduce(
    inputs: ModelInputs, output: EngineOutput, candidates: NDArray[np.int64], ids: tuple[str, ...], real_rate: float
) -> PortfolioOutcomes:
    """Means and portfolio totals of a batch."""
    first = len(REFERENCES)
    index = inputs.network.years["us_index"]
    factor = (1.0 + real_rate) ** -np.arange(1.0, len(index) + 1.0) / index
    shape = (len(inputs.network.runs) - first, 3, len(candidates), *output.links.shape[1:])
    capex, anchor, cfads = np.moveaxis(output.links.reshape(shape), 1, 0)
    spent = (capex - anchor).sum(axis=1)
    return PortfolioOutcomes(
        link_ids=ids,
        link_means={name: output.link_mean[first:, LINK_VARIABLES.index(name)][:, candidates] for name in LINK_MEANS},
        region_means={name: output.region_mean[first:, REGION_VARIABLES.index(name)] for name in REGION_MEANS},
        country_means={name: output.country_mean[first:, COUNTRY_VARIABLES.index(name)] for name in COUNTRY_MEANS},
        cost_musd=np.einsum("pts,t->ps", spent, 1.0 / index),
        value_musd=np.einsum("pts,t->ps", cfads.sum(axis=1) - spent, factor),
    )


def _stack(parts: Sequence[PortfolioOutcomes]) -> PortfolioOutcomes:
    """Put batches together."""

    def by_name(name: str) -> dict[str, Array]:
        return {key: np.concatenate([getattr(part, name)[key] for part in parts]) for key in getattr(parts[0], name)}

    return PortfolioOutcomes(
        link_ids=parts[0].link_ids,
        link_means=by_name("link_means"),
        region_means=by_name("region_means"),
        country_means=by_name("country_means"),
        cost_musd=np.concatenate([part.cost_musd for part in parts]),
        value_musd=np.concatenate([part.value_musd for part in parts]),
    )

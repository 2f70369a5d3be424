"""What the draws do to a plan: its gap in each of them, and how the gap answers to the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solvers.draws import Draws
from solvers.financing_problem import Flags, Floats, Integers
from solvers.recourse_kernel import run_backward, run_forward, weigh_draws
from solvers.risk import RiskMeasure


@dataclass(frozen=True, slots=True)
class Exposure:
    """The part of a plan that meets the draws.

    Attributes
    ----------
    planned_sources_musd : (L, T) money for the works; signed
    debt_service_musd : (L, T) after the opening
    reserve_target_musd : (L, T) at the end of the year; at the end of the last construction year the first filling
    presold_musd : (L,) presales
    size : (L,) [-] 1 where the link is built, 0 where it is a start year that was not chosen
    """

    planned_sources_musd: Floats
    debt_service_musd: Floats
    reserve_target_musd: Floats
    presold_musd: Floats
    size: Floats


@dataclass(frozen=True, slots=True)
class Response:
    """The gap of an exposure, and its slopes: [0] the mean over draws by link, [1] the tail's mean.

    Attributes
    ----------
    gap_by_link_musd : (L, S) [constant musd]
    mean_by_link_musd : (L,)
    tail_by_link_musd : (L,) mean under the weights of the worst draws of the portfolio
    plan, service, target : (2, L, T) [constant musd per musd]
    presold, size : (2, L)
    """

    gap_by_link_musd: Floats
    mean_by_link_musd: Floats
    tail_by_link_musd: Floats
    plan: Floats
    service: Floats
    target: Floats
    presold: Floats
    size: Floats


class Recourse:
    """Meets a fixed set of draws with one plan after the other.

    The closed form is the optimum of each draw's own linear programme because a later constant dollar never weighs more
    than an earlier one: keeping money back for later cannot pay.

    Parameters
    ----------
    draws : the futures
    last_construction_year : (L,) year index of the plan
    constant_usd_weight : (T,) [-] not increasing
    with_sizes : slopes to the size are wanted
    presold_links : (L,) links whose slope to presales is wanted; by default those with leases to lose

    Raises
    ------
    ValueError   weights that increase
    """

    def __init__(
        self,
        draws: Draws,
        *,
        last_construction_year: Integers,
        constant_usd_weight: Floats,
        with_sizes: bool = False,
        presold_links: Flags | None = None,
    ) -> None:
        if np.any(np.diff(constant_usd_weight) > 1e-12):
            raise ValueError("constant_usd_weight: a later dollar may not weigh more than an earlier one")
        self.draws = draws
        self._cost = np.ascontiguousarray(draws.cost_musd)
        self._cash = np.ascontiguousarray(draws.cfads_musd)
        self._lease_lost = np.ascontiguousarray(draws.lease_income_lost_per_iru)
        self._last = np.asarray(last_construction_year, dtype=np.int64)
        builds = np.any(self._cost, axis=2)
        last_cost = np.where(builds.any(axis=1), builds.shape[1] - 1 - np.argmax(builds[:, ::-1], axis=1), -1)
        self._works_end = np.maximum(last_cost, self._last).astype(np.int64) + 1
        self._weight = np.asarray(constant_usd_weight, dtype=np.float64)
        self._with_sizes = with_sizes
        self._lease_years = np.any(self._lease_lost, axis=2)
        if presold_links is not None:
            self._lease_years &= presold_links[:, None]
        self._gap = np.empty((len(self._cost), draws.count))
        self._works_mark = np.empty(self._cost.shape, dtype=np.uint8)
        self._cash_mark = np.empty(self._cost.shape, dtype=np.uint8)

    def gap_by_link_musd(self, exposure: Exposure) -> Floats:
        """Return the gap of every link in every draw, (L, S) [constant musd]; overwritten by the next call."""
        run_forward(
            self._cost,
            self._cash,
            self._lease_lost,
            np.ascontiguousarray(exposure.planned_sources_musd),
            np.ascontiguousarray(exposure.debt_service_musd),
            np.ascontiguousarray(exposure.reserve_target_musd),
            np.ascontiguousarray(exposure.presold_musd),
            np.ascontiguousarray(exposure.size),
            self._last,
            self._works_end,
            self._weight,
            self._gap,
            self._works_mark,
            self._cash_mark,
        )
        return self._gap

    def respond(self, exposure: Exposure, risk: RiskMeasure) -> Response:
        """Return the gap of an exposure with its slopes.

        The slopes are subgradients: the gap of any other exposure lies on or above the plane they span.
        """
        gap = self.gap_by_link_musd(exposure)
        tail, mean, worst = weigh_draws(gap, *risk.tail_limits(gap.shape[1]))
        links, years, _ = self._cost.shape
        year_slopes, link_slopes = np.zeros((3, 2, links, years)), np.zeros((2, 2, links))
        run_backward(
            self._cost,
            self._cash,
            self._lease_lost,
            self._last,
            self._works_end,
            self._weight,
            self._works_mark,
            self._cash_mark,
            tail,
            year_slopes,
            link_slopes,
            self._lease_years,
            self._with_sizes,
        )
        return Response(gap, mean, worst, *year_slopes, *link_slopes)

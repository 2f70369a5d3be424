"""What less subsidy, or more private money, costs in terms of the gap; and other mixes that leave nearly the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.financing.draw_split import DrawSplit, split_draws
from simmodel.financing.financing_tables import FinancingTable
from simmodel.financing.funding_need import PresoldLeases, PricedProblem, financing_problem, presold_leases
from simmodel.financing.gap_waterfall import CASES, as_packaged, draws_of, two_stage_options, unpaid_in_draws
from simmodel.financing.levered_tax import interest_relief
from simmodel.financing.portfolio_cash import Floats, PortfolioCash, PortfolioPlan, RunCash
from simmodel.scenario.schema import Scenario
from solvers import FinancingPlan, agreements_of, solve_alternatives, solve_frontier

AXES = {"subsidy": "subsidy", "private": "private_mobilisation"}
"""Names on the command line and in the optimiser."""


@dataclass(frozen=True, slots=True)
class EfficientPlan:
    """A plan on the frontier or near it, read on fresh draws.

    Attributes
    ----------
    name : what it is
    fitted_musd : what was minimised, on the draws fitted to [constant musd]
    gap_musd, gap_p90_musd : mean and ninetieth percentile over fresh draws [constant musd]
    subsidy_musd, private_musd, public_musd : [nominal musd]
    agreements : how many
    distance : [-] share of the best plan's money that is elsewhere
    amounts : (instrument name, musd) committed, largest first
    """

    name: str
    fitted_musd: float
    gap_musd: float
    gap_p90_musd: float
    subsidy_musd: float
    private_musd: float
    public_musd: float
    agreements: int
    distance: float
    amounts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """The last case of the waterfall, ready to be asked about."""

    scenario: Scenario
    priced: PricedProblem
    portfolio: PortfolioPlan
    run: RunCash
    leases: PresoldLeases
    split: DrawSplit

    def read(self, name: str, fitted_musd: float, distance: float, plan: FinancingPlan) -> EfficientPlan:
        percentile = self.scenario.financing.lender_case_percentile
        relief = interest_relief(self.priced.problem, plan, self.portfolio, self.run, percentile)
        gap = unpaid_in_draws(self.priced, plan, relief.of(self.run), self.leases, self.split.fresh).gap_musd
        instruments = self.priced.problem.instruments
        committed: Floats = plan.commitment_musd.sum(axis=0)
        private = np.array([each.is_private for each in instruments])
        amounts = sorted(
            ((each.name, float(amount)) for each, amount in zip(instruments, committed, strict=True) if amount > 1e-6),
            key=lambda pair: -pair[1],
        )
        return EfficientPlan(
            name=name,
            fitted_musd=fitted_musd,
            gap_musd=float(gap.mean()),
            gap_p90_musd=float(np.quantile(gap, 0.9)),
            subsidy_musd=float(sum(each.subsidy_share * x for each, x in zip(instruments, committed, strict=True))),
            private_musd=float(committed[private].sum()),
            public_musd=float(committed[~private].sum()),
            agreements=len(agreements_of(self.priced.problem, plan)),
            distance=distance,
            amounts=tuple(amounts),
        )


def _question(scenario: Scenario, cash: PortfolioCash) -> _Question:
    run = cash.runs[CASES[-1].run]
    return _Question(
        scenario,
        financing_problem(scenario, cash, as_packaged(scenario, CASES[-1])),
        cash.plan,
        run,
        presold_leases(scenario, cash.plan, run),
        split_draws(cash.draws, scenario.financing.draws_in),
    )


def find_frontier(
    scenario: Scenario, cash: PortfolioCash, *, axes: tuple[str, ...] = ("subsidy",), points: int = 15
) -> tuple[EfficientPlan, ...]:
    """Return plans of which none can be had with a smaller gap and no more of the others' cost.

    Parameters
    ----------
    axes : "subsidy", "private", or both, traded against the gap
    points : of the grid of each
    """
    asked = _question(scenario, cash)
    found = solve_frontier(
        asked.priced.problem,
        draws_of(asked.run, asked.leases, asked.split.fitted),
        two_stage_options(scenario),
        axes=tuple(AXES[axis] for axis in axes),
        points=points,
    )
    return tuple(asked.read(f"point {n}", each.risk_musd, 0.0, each.plan) for n, each in enumerate(found, start=1))


def find_alternatives(scenario: Scenario, cash: PortfolioCash, *, slack: float = 0.02) -> tuple[EfficientPlan, ...]:
    """Return the best plan and different mixes whose gap is within a share of its, on the draws fitted to."""
    asked = _question(scenario, cash)
    draws = draws_of(asked.run, asked.leases, asked.split.fitted)
    found = solve_alternatives(asked.priced.problem, draws, two_stage_options(scenario), slack=slack)
    return tuple(asked.read(each.name, each.risk_musd, each.distance, each.plan) for each in found)


def plans_table(name: str, plans: tuple[EfficientPlan, ...]) -> FinancingTable:
    """Return plans as a table; the mix in words at the end of the row."""
    header = (
        "plan [text]",
        "gap mean over fresh draws [constant musd]",
        "gap P90 over fresh draws [constant musd]",
        "minimised on the draws fitted to [constant musd]",
        "reference-price subsidy [nominal musd]",
        "private money [nominal musd]",
        "public money [nominal musd]",
        "private share [fraction]",
        "agreements [count]",
        "money elsewhere than in the best plan [fraction]",
        "largest sources [text]",
    )
    rows = [
        (
            each.name,
            each.gap_musd,
            each.gap_p90_musd,
            each.fitted_musd,
            each.subsidy_musd,
            each.private_musd,
            each.public_musd,
            each.private_musd / max(each.private_musd + each.public_musd, 1e-9),
            each.agreements,
            each.distance,
            "; ".join(f"{source} {amount:.1f}" for source, amount in each.amounts[:6]),
        )
        for each in plans
    ]
    return FinancingTable(name, header, tuple(rows))

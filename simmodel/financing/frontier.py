"""What less subsidy, or more private money, costs in terms of the gap; and other mixes that leave nearly the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simmodel.financing.draw_split import DrawSplit, split_draws
from simmodel.financing.financing_tables import FinancingTable
from simmodel.financing.gap_waterfall import (
    CASES,
    TAX_TOLERANCE,
    TaxedQuestion,
    ask_case,
    at_tax_of_a_first_plan,
    draws_of,
    two_stage_options,
    unpaid_in_draws,
)
from simmodel.financing.levered_tax import (
    InterestRelief,
    at_tax_with_interest,
    change_of_cash,
    interest_relief,
    tax_saved_musd,
    with_tax_saved,
)
from simmodel.financing.portfolio_cash import Floats, PortfolioCash
from simmodel.scenario.schema import Scenario
from solvers import (
    Alternative,
    Draws,
    FinancingPlan,
    FrontierPoint,
    InstrumentKind,
    TwoStageOptions,
    agreements_of,
    solve_alternatives,
    solve_frontier,
    solve_near,
)

AXES = {"subsidy": "subsidy", "private": "private_mobilisation"}
"""Names on the command line and in the optimiser."""
PRICE_OF_DEPARTURE = 1.0
"""Gap that a musd must close to be moved elsewhere in a plan that is made again with its own tax [musd per musd]."""


@dataclass(frozen=True, slots=True)
class EfficientPlan:
    """A plan on the frontier or near it, read on fresh draws.

    Attributes
    ----------
    name : what it is
    fitted_musd : what was minimised, on the draws fitted to [constant musd]
    gap_musd, gap_p90_musd : mean and ninetieth percentile over fresh draws [constant musd]
    subsidy_musd, private_musd, public_musd : [nominal musd]; cover is no money
    agreements : on money, how many
    distance : [-] share of the best plan's money that is elsewhere
    tax_difference : [-] largest over the links of the change of CFADS between the tax planned with and the tax paid
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
    tax_difference: float
    amounts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class FrontierQuestion:
    """The last case of the waterfall at the tax that its first plan pays, ready to be asked about."""

    taxed: TaxedQuestion
    split: DrawSplit
    options: TwoStageOptions

    @property
    def draws(self) -> Draws:
        """The draws fitted to, at that tax."""
        return draws_of(self.taxed.relief.of(self.taxed.asked.run), self.taxed.asked.leases, self.split.fitted)

    def money_musd(self, plan: FinancingPlan) -> Floats:
        """(K, I) what a plan commits [nominal musd], without cover."""
        kinds = [each.kind for each in self.taxed.priced.problem.instruments]
        is_money = np.array([kind is not InstrumentKind.GUARANTEE for kind in kinds])
        return np.asarray(plan.commitment_musd * is_money, dtype=np.float64)

    def settle(self, name: str, found: FrontierPoint | Alternative) -> tuple[EfficientPlan, FinancingPlan]:
        """Read a plan at the tax it pays; made again near to itself with that tax if it was made with quite another."""
        asked, first = self.taxed.asked, self._read(name, found.risk_musd, found.plan, self.taxed.relief)
        if first.tax_difference < TAX_TOLERANCE:
            return first, found.plan
        problem = asked.priced.problem
        relief = interest_relief(problem, found.plan, asked.portfolio, asked.run, asked.lender_percentile)
        _, again = at_tax_with_interest(problem, found.plan, asked.portfolio, relief)
        draws = draws_of(relief.of(asked.run), asked.leases, self.split.fitted)
        held = found.held_musd if isinstance(found, FrontierPoint) else ()
        point = solve_near(again, draws, self.options, found.plan, held_musd=held, price=PRICE_OF_DEPARTURE)
        if point is None:
            return first, found.plan
        second = self._read(name, point.risk_musd, point.plan, relief)
        return min((first, found.plan), (second, point.plan), key=lambda pair: pair[0].tax_difference)

    def _read(self, name: str, fitted_musd: float, plan: FinancingPlan, assumed: InterestRelief) -> EfficientPlan:
        """Read a plan on the fresh draws at the tax that it pays itself."""
        asked, priced = self.taxed.asked, self.taxed.priced
        saved = tax_saved_musd(priced.problem, plan, asked.portfolio, asked.run)
        paid = with_tax_saved(asked.run, saved)
        gap = unpaid_in_draws(priced, plan, paid, asked.leases, self.split.fresh).gap_musd
        difference = change_of_cash(paid, assumed.of(asked.run))
        instruments = priced.problem.instruments
        committed: Floats = self.money_musd(plan).sum(axis=0)
        private = np.array([each.is_private for each in instruments])
        cover = {each.id for each in instruments if each.kind is InstrumentKind.GUARANTEE}
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
            agreements=sum(name not in cover for name, _ in agreements_of(priced.problem, plan)),
            distance=0.0,
            tax_difference=float(difference.max(initial=0.0)),
            amounts=tuple(amounts),
        )


def ask_frontier(scenario: Scenario, cash: PortfolioCash) -> FrontierQuestion:
    """Make a first plan for the last case, whose tax all plans of the frontier are then made with.

    Raises
    ------
    DataError, FinancingError   see `gap_waterfall.solve_case`
    """
    split, options = split_draws(cash.draws, scenario.financing.draws_in), two_stage_options(scenario)
    asked = ask_case(scenario, cash, CASES[-1])
    return FrontierQuestion(at_tax_of_a_first_plan(asked, split.fitted, options), split, options)


def find_frontier(
    question: FrontierQuestion, *, axes: tuple[str, ...] = ("subsidy",), points: int = 15
) -> tuple[EfficientPlan, ...]:
    """Return plans of which none can be had with a smaller gap and no more of the others' cost.

    Parameters
    ----------
    axes : "subsidy", "private", or both, traded against the gap
    points : of the grid of each
    """
    found = solve_frontier(
        question.taxed.priced.problem,
        question.draws,
        question.options,
        axes=tuple(AXES[axis] for axis in axes),
        points=points,
    )
    return tuple(question.settle(f"point {n}", each)[0] for n, each in enumerate(found, start=1))


def find_alternatives(question: FrontierQuestion, *, slack: float = 0.02) -> tuple[EfficientPlan, ...]:
    """Return the best plan and different mixes whose gap is within a share of its, on the draws fitted to."""
    found = solve_alternatives(question.taxed.priced.problem, question.draws, question.options, slack=slack)
    settled = [question.settle(each.name, each) for each in found]
    money = [question.money_musd(plan) for _, plan in settled]
    moved = [np.abs(each - money[0]).sum() / 2.0 for each in money]
    most = max(money[0].sum(), 1e-9)
    return tuple(replace(each, distance=float(part / most)) for (each, _), part in zip(settled, moved, strict=True))


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
        "change of CFADS between the tax planned with and paid, largest of links [fraction]",
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
            each.tax_difference,
            "; ".join(f"{source} {amount:.1f}" for source, amount in each.amounts[:6]),
        )
        for each in plans
    ]
    return FinancingTable(name, header, tuple(rows))

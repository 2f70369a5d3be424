"""What the financing optimiser gives back. Shapes and units as in `financing_problem`."""

from __future__ import annotations

from dataclasses import dataclass

from solvers.financing_problem import Floats


@dataclass(frozen=True, slots=True)
class ObjectiveLevel:
    """One level of the lexicographic objective.

    Attributes
    ----------
    name : "gap" (over several worlds "regret"), "departure" (from a plan to stay near to), "subsidy",
        "private_mobilisation" or "commitment"
    optimum_musd : best value, the levels before it held; private mobilisation is counted as a positive amount
    achieved_musd : value in the plan handed back, which may differ by the slack left to later levels
    """

    name: str
    optimum_musd: float
    achieved_musd: float


@dataclass(frozen=True, slots=True)
class ConstraintPrice:
    """What one row of the model, or one row per year of the same subject, costs.

    Attributes
    ----------
    constraint : name of the row's family, for instance "window"
    subject : the link, section, country, instrument or year it speaks of, in words
    gap_change_per_unit : [constant musd per musd, or per musd a year] change of the smallest gap per unit by which the
        row, in each of its years, is relaxed; <= 0
    limit : [musd] right-hand side of the row, on average over the years in which it binds
    meaning : what the row says
    lever : what would relax it
    is_yearly : whether there is one row per year
    money : of a window, the money that fits it, in words; empty for other rows
    relaxed_by, gap_change_musd : size of a realistic relaxation and the change of the smallest gap it brings, found by
        solving again; None where it was not asked for
    """

    constraint: str
    subject: str
    gap_change_per_unit: float
    limit: float
    meaning: str
    lever: str
    is_yearly: bool
    money: str = ""
    relaxed_by: float | None = None
    gap_change_musd: float | None = None

    @property
    def sentence(self) -> str:
        """The price in one line of plain words."""
        unit = "million a year" if self.is_yearly else "million"
        confirmed = ""
        if self.gap_change_musd is not None:
            confirmed = f" (solved again: {self.relaxed_by:.2f} million close {-self.gap_change_musd:.2f})"
        if self.money:
            relief = f"one more million of {self.money} closes {-self.gap_change_per_unit:.2f} of gap"
            return f"{relief}{confirmed}. What helps: {self.lever}."
        relief = f"one {unit} more room closes {-self.gap_change_per_unit:.2f} of gap"
        return f"{self.subject}: {self.meaning}; {relief}{confirmed}. What helps: {self.lever}."


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row that belongs to a set of rows which cannot all hold.

    Attributes
    ----------
    constraint : name of the row's family
    subject : what it speaks of, in words
    meaning : what the row says
    """

    constraint: str
    subject: str
    meaning: str

    @property
    def sentence(self) -> str:
        """The demand in one line of plain words."""
        return f"{self.subject}: {self.meaning}"


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """How a plan over draws was found, on the draws it was fitted to; what it is worth must be read on fresh ones.

    Attributes
    ----------
    draws : how many draws the plan was fitted to; of several worlds, of each
    tail_weight, tail_level : the measure that was minimised
    risk_musd : [constant musd] its value for the plan handed back; over several worlds the largest regret
    best_musd : smallest value found, before the slack left to the later levels
    bound_musd : no plan that meets the rows can do better
    mean_musd, tail_musd : mean of the gap over the draws, and over the worst of them; of several worlds in the one of
        the largest regret
    rounds, cuts : how often the draws were met with a plan, and rows that were left at the end
    whole_numbers : whether tickets and start years were whole
    ended : "proven", or the limit that ended the search
    """

    draws: int
    tail_weight: float
    tail_level: float
    risk_musd: float
    best_musd: float
    bound_musd: float
    mean_musd: float
    tail_musd: float
    rounds: int
    cuts: int
    whole_numbers: bool
    ended: str

    @property
    def relative_gap(self) -> float:
        """Distance of the best value found from the bound, as a share of the value."""
        return (self.best_musd - self.bound_musd) / max(abs(self.best_musd), 1e-9)


@dataclass(frozen=True, slots=True)
class FinancingPlan:
    """The best financing found, the gap it leaves and why.

    Attributes
    ----------
    commitment_musd : (K, I) money committed; cover for a guarantee
    draw_musd : (K, I, T) money drawn
    planned_sources_musd : (L, T) draws less fees, service before opening and the first filling of the reserve; signed
    funding_gap_musd : (L, T) planned cost without a source
    operating_support_musd : (L, T) support in operation, over and above the deficit, that the covenants need
    operating_deficit_musd : (L, T) negative part of the lenders' cash flow, in the gap whatever the financing
    debt_service_musd : (L, T) service paid by the link after opening
    sculpted_service_musd : (L, I, T) the part of it whose profile the plan chose
    reserve_target_musd : (L, T) target of the reserve account at the end of the year
    gap_musd : [constant musd] weighted sum of funding gap, operating support and operating deficit
    minimum_gap_musd : [constant musd] smallest gap possible, before the slack left to the later levels
    need_musd : [constant musd] gap of the empty plan
    levels : the lexicographic levels in order; fewer than asked for where a limit came before the next one was solved
    prices : rows that hold the smallest gap up, dearest first
    size : (L,) [-] 1 where the link is built, 0 for a start year that was not chosen
    search : how it was found, if it was fitted to draws; `gap_musd` and `funding_gap_musd` are then those of the plan
        on its planned cost and the lenders' path, the levels' gap is the risk over the draws
    """

    commitment_musd: Floats
    draw_musd: Floats
    planned_sources_musd: Floats
    funding_gap_musd: Floats
    operating_support_musd: Floats
    operating_deficit_musd: Floats
    debt_service_musd: Floats
    sculpted_service_musd: Floats
    reserve_target_musd: Floats
    gap_musd: float
    minimum_gap_musd: float
    need_musd: float
    levels: tuple[ObjectiveLevel, ...]
    prices: tuple[ConstraintPrice, ...]
    size: Floats
    search: SearchRecord | None = None

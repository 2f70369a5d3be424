"""Rows in plain words: what holds the gap up, what would lower it, and what cannot all hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from solvers.financing_plan import Conflict, ConstraintPrice
from solvers.financing_problem import FinancingProblem, Floats

if TYPE_CHECKING:
    from solvers.linear_program import LinearProgram
    from solvers.translate_model import Row

SMALLEST_PRICE = 1e-7
RELAXED_SHARE = 0.1
RELAXED_MUSD = 1.0


class FinancingConflictError(Exception):
    """No plan meets every demand; carries the rows that cannot all hold.

    Attributes
    ----------
    conflicts : the rows, in words
    """

    def __init__(self, conflicts: tuple[Conflict, ...]) -> None:
        self.conflicts = conflicts
        lines = [f"- {each.sentence}" for each in conflicts]
        super().__init__("these demands on the financing cannot all hold:\n" + "\n".join(lines))


@dataclass(frozen=True, slots=True)
class RowFamily:
    """What a family of rows says, what its index means and what would relax it."""

    index: tuple[str, ...]
    meaning: str
    lever: str


SERVICE_LEVER = "guarantee, political risk insurance, longer tenor or an anchor tenant's lease that steadies the cash"
ENVELOPE_LEVER = "a larger allocation from the institution or fund behind the window"
FAMILIES = {
    "net_sources": RowFamily(
        ("link", "year"),
        "planned sources are draws less fees, service while building and the first filling of the reserve",
        "cheaper fees or capitalised interest",
    ),
    "sources_uses": RowFamily(
        ("link", "year"),
        "planned sources and gap must pay the planned cost",
        "lower cost: co-deployment, permits, design",
    ),
    "commitment_drawn": RowFamily(
        ("section", "instrument"), "what is committed is drawn while the link is built", "a longer availability period"
    ),
    "instrument_share": RowFamily(
        ("section", "instrument"), "the instrument may carry only a share of the cost", "a higher cost-sharing ceiling"
    ),
    "agreed_commitment": RowFamily(
        ("section", "instrument"), "the plan must contain the amount already agreed", "renegotiating the agreed amount"
    ),
    "tied_money": RowFamily(
        ("section",),
        "tied public money pays no more than the country's own section",
        "a regional operation that may cross the border",
    ),
    "preparation_money": RowFamily(
        ("section", "year"),
        "preparation money pays the section's studies and design when they are due, and no works",
        "money that may pay for works",
    ),
    "departure_of_draw": RowFamily(
        ("section", "instrument", "year"), "the plan stays near to another", "leave to depart from it"
    ),
    "debt_service_due": RowFamily(("link", "year"), "the link pays the service of its debt", SERVICE_LEVER),
    "sculpted_opening": RowFamily(("link", "instrument"), "the sculpted loan opens with what was drawn", SERVICE_LEVER),
    "sculpted_repayment": RowFamily(
        ("link", "instrument", "year"), "the sculpted loan is repaid by its maturity", SERVICE_LEVER
    ),
    "reserve": RowFamily(
        ("link",), "the reserve account is filled when the link opens", "a letter of credit in place of a cash reserve"
    ),
    "dscr": RowFamily(
        ("link", "year"),
        "cash on the lenders' downside path must cover debt service by the ratio lenders ask for",
        SERVICE_LEVER,
    ),
    "hard_currency": RowFamily(
        ("link", "year"),
        "hard-currency debt must be serviced from hard-currency cash",
        "an IRU sold in hard currency or a local-currency facility",
    ),
    "window": RowFamily(("window",), "commitments must fit the window", ENVELOPE_LEVER),
    "regional_window": RowFamily(
        ("regional window", "country"),
        "regional money only matches the country's own allocation, and needs enough countries",
        "more national allocation given to the link, or one more country in the project",
    ),
    "guarantee_cover": RowFamily(
        ("section", "instrument"),
        "guaranteed debt and insured equity need their cover",
        "more cover from the guarantor",
    ),
    "cover_limit": RowFamily(
        ("link", "instrument"),
        "a guarantor covers only so much of one link",
        "reinsurance, or a second guarantor beside the first",
    ),
    "gearing": RowFamily(
        ("link",),
        "debt serviced by the link must stay under the gearing lenders accept",
        "grants, equity or treasury-serviced money beside the debt",
    ),
    "private_share": RowFamily(("link",), "private money must reach its least share", "a lower required private share"),
    "sponsor_hurdle": RowFamily(
        ("link",),
        "cash after debt service must pay the sponsors their required return",
        "lower country risk: competition and permitting reform, political risk cover",
    ),
    "iru_value": RowFamily(
        ("section", "instrument"),
        "a presale cannot exceed what the fibre is worth",
        "longer rights or higher demand for leases",
    ),
    "iru_fibre": RowFamily(("section",), "presales must leave fibre open to others", "more fibre pairs"),
    "concessionality": RowFamily(
        ("country",),
        "public debt and grants together must be concessional enough",
        "grants in the package, or softer terms",
    ),
    "ppg_present_value": RowFamily(
        ("country",),
        "new public debt must fit the country's room by present value",
        "an IRU, a consortium or other money off the public balance sheet",
    ),
    "ppg_service": RowFamily(
        ("country", "year"), "service of new public debt must fit the yearly room", "longer grace or tenor"
    ),
    "sovereign_debt_ban": RowFamily(
        ("country",),
        "no public debt may be contracted",
        "grants, consortium money or a presale: debt only once the ban is lifted",
    ),
    "start_year": RowFamily(("start",), "a link starts in one year", "another choice of years"),
    "ticket": RowFamily(
        ("instrument", "agreement"), "an agreement has a least amount", "a smaller ticket, or one agreement for more"
    ),
    "ticket_use": RowFamily(
        ("instrument", "agreement"), "an agreement that is not made brings no money", "a smaller ticket"
    ),
    "present_use": RowFamily(
        ("link", "instrument"), "an instrument that is left out brings no money", "more financiers in a link"
    ),
    "financiers": RowFamily(("link",), "a link has only so many financiers", "more financiers in a link"),
    "incompatible": RowFamily(
        ("link", "screen", "side"),
        "lenders that a sanctions screen keeps apart do not meet",
        "waivers, or parallel instead of joint financing",
    ),
    "ppp_exposure": RowFamily(
        ("country",), "guarantees and availability payments must fit their cap", "a higher cap on such commitments"
    ),
}

DEFINITIONS = frozenset({"start_year", "net_sources", "commitment_drawn", "debt_service_due", "sculpted_opening"})
"""Families that only work an amount out; nobody can choose to break them."""


@dataclass(frozen=True, slots=True)
class PricedRows:
    """Rows of one family and subject, over their years, and what they cost together."""

    positions: tuple[int, ...]
    price: ConstraintPrice


def price_rows(problem: FinancingProblem, program: LinearProgram) -> tuple[PricedRows, ...]:
    """Return the inequality rows that hold the smallest gap up, dearest first; the years of a subject are one entry.

    The program must just have been solved for the gap. Relaxing is raising an upper bound or lowering a lower one, in
    every year of the entry at once.
    """
    duals = program.row_duals()
    groups: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for position, row in enumerate(program.rows):
        if row.lower != row.upper:
            groups.setdefault((row.family, _subject_of(row)), []).append(position)
    priced = []
    for (family, subject), positions in groups.items():
        binding = [position for position in positions if abs(duals[position]) > SMALLEST_PRICE]
        if binding:
            price = _price_of_group(problem, program, family, subject, binding, duals)
            priced.append(PricedRows(positions=tuple(positions), price=price))
    return tuple(sorted(priced, key=lambda each: each.price.gap_change_per_unit))


def _price_of_group(
    problem: FinancingProblem,
    program: LinearProgram,
    family: str,
    subject: tuple[int, ...],
    binding: list[int],
    duals: Floats,
) -> ConstraintPrice:
    rows = [program.rows[position] for position in binding]
    years = [row.indices[-1] for row in rows] if _is_yearly(family) else []
    limits = [row.upper if np.isfinite(row.upper) else row.lower for row in rows]
    return ConstraintPrice(
        constraint=family,
        subject=_grouped_subject(problem, family, subject, years),
        gap_change_per_unit=-float(np.sum(np.abs(duals[binding]))),
        limit=float(np.mean(limits)),
        meaning=FAMILIES[family].meaning,
        lever=FAMILIES[family].lever,
        is_yearly=_is_yearly(family),
        money=_money_of_window(problem, subject[0]) if family == "window" else "",
    )


def _money_of_window(problem: FinancingProblem, window: int) -> str:
    """Name the money that a window is for, and where it may go: "IDA blend fixed in PAK"."""
    charged = problem.windows.charge[window] > 0.0
    names = [problem.instruments[position].name for position in np.flatnonzero(charged.any(axis=1))]
    places = [problem.countries.ids[position] for position in np.flatnonzero(charged.any(axis=0))]
    where = f" in {' or '.join(places)}" if len(places) < len(problem.countries.ids) else ""
    distinct = list(dict.fromkeys(names))
    return f"{' or '.join(distinct[:3])}{' and the like' if len(distinct) > 3 else ''}{where}"


def measure_relaxations(
    program: LinearProgram,
    smallest_gap_musd: Callable[[], float],
    minimum_gap_musd: float,
    priced: tuple[PricedRows, ...],
    count: int,
) -> tuple[ConstraintPrice, ...]:
    """Solve again with each of `count` entries relaxed by a tenth of its limit, or by 1 where that is zero.

    A dual holds for a small step only and may be one of several; the difference of two optima is neither. Measured are
    the entries whose dual promises most for such a step; they come first, by what the step really brings.

    Parameters
    ----------
    program : whose rows are relaxed
    smallest_gap_musd : finds its optimum
    minimum_gap_musd : its optimum as it stands
    priced : rows that hold it up
    """
    by_promise = sorted(priced, key=lambda entry: entry.price.gap_change_per_unit * (abs(entry.price.limit) or 1.0))
    measured = []
    for entry in by_promise[:count]:
        amount = RELAXED_SHARE * abs(entry.price.limit) or RELAXED_MUSD
        for position in entry.positions:
            program.relax_row(position, amount)
        change = smallest_gap_musd() - minimum_gap_musd
        for position in entry.positions:
            program.relax_row(position, 0.0)
        measured.append(replace(entry.price, relaxed_by=amount, gap_change_musd=change))
    measured.sort(key=lambda price: price.gap_change_musd or 0.0)
    others = sorted((entry.price for entry in by_promise[count:]), key=lambda price: price.gap_change_per_unit)
    return (*measured, *others)


def conflicts_in_words(problem: FinancingProblem, rows: tuple[Row, ...]) -> tuple[Conflict, ...]:
    """Say what the rows of a conflicting set demand: one line per subject, its years together.

    Rows that only define an amount from others demand nothing and are left out.
    """
    years_of: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for row in rows:
        if row.family not in DEFINITIONS:
            years = row.indices[-1:] if _is_yearly(row.family) else ()
            years_of.setdefault((row.family, _subject_of(row)), []).extend(years)
    return tuple(
        Conflict(
            constraint=family,
            subject=_grouped_subject(problem, family, subject, years),
            meaning=FAMILIES[family].meaning,
        )
        for (family, subject), years in years_of.items()
    )


def _grouped_subject(problem: FinancingProblem, family: str, subject: tuple[int, ...], years: list[int]) -> str:
    words = _index_in_words(problem, FAMILIES[family].index, subject)
    if not years:
        return words
    labels = ", ".join(str(problem.years[year]) for year in sorted(years))
    return f"{words}, in {labels}"


def _is_yearly(family: str) -> bool:
    return FAMILIES[family].index[-1] == "year"


def _subject_of(row: Row) -> tuple[int, ...]:
    return row.indices[:-1] if _is_yearly(row.family) else row.indices


def _index_in_words(problem: FinancingProblem, kinds: tuple[str, ...], index: tuple[int, ...]) -> str:
    names = {
        "link": problem.links.ids,
        "section": problem.sections.ids,
        "country": problem.countries.ids,
        "instrument": tuple(each.name for each in problem.instruments),
        "year": tuple(str(year) for year in problem.years),
        "window": problem.windows.ids,
        "regional window": tuple(window.id for window in problem.regional_windows),
    }
    return ", ".join(
        f"{kind} {names[kind][position]}" for kind, position in zip(kinds, index, strict=False) if kind in names
    )

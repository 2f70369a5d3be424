"""Tickets, financiers and screens: against scipy's branch and bound, and against trying everything."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import (
    Draws,
    FinancingPlan,
    FinancingProblem,
    RiskMeasure,
    TicketScope,
    TwoStageOptions,
    WholeNumbers,
    agreements_of,
    evaluate_recourse,
    resimulate_plan,
    solve_two_stage,
)
from solvers.build_model import build_model
from solvers.cut_search import CutSearch
from solvers.draws import World
from solvers.model_sets import build_model_sets
from solvers.recourse import recourse_inputs
from solvers.search_settings import Limits
from solvers.whole_numbers import _as_known, _find_columns
from tests.solvers.cases import EQUITY, GRANT, HAND_CASE, SOVEREIGN, Case, Terms, build
from tests.solvers.extensive_form import solve_extensive
from tests.solvers.portfolio import build_portfolio
from tests.solvers.random_draws import random_draws
from tests.solvers.test_properties import random_problem

MIXED = RiskMeasure(tail_weight=0.3, tail_level=0.8)
WHOLE = TwoStageOptions(risk=MIXED, gap_tolerance=1e-7, levels=1, whole_numbers=WholeNumbers(tolerance=1e-4))
SCOPES = (TicketScope.COUNTRY, TicketScope.LINK, TicketScope.PORTFOLIO)


def with_tickets(problem: FinancingProblem, seed: int, largest_musd: float = 15.0) -> FinancingProblem:
    generator = np.random.default_rng(seed)
    instruments = tuple(
        replace(
            each,
            minimum_ticket_musd=float(generator.uniform(0.0, largest_musd)) * (generator.random() < 0.8),
            ticket_scope=SCOPES[generator.integers(3)],
        )
        for each in problem.instruments
    )
    return replace(problem, instruments=instruments)


def solve(problem: FinancingProblem, draws: Draws, options: TwoStageOptions = WHOLE) -> FinancingPlan:
    plan = solve_two_stage(problem, draws, options)
    assert plan.search is not None and plan.search.whole_numbers
    tickets = {each.id: each.minimum_ticket_musd for each in problem.instruments}
    for (name, _), amount in agreements_of(problem, plan).items():
        assert amount >= tickets[name] - 1e-6
    return plan


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_branch_and_bound_on_the_extensive_form(seed: int) -> None:
    problem = with_tickets(random_problem(seed), seed)
    problem = replace(problem, rules=replace(problem.rules, financiers_max=3, incompatible=(((2,), (3, 4)),)))
    draws = random_draws(problem, 12, seed)
    plan = solve(problem, draws)
    assert plan.search is not None
    best = solve_extensive(problem, draws, MIXED, whole_numbers=True)
    assert plan.search.ended == "proven"
    assert plan.search.bound_musd <= best + 1e-6
    assert best - 1e-6 <= plan.search.best_musd <= best * (1.0 + 1e-4) + 1e-6


@pytest.mark.parametrize("seed", [0, 3])
def test_portfolio_is_within_its_tolerance_of_the_extensive_form(seed: int) -> None:
    problem = with_tickets(build_portfolio(links=3, instruments=7, seed=seed), seed, largest_musd=6.0)
    draws = random_draws(problem, 8, seed)
    options = replace(WHOLE, whole_numbers=WholeNumbers(tolerance=0.01))
    plan = solve(problem, draws, options)
    assert plan.search is not None
    best = solve_extensive(problem, draws, MIXED, whole_numbers=True)
    assert plan.search.bound_musd <= best + 1e-6
    assert best - 1e-6 <= plan.search.best_musd <= best * 1.01 + 1e-6


def agreements_that_may_be(problem: FinancingProblem) -> list[tuple[int, np.ndarray]]:
    """Instrument and sections of every agreement with a least amount."""
    country, everywhere = problem.sections.country, np.ones(2, dtype=bool)
    found = []
    for position, each in enumerate(problem.instruments):
        if each.minimum_ticket_musd > 0.0:
            by_country = each.ticket_scope is TicketScope.COUNTRY
            found += [(position, country == group) for group in (0, 1)] if by_country else [(position, everywhere)]
    return found


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_best_of_every_pattern_of_agreements(seed: int) -> None:
    """Close every set of agreements in turn; of the plans that happen to keep the tickets none is better."""
    problem = with_tickets(random_problem(seed), seed)
    instruments = list(problem.instruments)
    while len(agreements_that_may_be(replace(problem, instruments=tuple(instruments)))) > 5:
        dropped = max(i for i, each in enumerate(instruments) if each.minimum_ticket_musd > 0.0)
        instruments[dropped] = replace(instruments[dropped], minimum_ticket_musd=0.0)
    problem = replace(problem, instruments=tuple(instruments))
    draws = random_draws(problem, 10, seed)
    found = solve(problem, draws).search
    assert found is not None
    tickets = {each.id: each.minimum_ticket_musd for each in problem.instruments}
    agreements, best = agreements_that_may_be(problem), np.inf
    for pattern in product((False, True), repeat=len(agreements)):
        eligible = problem.eligibility.eligible.copy()
        for (position, sections), is_open in zip(agreements, pattern, strict=True):
            eligible[sections, position] &= is_open
        closed = replace(problem, eligibility=replace(problem.eligibility, eligible=eligible))
        plan = solve_two_stage(closed, draws, replace(WHOLE, whole_numbers=None))
        assert plan.search is not None
        kept = all(amount >= tickets[name] - 1e-6 for (name, _), amount in agreements_of(closed, plan).items())
        best = min(best, plan.search.best_musd if kept else np.inf)
    assert found.best_musd <= best * (1.0 + 1e-4) + 1e-6


def test_small_mix_against_a_grid() -> None:
    """Every mix of two loans on a grid, with the equity its cash can pay: the optimum is at least as good and no more
    than a step away."""
    problem = build(HAND_CASE, uses=(*HAND_CASE.uses[:2], (EQUITY, Terms())))
    draws = random_draws(problem, 30, 1)
    plan = solve_two_stage(problem, draws, replace(WHOLE, whole_numbers=None))
    assert plan.search is not None
    best, discount = np.inf, 1.15 ** -np.arange(2.0, 12.0)
    for concessional, commercial in product(np.linspace(0.0, 30.0, 31), np.linspace(0.0, 60.0, 61)):
        service = (concessional, commercial, 0.0) @ problem.debt_service_per_draw[:, 0]
        if 1.3 * service.max() > 12.0:
            continue
        equity = max(float((12.0 - service[1:]) @ discount) * 1.15, 0.0)
        amounts = np.array([[concessional, commercial, equity]])
        candidate = replace(
            plan,
            commitment_musd=amounts,
            planned_sources_musd=np.eye(11)[:1] * amounts.sum(),
            debt_service_musd=service[None, :],
            reserve_target_musd=np.zeros((1, 11)),
        )
        inputs = recourse_inputs(problem, candidate, cost_musd=draws.cost_musd, cfads_musd=draws.cfads_musd)
        best = min(best, MIXED.value(evaluate_recourse(inputs).gap_musd))
    assert plan.search.best_musd - 1e-6 <= best + 1e-6
    assert best - plan.search.best_musd < 1.0


def test_a_bond_is_issued_once_for_the_portfolio_or_not_at_all() -> None:
    """Least amount 15: five in each of two sections do not make it, ten in each do, though neither would alone."""
    bond = replace(EQUITY, id="bond", minimum_ticket_musd=15.0, ticket_scope=TicketScope.PORTFOLIO)
    case = Case(
        uses=((bond, Terms()),),
        cost_shares=(0.5, 0.5),
        countries=2,
        section_country=(0, 1),
        hurdle=0.0,
        eligibility={"max_share_of_cost": np.full((2, 1), 0.1)},
    )
    problem = build(case)
    draws = random_draws(problem, 5, 0)
    assert solve(problem, draws).commitment_musd.sum() == pytest.approx(0.0, abs=1e-9)
    larger = build(case, eligibility={"max_share_of_cost": np.full((2, 1), 0.2)})
    assert solve(larger, draws).commitment_musd.sum() == pytest.approx(20.0, abs=1e-6)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_stricter_whole_number_rules_never_help(seed: int) -> None:
    problem = with_tickets(random_problem(seed), seed, largest_musd=6.0)
    draws = random_draws(problem, 10, seed)
    gaps = []
    for rules in (
        problem.rules,
        replace(problem.rules, financiers_max=4),
        replace(problem.rules, financiers_max=2),
        replace(problem.rules, financiers_max=2, incompatible=(((2, 3), (4,)),)),
    ):
        search = solve(replace(problem, rules=rules), draws).search
        assert search is not None
        gaps.append(search.best_musd)
    assert all(after >= before * (1.0 - 1e-4) - 1e-6 for before, after in zip(gaps, gaps[1:], strict=False))


def test_screened_lenders_do_not_meet_and_the_limit_of_financiers_holds() -> None:
    problem = build_portfolio(links=5, instruments=14, seed=3)
    problem = replace(problem, rules=replace(problem.rules, financiers_max=3, incompatible=(((3, 10), (5, 12)),)))
    loose = replace(WHOLE, levels=4, whole_numbers=WholeNumbers(tolerance=0.05))
    plan = solve_two_stage(problem, random_draws(problem, 20, 3), loose)
    by_link = np.zeros((5, 14))
    np.add.at(by_link, problem.sections.link, plan.commitment_musd)
    assert (by_link > 1e-6).sum(axis=1).max() <= 3
    assert np.minimum(by_link[:, [3, 10]].sum(axis=1), by_link[:, [5, 12]].sum(axis=1)).max() <= 1e-6


def test_all_terms_of_a_lender_are_one_agreement() -> None:
    """Two terms with 4 to give each: of one lender they reach his least amount of 6 together, of two they do not."""
    grant = replace(GRANT, minimum_ticket_musd=6.0)
    for variant_of, expected in (("grant", 92.0), (None, 100.0)):
        other = replace(grant, id="other", variant_of=variant_of)
        limits = (("first", 4.0, {("grant", 0): 1.0}), ("second", 4.0, {("other", 0): 1.0}))
        problem = build(Case(uses=((grant, Terms()), (other, Terms())), windows=limits))
        draws = Draws(*(np.repeat(each[:, :, None], 2, axis=2) for each in _planned(problem)))
        plan = solve_two_stage(problem, draws, WHOLE)
        assert plan.search is not None and plan.search.best_musd == pytest.approx(expected, abs=1e-6)
        assert len(agreements_of(problem, plan)) == (variant_of is not None)


def _planned(problem: FinancingProblem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    links = problem.links
    return links.planned_cost_musd, links.expected_cfads_musd, links.lease_income_lost_per_iru


def test_agreements_out_of_reach_have_no_whole_number() -> None:
    """Equity of 1 a year for ten years at 15 per cent is at most 5.02 at the end of the works; studies cost 2."""
    fund = replace(GRANT, id="fund", is_preparation_only=True, minimum_ticket_musd=2.5)
    studies = {"preparation_musd": np.array([[2.0] + [0.0] * 10])}
    for ticket, kept in ((5.0, 1), (5.1, 0)):
        equity = replace(EQUITY, minimum_ticket_musd=ticket)
        case = Case(cfads_musd=(1.0,) * 10, uses=((equity, Terms()), (fund, Terms())), sections=studies)
        problem = build(case)
        model = build_model(problem, build_model_sets(problem), RiskMeasure(), whole_numbers=True)
        assert [index for index, _ in model.used] == [0] * kept
        on_its_own_path = build_model(problem, build_model_sets(problem), whole_numbers=True)
        assert [index for index, _ in on_its_own_path.used] == [0]  # support may pay sponsors there


def test_known_agreements_keep_their_side_of_a_screen() -> None:
    """Two loans that do not meet: what is known of the second side is rounded to itself, and is feasible."""
    first, second = (replace(SOVEREIGN, id=name, minimum_ticket_musd=5.0) for name in ("first", "second"))
    terms = Terms(rate=0.01, tenor_years=20, grace_years=5)
    case = Case(cfads_musd=(1.0,) * 25, uses=((first, terms), (second, terms)), rules={"incompatible": (((0,), (1,)),)})
    problem = build(case)
    draws = Draws(*(np.repeat(each[:, :, None], 2, axis=2) for each in _planned(problem)))
    search = CutSearch(problem, (World(draws),), MIXED, Limits(), whole_numbers=True)
    columns = _find_columns(search)
    for known, side in ((("second", 0), 0.0), (("first", 0), 1.0)):
        numbers = _as_known(columns, frozenset({known}))
        by_name = dict(zip([key or "side" for key in columns.keys], numbers, strict=True))
        assert by_name == {known: 1.0, "side": side} | {key: 0.0 for key in columns.keys if key not in (None, known)}
        search.program.set_bounds(columns.positions, numbers, numbers)
        assert search.minimise_gap().risk_musd == pytest.approx(0.0, abs=1e-6)


def test_known_agreements_are_never_worse() -> None:
    problem = with_tickets(build_portfolio(links=5, instruments=14, seed=4), 4, largest_musd=8.0)
    draws = random_draws(problem, 20, 4)
    known = solve(problem, draws)
    loose = replace(
        WHOLE, whole_numbers=WholeNumbers(tolerance=0.5, known_uses=frozenset(agreements_of(problem, known)))
    )
    again = solve(problem, draws, loose)
    assert known.search is not None and again.search is not None
    assert again.search.best_musd <= known.search.best_musd * (1.0 + 1e-6) + 1e-6


def test_limits_end_with_a_plan_and_its_bound() -> None:
    problem = with_tickets(build_portfolio(links=4, instruments=14, seed=5), 5)
    draws = random_draws(problem, 30, 5)
    best = solve(problem, draws, replace(WHOLE, whole_numbers=WholeNumbers(tolerance=0.005))).search
    assert best is not None
    hurried = solve(problem, draws, replace(WHOLE, seconds=0.0))
    few_nodes = solve(problem, draws, replace(WHOLE, whole_numbers=WholeNumbers(tolerance=1e-9, nodes=1)))
    for plan in (hurried, few_nodes):
        assert plan.search is not None and plan.search.ended
        assert plan.search.bound_musd <= best.best_musd + 1e-6
        assert plan.search.best_musd >= best.bound_musd - 1e-6
        assert resimulate_plan(problem, plan).covenant_shortfall_musd.max() <= 1e-6
    assert hurried.search is not None and hurried.search.ended == "time limit"

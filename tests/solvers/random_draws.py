"""Made-up futures of a problem's links: works that cost more and take longer, cash around the expected path."""

from __future__ import annotations

import numpy as np

from solvers import Draws, FinancingProblem


def random_draws(problem: FinancingProblem, count: int, seed: int) -> Draws:
    """Half of the draws build a year late; one in ten links is never finished."""
    generator = np.random.default_rng(seed)
    cost, cash = problem.links.planned_cost_musd, problem.links.expected_cfads_musd
    shape = (len(cost), 1, count)
    works = cost[:, :, None] * generator.lognormal(0.0, 0.25, shape)
    late = generator.random(shape) < 0.5
    works = np.where(late, np.concatenate([np.zeros_like(works[:, :1]), works[:, :-1]], axis=1), works)
    level = generator.lognormal(0.0, 0.4, shape) * (generator.random(shape) < 0.9)
    earned = cash[:, :, None] * level * generator.uniform(0.7, 1.3, (*cash.shape, count))
    earned -= 0.2 * generator.random((*cash.shape, count))
    lost = problem.links.lease_income_lost_per_iru[:, :, None] * generator.uniform(0.5, 1.5, (*cash.shape, count))
    return Draws(works, earned, lost)

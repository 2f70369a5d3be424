"""Static parameters: drawn once a draw, with any marginal distributions and rank correlations.

Every slot (a named parameter) has a stream of its own, keyed by its name, so that adding, removing or reordering slots
leaves the draws of the others as they were.  Dependence is a Gaussian copula, built in one of two ways:

common factors   a group's slots share a factor: z = sqrt(share) * z_group + sqrt(1 - share) * z_own, so that two
members
                 have the correlation sqrt(share_a share_b) of their normal numbers
rank correlations   Spearman correlations of pairs; the normal numbers get 2 sin(pi rank / 6) (exact for the normal
                 copula) and the Cholesky factor of the matrix of all slots tied together, in the order of their names

References
----------
W. H. Kruskal, Ordinal measures of association, Journal of the American Statistical Association 53, 1958 (section 5:
rank and product-moment correlation of the normal distribution).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.executors import BlockRange, run_blocks
from simmodel.engine.sampling_kernel import TABLE_REACH, StaticDraws, fill_medians, fill_static_values
from simmodel.errors import ScenarioError
from simmodel.inputs.marginals import Marginal, MarginalKind
from simmodel.inputs.stream_names import stream_numbers

__all__ = ["SamplingPlan", "draw_static_values", "plan_sampling", "tabulate_inverse_beta"]

FloatMatrix = NDArray[np.float64]
# (name of a slot, weight) of every independent normal number in a slot's own
Weights = list[tuple[str, float]]

FACTOR_PREFIX: Final = "common_factor/"
# A table of the inverse beta distribution is refined until it errs by less than this share of the range at every
# midpoint.
TABLE_ERROR: Final = 1e-7
FEWEST_INTERVALS: Final = 128
MOST_INTERVALS: Final = 16384
# Pivots of a Cholesky factor below this are taken for zero: the matrix is not positive definite.
SMALLEST_PIVOT: Final = 1e-10


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """How to draw the static parameters of a scenario.

    Attributes
    ----------
    names : names of the slots, in the order of the rows of the draw matrix
    draws : the same as arrays for the kernel
    """

    names: tuple[str, ...]
    draws: StaticDraws


def plan_sampling(
    slots: Sequence[tuple[str, Marginal]],
    *,
    correlations: Sequence[tuple[str, str, float]] = (),
    common_factors: Sequence[tuple[str, Sequence[str], float]] = (),
) -> SamplingPlan:
    """Prepare the draws of named parameters.

    Parameters
    ----------
    slots : (name, marginal) of every parameter; the names are the names of their random streams
    correlations : (name, name, Spearman rank correlation), each pair at most once
    common_factors : (group, names, share of variance in common, 0 to 1); a slot may be in several groups

    Raises
    ------
    ScenarioError
        for a name that does not exist or comes twice, a share or a correlation out of range, a slot tied in both ways,
        and correlations that contradict each other (the matrix is not positive definite; the worst pair is named).
    """
    names = tuple(name for name, _ in slots)
    problems = _name_problems(names, correlations, common_factors)
    if problems:
        raise ScenarioError(problems)
    weights: dict[str, Weights] = {name: [(name, 1.0)] for name in names}
    weights.update(_factor_weights(common_factors))
    weights.update(_correlation_weights(correlations))
    draws = _pack(slots, weights)
    return SamplingPlan(names, draws)


def draw_static_values(
    plan: SamplingPlan,
    *,
    seed: int,
    first_draw: int,
    last_draw: int,
    deterministic: bool = False,
    threads: int = 1,
) -> FloatMatrix:
    """Draw every slot's values for draws [first_draw, last_draw).

    A value depends on the seed, the draw, the slot's name and what it is correlated with; not on the range asked for,
    nor on the threads.

    Parameters
    ----------
    seed : 0 to 2**64 - 1
    first_draw, last_draw : 0 <= first_draw <= last_draw <= 2**32
    deterministic : give the medians, as one draw, whatever the range
    threads : at least 1

    Returns
    -------
    (slots, draws) float64, C order, in each parameter's own unit
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed {seed} is not between 0 and 2**64 - 1")
    if not 0 <= first_draw <= last_draw <= 2**32:
        raise ValueError(f"draws {first_draw} to {last_draw} are not within 0 to 2**32")
    n_slots = len(plan.names)
    if deterministic:
        medians = np.empty((n_slots, 1))
        fill_medians(medians, np.empty((3, B)), plan.draws)
        return medians
    values = np.empty((n_slots, last_draw - first_draw))

    def new_state() -> tuple[FloatMatrix, FloatMatrix]:
        return np.empty((plan.draws.streams.size, B)), np.empty((3, B))

    def work(first_block: int, last_block: int, state: tuple[FloatMatrix, FloatMatrix]) -> None:
        fill_static_values(values, *state, plan.draws, np.uint64(seed), first_draw, first_block, last_block)

    blocks = BlockRange.of_draws(first_draw, last_draw)
    run_blocks(work, blocks, new_state=new_state, threads=threads, kernel="static parameters")
    return values


# ---------------------------------------------------------------------------------------------------------- dependence


def _name_problems(
    names: Sequence[str],
    correlations: Sequence[tuple[str, str, float]],
    common_factors: Sequence[tuple[str, Sequence[str], float]],
) -> list[str]:
    """Everything wrong with names, ranges and pairs."""
    known = set(names)
    counts = Counter(names)
    problems = [f"the parameter {name} is drawn twice" for name in sorted(known) if counts[name] > 1]
    grouped: dict[str, float] = {}
    for group, members, share in common_factors:
        if not 0.0 <= share <= 1.0:
            problems.append(f"common factor {group}: share of variance {share} is not between 0 and 1")
        if len(set(members)) < len(members):
            problems.append(f"common factor {group}: a member is named twice")
        problems += [f"common factor {group}: {name} is not drawn" for name in members if name not in known]
        for name in members:
            grouped[name] = grouped.get(name, 0.0) + share
    problems += [
        f"{name}: the shares of its common factors sum to {total}, above 1"
        for name, total in sorted(grouped.items())
        if total > 1.0 + 1e-12
    ]
    groups = [group for group, _, _ in common_factors]
    problems += [f"common factor {group} is given twice" for group in sorted(set(groups)) if groups.count(group) > 1]
    pairs: set[frozenset[str]] = set()
    for a, b, rank in correlations:
        if not -1.0 <= rank <= 1.0:
            problems.append(f"correlation of {a} and {b}: {rank} is not between -1 and 1")
        if a == b or frozenset((a, b)) in pairs:
            problems.append(f"correlation of {a} and {b}: given twice, or of a parameter with itself")
        pairs.add(frozenset((a, b)))
        for name in (a, b):
            if name not in known:
                problems.append(f"correlation of {a} and {b}: {name} is not drawn")
            elif name in grouped:
                problems.append(f"correlation of {a} and {b}: {name} already depends on a common factor")
    return problems


def _factor_weights(common_factors: Sequence[tuple[str, Sequence[str], float]]) -> dict[str, Weights]:
    """Weights of group factors and of the own part, the groups in the order of their names."""
    weights: dict[str, Weights] = {}
    own_share: dict[str, float] = {}
    for group, members, share in sorted(common_factors, key=lambda factor: factor[0]):
        for name in members:
            weights.setdefault(name, []).append((FACTOR_PREFIX + group, math.sqrt(share)))
            own_share[name] = own_share.get(name, 1.0) - share
    for name, share in own_share.items():
        weights[name].append((name, math.sqrt(max(share, 0.0))))
    return weights


def _correlation_weights(correlations: Sequence[tuple[str, str, float]]) -> dict[str, Weights]:
    """Rows of the Cholesky factors of every set of slots tied together, the slots in the order of their names."""
    partners: dict[str, dict[str, float]] = {}
    for a, b, rank in correlations:
        pearson = 2.0 * math.sin(math.pi * rank / 6.0)
        partners.setdefault(a, {})[b] = pearson
        partners.setdefault(b, {})[a] = pearson
    weights: dict[str, Weights] = {}
    for members in _connected(partners):
        matrix = np.array([[1.0 if a == b else partners[a].get(b, 0.0) for b in members] for a in members])
        factor = _cholesky(matrix, members)
        for row, name in enumerate(members):
            weights[name] = [
                (members[column], float(factor[row, column])) for column in range(row + 1) if factor[row, column] != 0.0
            ]
    return weights


def _connected(partners: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Sets of names tied together directly or through others, each sorted."""
    waiting, found = set(partners), []
    while waiting:
        reached, front = set(), [min(waiting)]
        while front:
            name = front.pop()
            if name not in reached:
                reached.add(name)
                front.extend(partners[name])
        waiting -= reached
        found.append(sorted(reached))
    return found


def _cholesky(matrix: FloatMatrix, members: Sequence[str]) -> FloatMatrix:
    """Lower Cholesky factor; refuses a matrix that is not positive definite."""
    size = len(members)
    factor = np.zeros_like(matrix)
    for row in range(size):
        for column in range(row):
            inner = math.fsum(factor[row, :column] * factor[column, :column])
            factor[row, column] = (matrix[row, column] - inner) / factor[column, column]
        pivot = 1.0 - math.fsum(factor[row, :row] ** 2)
        if pivot < SMALLEST_PIVOT:
            raise ScenarioError([_contradiction(matrix, members)])
        factor[row, row] = math.sqrt(pivot)
    return factor


def _contradiction(matrix: FloatMatrix, members: Sequence[str]) -> str:
    """Name the pair that pulls a matrix's least eigenvalue down most.

    That eigenvalue is v' R v with v its eigenvector, one plus the sum of 2 v_a v_b R_ab over the pairs: the most
    negative summand is the one to blame.
    """
    eigenvalues, vectors = np.linalg.eigh(matrix)
    vector = vectors[:, 0]
    pull = np.round(np.outer(vector, vector) * (matrix - np.eye(len(members))), 9)  # of equals, the first by name
    a, b = np.unravel_index(int(np.argmin(pull)), pull.shape)
    first, second = sorted((members[int(a)], members[int(b)]))
    rank = 6.0 / math.pi * math.asin(float(matrix[a, b]) / 2.0)
    return (
        f"correlation of {first} and {second}: {rank:.3g} contradicts the other correlations of the same parameters "
        f"(the matrix is not positive definite, least eigenvalue {eigenvalues[0]:.3g})"
    )


# --------------------------------------------------------------------------------------------------------- into arrays


def _pack(slots: Sequence[tuple[str, Marginal]], weights: Mapping[str, Weights]) -> StaticDraws:
    """Lay marginals, points and weights out as flat arrays; fixed slots need no normal number."""
    drawn = {name: weights[name] for name, marginal in slots if marginal.kind is not MarginalKind.FIXED}
    sources = {source: index for index, source in enumerate(dict.fromkeys(s for w in drawn.values() for s, _ in w))}
    parameters = np.zeros((len(slots), 4))
    points: list[FloatMatrix] = []
    tables: dict[tuple[float, ...], tuple[int, int]] = {}
    point_ranges, term_ranges = np.zeros((len(slots), 2), np.int64), np.zeros((len(slots), 2), np.int64)
    terms: list[int] = []
    factors: list[float] = []
    n_points = 0
    for slot, (name, marginal) in enumerate(slots):
        parameters[slot, : len(marginal.parameters)] = marginal.parameters
        shape = _shape_of(marginal)
        if shape and shape not in tables:
            table = _points_of(name, marginal)
            tables[shape] = (n_points, n_points + len(table))
            points.append(table)
            n_points += len(table)
        point_ranges[slot] = tables[shape] if shape else (0, 0)
        own = drawn.get(name, [])
        term_ranges[slot] = len(terms), len(terms) + len(own)
        terms += [sources[source] for source, _ in own]
        factors += [weight for _, weight in own]
    return StaticDraws(
        kinds=np.array([int(marginal.kind) for _, marginal in slots], dtype=np.int64),
        parameters=parameters,
        lower=np.array([marginal.lower for _, marginal in slots], dtype=np.float64),
        upper=np.array([marginal.upper for _, marginal in slots], dtype=np.float64),
        first_point=np.ascontiguousarray(point_ranges[:, 0]),
        last_point=np.ascontiguousarray(point_ranges[:, 1]),
        points=np.concatenate(points) if points else np.zeros((0, 2)),
        first_term=np.ascontiguousarray(term_ranges[:, 0]),
        last_term=np.ascontiguousarray(term_ranges[:, 1]),
        terms=np.array(terms, dtype=np.int64),
        weights=np.array(factors, dtype=np.float64),
        streams=stream_numbers(sources),
    )


def _shape_of(marginal: Marginal) -> tuple[float, ...]:
    """What slots must share to share a table; empty for a marginal without one."""
    if marginal.kind is MarginalKind.BETA:
        return (float(marginal.kind), *marginal.parameters[:2])
    return (float(marginal.kind), *marginal.values, *marginal.probabilities) if marginal.values else ()


def _points_of(name: str, marginal: Marginal) -> FloatMatrix:
    """(points, 2) table of a marginal."""
    if marginal.kind is MarginalKind.BETA:
        try:
            return tabulate_inverse_beta(alpha=marginal.parameters[0], beta=marginal.parameters[1])
        except ValueError as problem:
            raise ScenarioError([f"{name}: {problem}"]) from problem
    if marginal.kind is MarginalKind.DISCRETE:
        cumulative = np.cumsum(marginal.probabilities)
        cumulative[-1] = 1.0
        return np.column_stack([marginal.values, cumulative])
    return np.column_stack([marginal.values, np.zeros(len(marginal.values))])


def tabulate_inverse_beta(*, alpha: float, beta: float) -> FloatMatrix:
    """Tabulate the inverse beta distribution function over standard normal numbers from -8 to 8.

    Between the points the kernel runs a cubic through both values with both slopes.  The slopes are five-point
    differences, held to three times the neighbouring rises, which keeps the curve rising (Fritsch and Carlson 1980).
    The number of points is doubled until the curve errs by less than 1e-7 at every midpoint, and below 1e-6 everywhere.

    Returns
    -------
    (points, 2) value between 0 and 1, slope per interval

    Raises
    ------
    ValueError
        if no table of 16,385 points is that good (a beta that is all but a coin toss).
    """
    intervals = FEWEST_INTERVALS
    values = _inverse_beta(np.linspace(-TABLE_REACH, TABLE_REACH, intervals + 1), alpha, beta)
    while intervals <= MOST_INTERVALS:
        grid = np.linspace(-TABLE_REACH, TABLE_REACH, 2 * intervals + 1)
        exact = _inverse_beta(grid[1::2], alpha, beta)
        slopes = _rising_slopes(values)
        midpoints = 0.5 * (values[:-1] + values[1:]) + 0.125 * (slopes[:-1] - slopes[1:])
        if np.max(np.abs(midpoints - exact)) < TABLE_ERROR:
            return np.column_stack([values, slopes])
        finer = np.empty(grid.size)
        finer[::2], finer[1::2] = values, exact
        values = np.maximum.accumulate(finer)
        intervals *= 2
    raise ValueError(f"beta with alpha {alpha:.3g}, beta {beta:.3g} is too close to a coin toss to tabulate")


def _inverse_beta(normals: FloatMatrix, alpha: float, beta: float) -> FloatMatrix:
    """Exact inverse at standard normal numbers, from whichever tail is small."""
    from scipy.special import betaincinv, ndtr

    tail = ndtr(-np.abs(normals))
    below = normals <= 0.0
    values = np.empty(normals.size)
    values[below] = betaincinv(alpha, beta, tail[below])
    values[~below] = 1.0 - betaincinv(beta, alpha, tail[~below])
    return np.maximum.accumulate(values)


def _rising_slopes(values: FloatMatrix) -> FloatMatrix:
    """Slopes per interval that keep a cubic through rising `values` rising."""
    rises = np.diff(values)
    slopes = np.gradient(values)
    slopes[2:-2] = (8.0 * (values[3:-1] - values[1:-3]) - (values[4:] - values[:-4])) / 12.0
    bound = 3.0 * np.minimum(np.append(rises, rises[-1]), np.append(rises[0], rises))
    return np.clip(slopes, 0.0, bound)

"""Static parameters and common annual factors, with any marginal distributions and rank correlations.

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

from simmodel.engine.beta_tables import tabulate_inverse_beta
from simmodel.engine.block import B
from simmodel.engine.point_sets import Sampling, Source, make_points
from simmodel.engine.random_streams import STATIC_YEAR
from simmodel.engine.sampling_kernel import Points, StaticDraws, fill_medians, fill_static_rows
from simmodel.engine.side_by_side import Call
from simmodel.errors import ScenarioError
from simmodel.inputs.marginals import Marginal, MarginalKind, normal
from simmodel.inputs.stream_names import stream_number, stream_numbers

__all__ = ["AnnualFactor", "SamplingPlan", "StaticSampler", "draw_static_values", "plan_sampling"]

FloatMatrix = NDArray[np.float64]
# (name of a slot, weight) of every independent normal number in a slot's own
Weights = list[tuple[str, float]]

FACTOR_PREFIX: Final = "common_factor/"
# Pivots of a Cholesky factor below this are taken for zero: the matrix is not positive definite.
SMALLEST_PIVOT: Final = 1e-10


@dataclass(frozen=True, slots=True)
class AnnualFactor:
    """A standard normal number of one year that moves the whole market: a word of a stream, drawn with the slots.

    stream : name of the stream
    year : position of the year, 0 the study's first
    word : word of the stream in that year
    """

    stream: str
    year: int
    word: int

    @property
    def name(self) -> str:
        """Name of the row."""
        return f"{self.stream}/{self.year:04d}/{self.word}"


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """How to draw the static parameters and common annual factors of a scenario.

    Attributes
    ----------
    names : names of the slots, then of the annual factors, in the order of the rows of the draw matrix
    sources : the independent normal numbers behind them, one dimension of a design each; in the order of the number of
        parts of their names, then by name
    draws : the same as arrays for the kernel
    """

    names: tuple[str, ...]
    sources: tuple[Source, ...]
    draws: StaticDraws


def plan_sampling(
    slots: Sequence[tuple[str, Marginal]],
    *,
    correlations: Sequence[tuple[str, str, float]] = (),
    common_factors: Sequence[tuple[str, Sequence[str], float]] = (),
    annual: Sequence[AnnualFactor] = (),
) -> SamplingPlan:
    """Prepare the draws of named parameters.

    Parameters
    ----------
    slots : (name, marginal) of every parameter; the names are the names of their random streams
    correlations : (name, name, Spearman rank correlation), each pair at most once
    common_factors : (group, names, share of variance in common, 0 to 1); a slot may be in several groups
    annual : standard normal numbers of single years, drawn with the slots

    Raises
    ------
    ScenarioError
        for a name that does not exist or comes twice, a share or a correlation out of range, a slot tied in both ways,
        and correlations that contradict each other (the matrix is not positive definite; the worst pair is named).
    """
    factors = {factor.name: factor for factor in annual}
    slots = [*slots, *((name, normal(mean=0.0, sd=1.0)) for name in factors)]
    names = tuple(name for name, _ in slots)
    problems = _name_problems(names, correlations, common_factors)
    if problems:
        raise ScenarioError(problems)
    weights: dict[str, Weights] = {name: [(name, 1.0)] for name in names}
    weights.update(_factor_weights(common_factors))
    weights.update(_correlation_weights(correlations))
    drawn = {name: weights[name] for name, marginal in slots if marginal.kind is not MarginalKind.FIXED}
    terms = {term for own in drawn.values() for term, _ in own}
    places = {name: place for place, name in enumerate(sorted(terms, key=_dimension))}
    sources = _number_sources(places, factors)
    return SamplingPlan(names, sources, _pack(slots, drawn, places, sources))


class StaticSampler:
    """Draws every slot's values block by block, from one of three designs.

    A value depends on the seed, the draw, the slot's name and what it is correlated with; not on the blocks asked for.
    With a Sobol sequence it also depends on the names of the other slots, each being a dimension; with a Latin
    hypercube on the number of draws.

    Parameters
    ----------
    plan : what to draw
    seed : 0 to 2**64 - 1
    draws : of the whole simulation, whatever part of it is asked for
    sampling : the design
    deterministic : give the medians, in every lane
    """

    def __init__(
        self,
        plan: SamplingPlan,
        *,
        seed: int,
        draws: int,
        sampling: Sampling = Sampling.MONTE_CARLO,
        deterministic: bool = False,
    ) -> None:
        if not 0 <= seed < 2**64:
            raise ValueError(f"seed {seed} is not between 0 and 2**64 - 1")
        self.plan, self.seed, self.deterministic = plan, seed, deterministic
        used = Sampling.MONTE_CARLO if deterministic else sampling
        self.points: Points = make_points(used, plan.sources, seed=seed, draws=draws)

    def new_space(self) -> tuple[FloatMatrix, FloatMatrix]:
        """Working space of one thread."""
        return np.empty((max(1, len(self.plan.sources)), B)), np.empty((2, B))

    def fill(self, rows: FloatMatrix, first_draw: int, space: tuple[FloatMatrix, FloatMatrix]) -> None:
        """Write the values of the block that starts at `first_draw`, a multiple of B, into `rows`, (slots, B)."""
        kernel, arguments = self.fill_call(rows, first_draw, space)
        kernel(*arguments)

    def fill_call(self, rows: FloatMatrix, first_draw: int, space: tuple[FloatMatrix, FloatMatrix]) -> Call:
        """The kernel that `fill` calls, and with what."""
        if self.deterministic:
            return fill_medians, (rows, space[1], self.plan.draws)
        return fill_static_rows, (rows, *space, self.plan.draws, self.points, np.uint64(self.seed), first_draw)


def draw_static_values(
    plan: SamplingPlan,
    *,
    seed: int,
    first_draw: int,
    last_draw: int,
    deterministic: bool = False,
    sampling: Sampling = Sampling.MONTE_CARLO,
    draws: int | None = None,
) -> FloatMatrix:
    """Draw every slot's values for draws [first_draw, last_draw) at once; see `StaticSampler`.

    Parameters
    ----------
    seed : 0 to 2**64 - 1
    first_draw, last_draw : 0 <= first_draw <= last_draw <= 2**32
    deterministic : give the medians, as one draw, whatever the range
    sampling : the design
    draws : of the whole simulation; by default `last_draw`

    Returns
    -------
    (slots, draws) float64, C order, in each parameter's own unit
    """
    if not 0 <= first_draw <= last_draw <= 2**32:
        raise ValueError(f"draws {first_draw} to {last_draw} are not within 0 to 2**32")
    sampler = StaticSampler(plan, seed=seed, draws=draws or last_draw, sampling=sampling, deterministic=deterministic)
    space, rows = sampler.new_space(), np.empty((len(plan.names), B))
    if deterministic:
        sampler.fill(rows, 0, space)
        return np.ascontiguousarray(rows[:, :1])
    values = np.empty((len(plan.names), last_draw - first_draw))
    for start in range(first_draw // B * B, last_draw, B):
        sampler.fill(rows, start, space)
        first, last = max(start, first_draw), min(start + B, last_draw)
        values[:, first - first_draw : last - first_draw] = rows[:, first - start : last - start]
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


def _dimension(name: str) -> tuple[int, str]:
    """Sort key that gives the best dimensions of a Sobol sequence, the first, to what moves everything.

    Names of few parts concern the whole market (`parameters/theta`), longer ones a country, a link or a year
    (`links/wakhan/overrun`), the longest a hazard of a zone or one effect of a reform in a country.
    """
    return name.count("/"), name


def _number_sources(places: Mapping[str, int], factors: Mapping[str, AnnualFactor]) -> tuple[Source, ...]:
    """Stream, year and word of every independent normal number, in the order of `places`."""
    numbers = dict(zip(static := [name for name in places if name not in factors], stream_numbers(static), strict=True))
    sources = []
    for name in places:
        factor = factors.get(name)
        if factor is None:
            sources.append(Source(int(numbers[name]), STATIC_YEAR, 0))
        else:
            sources.append(Source(stream_number(factor.stream), factor.year, factor.word))
    return tuple(sources)


def _pack(
    slots: Sequence[tuple[str, Marginal]],
    drawn: Mapping[str, Weights],
    places: Mapping[str, int],
    sources: Sequence[Source],
) -> StaticDraws:
    """Lay marginals, points and weights out as flat arrays; fixed slots need no normal number."""
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
        terms += [places[term] for term, _ in own]
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
        streams=np.array([source.stream for source in sources], dtype=np.uint64),
        years=np.array([source.year for source in sources], dtype=np.int64),
        words=np.array([source.word for source in sources], dtype=np.int64),
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

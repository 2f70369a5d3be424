"""Static draws: marginals against SciPy, dependence against its target, independence of order, split and company."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import qmc

from simmodel.engine.beta_tables import tabulate_inverse_beta
from simmodel.engine.block import B
from simmodel.engine.point_sets import REPLICATES, Sampling, replicate_of_draws
from simmodel.engine.random_streams import STATIC_YEAR, fill_normals
from simmodel.engine.sampling import AnnualFactor, draw_static_values, plan_sampling
from simmodel.errors import ScenarioError
from simmodel.inputs import marginals as m
from simmodel.inputs.stream_names import stream_number

SEED = 2026
Z90 = float(stats.norm.ppf(0.9))

MARGINALS = {
    "uniform": (m.uniform(minimum=-1, maximum=3), stats.uniform(-1, 4)),
    "triangular": (m.triangular(minimum=1, mode=2, maximum=5), stats.triang(0.25, 1, 4)),
    "triangular_left": (m.triangular(minimum=1, mode=1, maximum=5), stats.triang(0.0, 1, 4)),
    "triangular_right": (m.triangular(minimum=1, mode=5, maximum=5), stats.triang(1.0, 1, 4)),
    "pert": (m.pert(minimum=0, mode=2, maximum=10), stats.beta(1.8, 4.2, 0, 10)),
    "normal": (m.normal(mean=5, sd=2), stats.norm(5, 2)),
    "lognormal_median": (m.lognormal_from_median(median=10, p90=15), stats.lognorm(math.log(1.5) / Z90, 0, 10)),
    "lognormal_mean": (
        m.lognormal_from_mean(mean=10, cv=0.5),
        stats.lognorm(math.sqrt(math.log(1.25)), 0, 10 / math.sqrt(1.25)),
    ),
    "beta": (m.beta(mean=0.3, sd=0.1), stats.beta(0.3 * 20, 0.7 * 20)),
    "beta_u_shaped": (m.beta(mean=0.5, sd=0.4), stats.beta(0.28125, 0.28125)),
}


def draw(slots, n=5000, first=0, seed=SEED, sampling=Sampling.MONTE_CARLO, of_draws=None, **ties):
    plan = plan_sampling(slots, **ties)
    return draw_static_values(plan, seed=seed, first_draw=first, last_draw=first + n, sampling=sampling, draws=of_draws)


@pytest.fixture(scope="module")
def normal_scores():
    """Standard normal numbers of the streams named as MARGINALS."""
    return dict(zip(MARGINALS, draw([(name, m.normal(mean=0, sd=1)) for name in MARGINALS]), strict=True))


@pytest.mark.parametrize("name", MARGINALS)
def test_values_are_the_inverse_distribution_function(name, normal_scores):
    marginal, truth = MARGINALS[name]
    values = draw([(name, marginal)])[0]
    exact = truth.ppf(stats.norm.cdf(normal_scores[name]))
    tolerance = 1e-6 if marginal.kind is m.MarginalKind.BETA else 1e-12
    np.testing.assert_allclose(values, exact, rtol=0, atol=tolerance * (truth.ppf(0.99) - truth.ppf(0.01)))
    assert stats.kstest(values, truth.cdf).pvalue > 1e-3


def test_shifted_lognormal_meets_its_percentiles_and_cuts():
    for percentiles in ((1.0, 2.0, 4.0), (1.0, 4.0, 5.0), (1.0, 2.0, 3.0), (1.0, 2.0, 3.000001)):
        p10, p50, p90 = percentiles
        marginal = m.shifted_lognormal(p10=p10, p50=p50, p90=p90, lower=0.9, upper=5.5)
        values = draw([("x", marginal)], n=40_000)[0]
        np.testing.assert_allclose(np.quantile(values, [0.1, 0.5, 0.9]), percentiles, rtol=0.03)
        assert values.min() >= 0.9
        assert values.max() <= 5.5


def test_logit_normal_shifts_the_log_odds():
    values = draw([("x", m.logit_normal(median=0.3, p90_shift=0.9))], n=40_000)[0]
    logits = np.log(values / (1 - values)) - math.log(0.3 / 0.7)
    assert np.quantile(logits, 0.9) == pytest.approx(0.9, rel=0.03)
    assert stats.kstest(logits * Z90 / 0.9, "norm").pvalue > 1e-3


def test_discrete_and_empirical():
    discrete = m.discrete(values=[5, 1, 3], probabilities=[0.2, 0.5, 0.3])
    empirical = m.empirical(values=[10, 0, 4])
    values = draw([("d", discrete), ("e", empirical), ("f", m.fixed(7.0))], n=20_000)
    shares = [np.mean(values[0] == v) for v in (1, 3, 5)]
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.015)
    scores = draw([("e", m.normal(mean=0, sd=1))], n=20_000)[0]
    np.testing.assert_allclose(values[1], np.quantile([0, 4, 10], stats.norm.cdf(scores)), atol=1e-12)
    assert np.all(values[2] == 7.0)


def test_deterministic_gives_medians():
    slots = [(name, marginal) for name, (marginal, _) in MARGINALS.items()]
    slots += [("d", m.discrete(values=[1, 2], probabilities=[0.5, 0.5])), ("e", m.empirical(values=[1, 2, 4]))]
    slots += [("l", m.logit_normal(median=0.3, p90_shift=0.9)), ("s", m.shifted_lognormal(p10=1, p50=2, p90=4))]
    plan = plan_sampling(slots, correlations=[("uniform", "normal", 0.5)])
    medians = draw_static_values(plan, seed=SEED, first_draw=0, last_draw=100, deterministic=True)
    expected = [float(truth.median()) for _, truth in MARGINALS.values()] + [1, 2, 0.3, 2]
    assert medians.shape == (len(slots), 1)
    np.testing.assert_allclose(medians[:, 0], expected, rtol=1e-9)


SLOTS = [(f"parameter/{k}", list(MARGINALS.values())[k % len(MARGINALS)][0]) for k in range(25)]
TIES = {
    "correlations": [("parameter/1", "parameter/2", 0.6), ("parameter/2", "parameter/3", -0.4)],
    "common_factors": [("overrun", [f"parameter/{k}" for k in range(10, 20)], 0.4), ("price", ["parameter/10"], 0.3)],
}


@pytest.fixture(scope="module")
def whole():
    """1100 draws by every design."""
    return {sampling: draw(SLOTS, n=1100, sampling=sampling, **TIES) for sampling in Sampling}


@pytest.mark.parametrize("sampling", Sampling)
@given(first=st.integers(0, 700), n=st.integers(0, 400))
@settings(max_examples=10)
def test_any_split_gives_the_same_bits(whole, sampling, first, n):
    part = draw(SLOTS, n=n, first=first, sampling=sampling, of_draws=1100, **TIES)
    assert part.tobytes() == whole[sampling][:, first : first + n].tobytes()


@pytest.mark.parametrize("sampling", Sampling)
def test_order_and_company_of_slots_do_not_matter(sampling):
    whole = dict(zip([name for name, _ in SLOTS], draw(SLOTS, sampling=sampling, **TIES), strict=True))
    newcomer = [("newcomer", m.normal(mean=0, sd=1))]
    if sampling is Sampling.SOBOL:  # whose dimensions are the names in order: company matters, order does not
        newcomer = []
    turned = [*newcomer, *reversed(SLOTS)]
    ties = {
        "correlations": [(b, a, rank) for a, b, rank in reversed(TIES["correlations"])],
        "common_factors": [(g, list(reversed(names)), share) for g, names, share in reversed(TIES["common_factors"])],
    }
    for (name, _), row in zip(turned, draw(turned, sampling=sampling, **ties), strict=True):
        assert name == "newcomer" or row.tobytes() == whole[name].tobytes()


def uniforms(values):
    return stats.norm.cdf(values)


def test_sobol_draws_are_the_points_of_scipy():
    names = [f"x{k:02d}" for k in range(40)]
    draws = 4 * REPLICATES * 128
    values = draw([(name, m.normal(mean=0, sd=1)) for name in names], n=draws, sampling=Sampling.SOBOL)
    replicate = replicate_of_draws(Sampling.SOBOL, draws)
    for number in range(REPLICATES):
        engine = qmc.Sobol(len(names), scramble=True, bits=32, rng=np.random.default_rng([SEED, number]))
        points = engine.random(draws // REPLICATES).T + 2.0**-33
        np.testing.assert_allclose(values[:, replicate == number], stats.norm.ppf(points), rtol=4e-15, atol=4e-15)


def test_sobol_gives_its_first_dimensions_to_what_moves_the_whole_market():
    slots = [(name, m.normal(mean=0, sd=1)) for name in ("hazards/z/flood/rate", "links/b/cost", "parameters/theta")]
    annual = [AnnualFactor("market", 0, 0)]
    common = [("overrun", ["links/b/cost"], 0.999_999)]
    values = draw(slots, n=128, sampling=Sampling.SOBOL, annual=annual, common_factors=common)
    engine = qmc.Sobol(5, scramble=True, bits=32, rng=np.random.default_rng([SEED, 0]))
    points = stats.norm.ppf(engine.random(128).T + 2.0**-33)
    hazard, cost, theta, market = values
    for row, dimension in ((theta, 1), (market, 3), (hazard, 4)):  # 0 is the common factor, 2 the link's own part
        np.testing.assert_allclose(row, points[dimension], rtol=4e-15, atol=4e-15)
    np.testing.assert_allclose(cost, points[0], atol=0.01)


def test_latin_hypercube_is_that_of_scipy_and_fills_every_slice():
    draws = 1000
    values = draw([("a", m.normal(mean=0, sd=1)), ("b", m.fixed(1))], n=draws, sampling=Sampling.LATIN_HYPERCUBE)[0]
    replicate = replicate_of_draws(Sampling.LATIN_HYPERCUBE, draws)
    sizes = np.bincount(replicate)
    assert len(sizes) == REPLICATES and set(sizes) == {125}
    for number in range(REPLICATES):
        slices = np.floor(uniforms(values[replicate == number]) * 125)
        assert np.array_equal(np.sort(slices), np.arange(125))
    rng = np.random.default_rng([SEED, stream_number("a"), STATIC_YEAR, 0])
    first = qmc.LatinHypercube(1, rng=rng).random(125)[:, 0]
    np.testing.assert_allclose(values[:125], stats.norm.ppf(first), rtol=4e-15, atol=4e-15)


@pytest.mark.parametrize("sampling", [Sampling.LATIN_HYPERCUBE, Sampling.SOBOL])
def test_designs_estimate_a_mean_better_and_their_replicates_say_how_well(sampling):
    slots = [(f"x{k}", m.lognormal_from_mean(mean=1, cv=0.5)) for k in range(10)]
    n, means, errors = 1024, [], []
    for seed in range(40):
        total = draw(slots, n=n, seed=seed, sampling=sampling).sum(axis=0)
        means.append(total.mean())
        parts = [total[replicate_of_draws(sampling, n) == number].mean() for number in range(REPLICATES)]
        errors.append(np.std(parts, ddof=1) / math.sqrt(REPLICATES))
    plain = math.sqrt(10 * 0.25 / n)
    assert np.std(means, ddof=1) < plain / 5
    assert np.mean(np.square(errors)) == pytest.approx(np.var(means, ddof=1), rel=0.6)
    assert abs(np.mean(means) - 10) < 4 * np.std(means) / math.sqrt(40)


def test_annual_factors_are_words_of_their_stream():
    factors = [AnnualFactor("market", year, word) for year in range(3) for word in range(3)]
    values = draw(SLOTS, n=300, annual=factors, **TIES)
    np.testing.assert_array_equal(values[: len(SLOTS)], draw(SLOTS, n=300, **TIES))
    row, scratch = np.empty(B), np.empty(B)
    fill_normals(row, scratch, np.uint64(SEED), 0, np.uint64(stream_number("market")), 2, 1)
    np.testing.assert_array_equal(values[len(SLOTS) + 7][:B], row[:300])


def test_uncorrelated_slots_are_uncorrelated():
    values = draw([(f"link/{k}/overrun", m.normal(mean=0, sd=1)) for k in range(30)], n=20_000)
    assert np.max(np.abs(np.corrcoef(values) - np.eye(30))) < 4.5 / math.sqrt(20_000)


@pytest.mark.parametrize("sampling", Sampling)
@pytest.mark.parametrize("rank", [-0.8, -0.3, 0.0, 0.5, 0.95, 0.999])
def test_rank_correlations_meet_their_target(rank, sampling):
    slots = [("a", m.lognormal_from_mean(mean=1, cv=1)), ("b", m.pert(minimum=0, mode=1, maximum=9))]
    a, b = draw(slots, n=40_000, sampling=sampling, correlations=[("a", "b", rank)])
    assert stats.spearmanr(a, b).statistic == pytest.approx(rank, abs=4 / math.sqrt(40_000))
    assert stats.kstest(b, stats.beta(1 + 4 / 9, 5 - 4 / 9, 0, 9).cdf).pvalue > 1e-3


def test_three_correlated_slots_meet_all_targets():
    slots = [(name, m.normal(mean=0, sd=1)) for name in "abc"]
    targets = [("a", "b", 0.7), ("b", "c", 0.5), ("a", "c", 0.1)]
    values = dict(zip("abc", draw(slots, n=40_000, correlations=targets), strict=True))
    for a, b, rank in targets:
        assert stats.spearmanr(values[a], values[b]).statistic == pytest.approx(rank, abs=0.02)


def test_common_factor_gives_its_share_of_variance():
    slots = [(f"x{k}", m.normal(mean=0, sd=1)) for k in range(4)]
    values = draw(slots, n=40_000, common_factors=[("g", ["x0", "x1", "x2"], 0.36)])
    correlation = np.corrcoef(values)
    assert correlation[0, 1] == pytest.approx(0.36, abs=0.02)
    assert correlation[1, 2] == pytest.approx(0.36, abs=0.02)
    assert abs(correlation[0, 3]) < 0.02
    assert np.var(values[0]) == pytest.approx(1.0, abs=0.03)


def test_contradicting_correlations_are_refused_by_name():
    slots = [(name, m.normal(mean=0, sd=1)) for name in ("fibre", "labour", "permits")]
    ties = [("fibre", "labour", 0.9), ("labour", "permits", 0.9), ("fibre", "permits", -0.9)]
    with pytest.raises(ScenarioError, match=r"correlation of fibre and labour: 0\.9 contradicts"):
        plan_sampling(slots, correlations=ties)
    with pytest.raises(ScenarioError, match="fibre and labour: 1 contradicts"):
        plan_sampling(slots, correlations=[("fibre", "labour", 1.0)])


def test_every_mistake_is_reported():
    slots = [("a", m.fixed(1)), ("a", m.fixed(2)), ("b", m.fixed(1)), ("c", m.fixed(1))]
    with pytest.raises(ScenarioError) as caught:
        plan_sampling(
            slots,
            correlations=[("a", "x", 0.5), ("b", "b", 0.1), ("c", "a", 2.0)],
            common_factors=[("g", ["a", "y"], 0.7), ("g", ["a"], 1.5)],
        )
    text = str(caught.value)
    for part in ("a is drawn twice", "x is not drawn", "with itself", "not between -1 and 1", "y is not drawn"):
        assert part in text
    for part in ("g is given twice", "1.5 is not between 0 and 1", "above 1", "already depends on a common factor"):
        assert part in text


@pytest.mark.parametrize(("alpha", "beta"), [(0.2, 3), (0.5, 0.5), (1, 1), (1.0, 5.0), (2, 40), (300, 700), (5000, 9)])
def test_beta_tables_rise_and_are_accurate(alpha, beta):
    table = tabulate_inverse_beta(alpha=alpha, beta=beta)
    assert np.all(np.diff(table[:, 0]) >= 0)
    total = alpha + beta
    sd = math.sqrt(alpha * beta / (total * total * (total + 1)))
    values = draw([("x", m.beta(mean=alpha / total, sd=sd))], n=20_000)[0]
    scores = draw([("x", m.normal(mean=0, sd=1))], n=20_000)[0]
    exact = np.where(
        scores < 0,
        stats.beta.ppf(stats.norm.cdf(scores), alpha, beta),
        stats.beta.isf(stats.norm.sf(scores), alpha, beta),
    )
    assert np.max(np.abs(values - exact)) < 1e-6
    order = np.argsort(scores)
    assert np.all(np.diff(values[order]) >= -1e-15)


def test_a_beta_that_is_all_but_a_coin_toss_is_refused():
    with pytest.raises(ScenarioError, match="share: .*coin toss"):
        plan_sampling([("share", m.beta(mean=0.5, sd=0.49999))])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: m.uniform(minimum=2, maximum=1), "above maximum"),
        (lambda: m.triangular(minimum=0, mode=3, maximum=2), "do not rise"),
        (lambda: m.pert(minimum=0, mode=-1, maximum=2), "do not rise"),
        (lambda: m.normal(mean=0, sd=-1), "negative"),
        (lambda: m.normal(mean=math.nan, sd=1), "finite"),
        (lambda: m.normal(mean=0, sd=1, lower=2, upper=1), "above upper"),
        (lambda: m.lognormal_from_median(median=2, p90=1), "does not hold"),
        (lambda: m.lognormal_from_mean(mean=0, cv=1), "not positive"),
        (lambda: m.shifted_lognormal(p10=1, p50=1, p90=2), "do not rise"),
        (lambda: m.logit_normal(median=1, p90_shift=1), "not between 0 and 1"),
        (lambda: m.beta(mean=0.5, sd=0.5), "no beta"),
        (lambda: m.discrete(values=[1, 2], probabilities=[0.5, 0.4]), "sum to 0.9"),
        (lambda: m.discrete(values=[1], probabilities=[0.5, 0.5]), "differ in number"),
        (lambda: m.empirical(values=[1]), "at least two"),
    ],
)
def test_marginals_refuse_what_makes_no_sense(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_ranges_of_seed_and_draws():
    plan = plan_sampling([("a", m.fixed(1.0))])
    with pytest.raises(ValueError, match="seed"):
        draw_static_values(plan, seed=-1, first_draw=0, last_draw=1)
    with pytest.raises(ValueError, match="draws"):
        draw_static_values(plan, seed=0, first_draw=5, last_draw=1)
    assert draw_static_values(plan, seed=2**64 - 1, first_draw=2**32 - 3, last_draw=2**32).shape == (1, 3)
    assert draw_static_values(plan, seed=0, first_draw=7, last_draw=7).shape == (1, 0)

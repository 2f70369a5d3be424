"""How far the means of a portfolio's cost, net present value and revenue lie from the truth, by design and draws."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import build_case
from benchmarks.outcome import Effort, Outcome, Target
from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.monte_carlo import simulate
from simmodel.engine.point_sets import REPLICATES, Sampling, replicate_of_draws
from simmodel.inputs.model_inputs import LINK_VARIABLES, RUNS, ModelInputs

Array = NDArray[np.float64]

QUANTITIES = ("cost", "net present value", "revenue")
WITH_TARGET = QUANTITIES[:2]
REAL_RATE = 0.08  # of present values
DRAWS = 4096  # of the target
COLOURS = ("tab:blue", "tab:orange", "tab:green")
WANTED = 3.0  # times smaller than plain Monte Carlo's error at DRAWS


def measure(effort: Effort) -> Outcome:
    """Errors of Sobol and Latin hypercube means, from independent replicates, over the error of plain Monte Carlo."""
    inputs = portfolio_alone(build_case(effort.choose("years_5", "flagship", "flagship")))
    # points of a sequence or hypercube, and seeds, eight replicates each: many where the target is, few beyond
    near = effort.choose((256, 2), (DRAWS // REPLICATES, 6), (DRAWS // REPLICATES, 16))
    beyond = effort.choose((512, 2), None, (4096, 3))
    outcome = Outcome(
        "Error of the mean over draws: plain Monte Carlo's over that of a design of eight replicates, equal draws",
        (
            "design",
            "draws",
            "replicates",
            *(f"{name}: Monte Carlo error [musd]" for name in QUANTITIES),
            *QUANTITIES,
        ),
    )
    add_sobol(outcome, inputs, *near)
    if beyond:
        add_sobol(outcome, inputs, *beyond, above=near[0])
    for points, seeds in (near, *([beyond] if beyond else [])):
        parts = all_parts(inputs, "latin_hypercube", points, seeds)
        add_row(outcome, "latin_hypercube", points, parts, parts.std(axis=(1, 2)))
    outcome.notes += [
        f"the run `portfolio` of the case; present values at {REAL_RATE:.0%} real; a ratio from R independent "
        "replicates is uncertain by one part in the root of 2 R (one standard error)",
        note_on_events(inputs, REPLICATES * near[0]),
    ]
    return outcome


def note_on_events(inputs: ModelInputs, draws: int) -> str:
    """How much of the variance comes from the shocks that are plain random in every design."""
    names = inputs.names
    renamed = names._replace(
        countries=tuple(f"other/{name}" for name in names.countries),
        transits=tuple(f"other/{name}" for name in names.transits),
        segments=tuple(f"other/{name}" for name in names.segments),
        hazards=tuple(f"other/{name}" for name in names.hazards),
        borders=tuple(f"other/{name}" for name in names.borders),
        sections=tuple((f"other/{link}", iso3) for link, iso3 in names.sections),
        regions=tuple(f"other/{name}" for name in names.regions),
    )
    # streams are keyed by name: the same static and common draws, other shocks of countries, links and zones
    one = portfolio_draws(inputs, "monte_carlo", draws, 1)
    other = portfolio_draws(inputs._replace(names=renamed), "monte_carlo", draws, 1)
    share = np.mean((one - other) ** 2, axis=1) / (2.0 * one.var(axis=1))
    words = ", ".join(f"{name} {part:.1%}" for name, part in zip(QUANTITIES, share, strict=True))
    return (
        f"share of the variance from annual shocks of single countries, links and zones, plain random always: {words}"
    )


def portfolio_alone(inputs: ModelInputs) -> ModelInputs:
    """The inputs with one run, the portfolio without other measures."""
    runs = inputs.network.runs[[RUNS.index("portfolio")]]
    runs["reference_run"] = -1
    return inputs._replace(network=inputs.network._replace(runs=runs))


def add_sobol(outcome: Outcome, inputs: ModelInputs, most: int, seeds: int, above: int = 0) -> None:
    """Rows for every power of two up to `most` points of a sequence, and the target at DRAWS draws."""
    parts = all_parts(inputs, "sobol", most, seeds)
    deviation = parts.std(axis=(1, 2))
    points = max(128, 2 * above)
    while points <= most:
        ratios = add_row(outcome, "sobol", points, parts[:, :, :points], deviation)
        if points * REPLICATES == DRAWS:
            for name, ratio in zip(WITH_TARGET, ratios, strict=False):
                words = f"{DRAWS:,} Sobol draws: Monte Carlo's error of the mean {name} over Sobol's"
                outcome.targets.append(Target(words, ratio, WANTED, at_least=True))
        points *= 2


def add_row(outcome: Outcome, design: str, points: int, parts: Array, deviation: Array) -> list[float]:
    """A row of the table; the ratios."""
    ratios = [float(ratio) for ratio in deviation / np.sqrt(points) / parts.mean(axis=-1).std(axis=1, ddof=1)]
    draws, replicates = points * REPLICATES, parts.shape[1]
    plain = [float(error) for error in deviation / np.sqrt(draws)]
    outcome.rows.append((design, draws, replicates, *plain, *ratios))
    row = {"draws": draws, "replicates": replicates, "monte_carlo_error": plain, "ratio": ratios}
    outcome.details.setdefault(design, []).append(row)
    return ratios


def all_parts(inputs: ModelInputs, sampling: str, points: int, seeds: int) -> Array:
    """(quantity, replicate, point) draws of the portfolio, the replicates of all seeds."""
    draws = REPLICATES * points
    values = np.stack([portfolio_draws(inputs, sampling, draws, seed + 1) for seed in range(seeds)])
    replicate = replicate_of_draws(Sampling(sampling), draws)
    parts = np.stack([values[:, :, replicate == number] for number in range(REPLICATES)], axis=1)
    return np.moveaxis(parts, 2, 0).reshape(len(QUANTITIES), -1, points)


def portfolio_draws(inputs: ModelInputs, sampling: str, draws: int, seed: int) -> Array:
    """(quantity, draw) cost, net present value and revenue of the whole portfolio, constant musd."""
    network = inputs.network
    candidates = np.flatnonzero(network.links["candidate"] == 1)
    keep = KeepPlan.nothing(network)
    variables = ("capex", "cfads", "revenue")
    for place, variable in enumerate(variables):
        rows = np.arange(len(candidates)) + place * len(candidates)
        keep.link_row[0, LINK_VARIABLES.index(variable), candidates] = rows
    output = simulate(inputs._replace(sampling=sampling), draws=draws, seed=seed, keep=keep)
    capex, cfads, revenue = np.split(output.links, len(variables))
    index = network.years["us_index"]
    factor = (1.0 + REAL_RATE) ** -np.arange(1.0, len(index) + 1.0) / index
    weighted = ((capex, 1.0 / index), (cfads - capex, factor), (revenue, factor))
    return np.stack([np.einsum("lts,t->s", cash, weight) for cash, weight in weighted])


def draw_accuracy(axes: Any, result: dict[str, Any]) -> None:
    """Error of the mean over draws, by design and quantity."""
    for design, style in (("sobol", "-"), ("latin_hypercube", "--")):
        rows = result["details"].get(design, [])
        for place, (name, colour) in enumerate(zip(QUANTITIES, COLOURS, strict=True)):
            errors = [row["monte_carlo_error"][place] / row["ratio"][place] for row in rows]
            axes.plot(
                [row["draws"] for row in rows], errors, style, marker="o", color=colour, label=f"{name}, {design}"
            )
    rows = result["details"]["sobol"]
    for place, colour in enumerate(COLOURS):
        plain = [row["monte_carlo_error"][place] for row in rows]
        axes.plot([row["draws"] for row in rows], plain, ":", color=colour, label=f"{QUANTITIES[place]}, monte_carlo")
    axes.set(xscale="log", yscale="log", xlabel="draws", ylabel="error of the mean [constant musd]")
    axes.figure.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, handlelength=4, fontsize="x-small"
    )

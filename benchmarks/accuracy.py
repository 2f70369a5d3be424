"""How far the mean of a portfolio's cost and of its net present value lies from the truth, by design and draws."""

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

QUANTITIES = ("cost", "net present value")
REAL_RATE = 0.08  # of the net present value
DRAWS = 4096  # of the target
WANTED = 3.0  # times smaller than plain Monte Carlo's error at DRAWS, for the cost


def measure(effort: Effort) -> Outcome:
    """Errors of Sobol and Latin hypercube means, from independent replicates, over the error of plain Monte Carlo."""
    inputs = portfolio_alone(build_case(effort.choose("years_1", "flagship", "flagship")))
    most, seeds = effort.choose((256, 2), (512, 2), (4096, 3))
    outcome = Outcome(
        "Error of the mean over draws: plain Monte Carlo's over that of a design of eight replicates, equal draws",
        ("design", "draws", *(f"{name}: Monte Carlo error [musd]" for name in QUANTITIES), *QUANTITIES),
    )
    add_sobol(outcome, inputs, most, seeds)
    for points in sorted({min(DRAWS // REPLICATES, most), most}):
        parts = np.concatenate([replicate_parts(inputs, "latin_hypercube", points, seed) for seed in range(seeds)], 1)
        add_row(outcome, "latin_hypercube", points, parts, parts.std(axis=(1, 2)))
    outcome.notes.append(
        f"the run `portfolio` of the case; errors from {REPLICATES * seeds} independent replicates, so that a ratio is "
        f"uncertain by a factor of {1.0 + 1.0 / np.sqrt(2.0 * REPLICATES * seeds):.2f} (one standard error)"
    )
    return outcome


def portfolio_alone(inputs: ModelInputs) -> ModelInputs:
    """The inputs with one run, the portfolio without other measures."""
    runs = inputs.network.runs[[RUNS.index("portfolio")]]
    runs["reference_run"] = -1
    return inputs._replace(network=inputs.network._replace(runs=runs))


def add_sobol(outcome: Outcome, inputs: ModelInputs, most: int, seeds: int) -> None:
    """Rows for every power of two up to `most` points of a sequence, and the target at DRAWS draws."""
    parts = np.concatenate([replicate_parts(inputs, "sobol", most, seed) for seed in range(seeds)], axis=1)
    deviation = parts.std(axis=(1, 2))
    points = 128
    while points <= most:
        ratios = add_row(outcome, "sobol", points, parts[:, :, :points], deviation)
        if points * REPLICATES == DRAWS:
            for name, ratio in zip(QUANTITIES, ratios, strict=True):
                words = f"{DRAWS:,} Sobol draws: Monte Carlo's error of the mean {name} over Sobol's"
                outcome.targets.append(Target(words, ratio, WANTED, at_least=True))
        points *= 2


def add_row(outcome: Outcome, design: str, points: int, parts: Array, deviation: Array) -> list[float]:
    """A row of the table; the ratios."""
    ratios = [float(ratio) for ratio in deviation / np.sqrt(points) / parts.mean(axis=-1).std(axis=1, ddof=1)]
    draws = points * REPLICATES
    plain = [float(error) for error in deviation / np.sqrt(draws)]
    outcome.rows.append((design, draws, *plain, *ratios))
    outcome.details.setdefault(design, []).append({"draws": draws, "monte_carlo_error": plain, "ratio": ratios})
    return ratios


def replicate_parts(inputs: ModelInputs, sampling: str, points: int, seed: int) -> Array:
    """(quantity, replicate, point) draws of cost and net present value of the whole portfolio, constant musd."""
    network = inputs.network
    candidates = np.flatnonzero(network.links["candidate"] == 1)
    keep = KeepPlan.nothing(network)
    for place, variable in enumerate(("capex", "cfads")):
        rows = np.arange(len(candidates)) + place * len(candidates)
        keep.link_row[0, LINK_VARIABLES.index(variable), candidates] = rows
    draws = REPLICATES * points
    output = simulate(inputs._replace(sampling=sampling), draws=draws, seed=seed + 1, keep=keep)
    capex, cfads = output.links[: len(candidates)], output.links[len(candidates) :]
    index = network.years["us_index"]
    factor = (1.0 + REAL_RATE) ** -np.arange(1.0, len(index) + 1.0) / index
    values = np.stack([np.einsum("lts,t->s", capex, 1.0 / index), np.einsum("lts,t->s", cfads - capex, factor)])
    replicate = replicate_of_draws(Sampling(sampling), draws)
    return np.stack([values[:, replicate == number] for number in range(REPLICATES)], axis=1)


def draw_accuracy(axes: Any, result: dict[str, Any]) -> None:
    """Error of the mean over draws, both designs, both quantities, as a share of the error at the fewest draws."""
    for design, style in (("sobol", "-"), ("latin_hypercube", "--")):
        rows = result["details"].get(design, [])
        for place, (name, colour) in enumerate(zip(QUANTITIES, ("tab:blue", "tab:orange"), strict=True)):
            errors = [row["monte_carlo_error"][place] / row["ratio"][place] for row in rows]
            axes.plot(
                [row["draws"] for row in rows], errors, style, marker="o", color=colour, label=f"{name}, {design}"
            )
    rows = result["details"]["sobol"]
    for place, colour in enumerate(("tab:blue", "tab:orange")):
        plain = [row["monte_carlo_error"][place] for row in rows]
        axes.plot([row["draws"] for row in rows], plain, ":", color=colour, label=f"{QUANTITIES[place]}, monte_carlo")
    axes.set(xscale="log", yscale="log", xlabel="draws", ylabel="error of the mean [constant musd]")
    axes.legend(fontsize="x-small")

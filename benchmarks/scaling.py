"""Does the time of a draw grow with the work it does and with nothing else?"""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from benchmarks.cases import SEEDS, YEARS, build_case, describe_network
from benchmarks.outcome import Effort, Outcome, Target
from benchmarks.programs import Round
from benchmarks.rounds import Worker, working
from simmodel.inputs.model_inputs import REGIMES

FLAT = 1.25  # most the time per draw, year and unit of work may differ


def measure(effort: Effort) -> Outcome:
    """Links, years, regimes, draws, threads; all in one process."""
    outcome = Outcome(
        "The engine: processor time per draw, year and unit of work (a segment on a path, a region, a segment)",
        ("what varies", "case", "draws", "threads", "keep", "kernel [ns/unit]", "call [ns/unit]", "wall [us/draw]"),
    )
    links = [f"links_{number}" for number in effort.choose((5,), SEEDS, SEEDS)]
    years = [f"years_{number}" for number in effort.choose((1,), YEARS, YEARS)]
    regimes = [f"regime_{name}" for name in effort.choose(REGIMES[:1], REGIMES, REGIMES)]
    budget, rounds = effort.choose((20_000.0, 1), (4e6, 3), (2e7, 7))
    with working("engine", links[0]) as worker:
        add_flatness(outcome, "links", over_cases(outcome, worker, "links", links, budget, rounds))
        add_flatness(outcome, "years", over_cases(outcome, worker, "years", years, budget, rounds))
        over_cases(outcome, worker, "regime", regimes, budget, rounds)
        add_draws(outcome, worker, effort)
        add_threads(outcome, worker, effort)
    return outcome


def over_cases(
    outcome: Outcome, worker: Worker, what: str, cases: list[str], budget: float, rounds: int
) -> list[float]:
    """Cases in alternating rounds of about `budget` units of work and years each; nanoseconds of each."""
    made: dict[str, list[Round]] = {case: [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            worker.take(case)
            made[case].append(worker.simulate(max(128, round(budget / work_of(case) / 128) * 128)))
    return [add_row(outcome, what, case, done, 1, "nothing") for case, done in made.items()]


def work_of(case: str) -> int:
    """Units of work times years of a case."""
    sizes = describe_network(build_case(case).network)
    return sizes["units_of_work"] * sizes["years"]


def add_row(outcome: Outcome, what: str, case: str, made: list[Round], threads: int, keep: str) -> float:
    """A row of the table; nanoseconds of the kernel per draw, year and unit of work."""
    work, draws = work_of(case), made[0].draws
    kernel, call, wall = (
        statistics.median(getattr(one, name) / one.draws for one in made) for name in ("kernel_s", "call_s", "wall_s")
    )
    row = (what, case, draws, threads, keep, kernel / work * 1e9, call / work * 1e9, wall * 1e6)
    outcome.rows.append(row)
    outcome.details.setdefault(what, []).append(dict(zip(outcome.columns, row, strict=True)) | {"work": work})
    return kernel / work * 1e9


def add_flatness(outcome: Outcome, what: str, times: Iterable[float]) -> None:
    """The target that the largest time is at most a quarter above the least."""
    times = list(times)
    if len(times) > 1:
        words = f"{what}: largest over least time per draw, year and unit of work"
        outcome.targets.append(Target(words, max(times) / min(times), FLAT, at_least=False))


def add_draws(outcome: Outcome, worker: Worker, effort: Effort) -> None:
    """Draws of one network, up to a million; memory of kept rows does not grow, since none are kept."""
    counts = effort.choose((128,), (1_000, 10_000), (1_000, 10_000, 100_000, 1_000_000))
    case = effort.choose("years_1", "years_5", "years_5")
    worker.take(case)
    times = []
    for draws in counts:
        made = [worker.simulate(draws) for _ in range(max(1, min(5, 20_000 // draws)))]
        times.append(add_row(outcome, "draws", case, made, 1, "nothing"))
    add_flatness(outcome, "draws", times)


def add_threads(outcome: Outcome, worker: Worker, effort: Effort) -> None:
    """Threads, and keeping every draw of everything, in alternating rounds."""
    case = effort.choose("years_1", "flagship", "flagship")
    draws, rounds = effort.choose((256, 1), (1024, 3), (4096, 7))
    settings = ((1, "nothing"), (2, "nothing"), (1, "full"))
    made: dict[tuple[int, str], list[Round]] = {setting: [] for setting in settings}
    worker.take(case)
    for _ in range(rounds):
        for threads, keep in settings:
            made[threads, keep].append(worker.simulate(draws, threads, keep))
    for (threads, keep), done in made.items():
        add_row(outcome, "threads and keep", case, done, threads, keep)
    one, two, full = (made[setting] for setting in settings)
    faster = statistics.median(a.wall_s / b.wall_s for a, b in zip(one, two, strict=True))
    outcome.targets.append(Target("two threads: times as fast as one, on the wall", faster, 1.7, at_least=True))
    summary = statistics.median(a.call_s / b.call_s for a, b in zip(one, full, strict=True))
    words = "summary's time over that of full results, whole call"
    outcome.targets.append(Target(words, summary, 1.3, at_least=False))

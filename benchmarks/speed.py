"""The engine against the same simulation in NumPy, one draw at a time, in C, and against its floor."""

from __future__ import annotations

from dataclasses import asdict

from benchmarks.cases import build_case, describe_network
from benchmarks.outcome import Effort, Outcome, Target
from benchmarks.rounds import Timing, ratio, runnable, time_versions
from benchmarks.versions import VERSIONS

TARGETS = {  # (slower, faster): what their ratio must reach, and whether at least
    ("numpy", "engine"): (6.0, True),
    ("scalar", "engine"): (3.0, True),
    ("engine", "c"): (1.15, False),
    ("engine", "floor"): (2.2, False),
    ("engine", "work"): (2.2, False),
}
WORDS = {
    ("numpy", "engine"): "NumPy's time over the engine's",
    ("scalar", "engine"): "one draw at a time over the engine",
    ("engine", "c"): "the engine's time over C's",
    ("engine", "floor"): "the engine's time over the floor's",
    ("engine", "work"): "the engine's time over the floor's with arithmetic",
}


def measure(effort: Effort) -> Outcome:
    """Time all versions in alternating rounds, one thread each."""
    cases = effort.choose(("years_1",), ("flagship",), ("flagship", "links_20", "links_100"))
    plain = ("scalar",) if effort is Effort.TINY else ()
    draws, rounds = effort.choose((4, 1), (512, 3), (2048, 9))
    outcome = Outcome(
        "Versions of the same simulation, one thread, microseconds of processor time a draw",
        ("case", "version", "median [us]", "least [us]", "over the engine", "rounds"),
    )
    versions, outcome.notes = runnable(tuple(VERSIONS))
    outcome.notes += [f"{name}: {VERSIONS[name].words}" for name in versions]
    for case in cases:
        timings = time_versions(versions, case, draws=draws, rounds=rounds, plain=plain)
        add_rows(outcome, case, timings)
    return outcome


def add_rows(outcome: Outcome, case: str, timings: dict[str, Timing]) -> None:
    """Rows, targets and every round of a case."""
    engine = timings["engine"]
    for name, timing in timings.items():
        times = ratio(timing, engine)
        outcome.rows.append((case, name, timing.median_us, timing.least_us, times, len(timing.rounds)))
    for (slow, fast), (reach, at_least) in TARGETS.items():
        if slow in timings and fast in timings:
            measured = ratio(timings[slow], timings[fast])
            outcome.targets.append(Target(f"{case}: {WORDS[slow, fast]}", measured, reach, at_least))
    outcome.details[case] = {
        "network": describe_network(build_case(case).network),
        "rounds": {name: [asdict(one) for one in timing.rounds] for name, timing in timings.items()},
        "counted": {name: timing.counted for name, timing in timings.items() if timing.counted},
    }

"""Other programs on the nearest work they can do, which is never the same work.

Two questions.  What does a general Monte Carlo program take for a draw of a model that does nothing?  That is the least
it adds to any model; beside it stands a whole draw of the flagship by the engine, all six runs and 25 years.  And how
long does a project-finance program take for one case of 25 years?  Beside it stands a link of the flagship in one run
of one draw: prices, traffic, costs, tax and cash flow (its debt is settled later, for all draws together).
"""

from __future__ import annotations

import logging
import statistics
import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from benchmarks.cases import build_case, describe_network
from benchmarks.outcome import Effort, Outcome
from benchmarks.rounds import working
from benchmarks.versions import needs_package

INPUTS = 8  # uniform inputs of the model that does nothing
YEARS = 25


@dataclass(frozen=True, slots=True)
class Peer:
    """A program.

    Attributes
    ----------
    name, work : what it is called, what a case of it is
    package : what must be installed; empty if it always is
    prepare : makes what runs a number of cases
    cases : in a round
    """

    name: str
    work: str
    package: str
    prepare: Callable[[], Callable[[int], None]]
    cases: int


def nothing(*values: float) -> float:
    """The model that does nothing but add up."""
    return sum(values)


def numpy_loop() -> Callable[[int], None]:
    """A loop of Python over draws that NumPy made together."""

    def run(cases: int) -> None:
        draws = np.random.default_rng(1).random((cases, INPUTS))
        np.array([nothing(*row) for row in draws.tolist()])

    return run


def numpy_rows() -> Callable[[int], None]:
    """All draws at once."""

    def run(cases: int) -> None:
        np.random.default_rng(1).random((cases, INPUTS)).sum(axis=1)

    return run


def in_monaco() -> Callable[[int], None]:
    """monaco, one thread."""
    import monaco
    from scipy.stats import uniform

    names = [f"x{number}" for number in range(INPUTS)]
    functions = {
        monaco.SimFunctions.PREPROCESS: lambda case: tuple(case.invals[name].val for name in names),
        monaco.SimFunctions.RUN: lambda *values: (nothing(*values),),
        monaco.SimFunctions.POSTPROCESS: lambda case, total: case.addOutVal("total", total),
    }

    def run(cases: int) -> None:
        simulation = monaco.Sim(
            name="nothing", ndraws=cases, fcns=functions, seed=1, singlethreaded=True, verbose=False
        )
        for name in names:
            simulation.addInVar(name=name, dist=uniform, distkwargs={})
        simulation.runSim()

    return run


def in_ema_workbench() -> Callable[[int], None]:
    """EMA Workbench, sequentially."""
    import ema_workbench as ema

    logging.getLogger("EMA").setLevel(logging.ERROR)
    names = [f"x{number}" for number in range(INPUTS)]
    model = ema.Model("nothing", function=lambda **values: {"total": nothing(*values.values())})
    model.uncertainties = [ema.RealParameter(name, 0.0, 1.0) for name in names]
    model.outcomes = [ema.ScalarOutcome("total")]

    def run(cases: int) -> None:
        with ema.SequentialEvaluator(model) as evaluator:
            evaluator.perform_experiments(scenarios=cases)

    return run


def in_pysam() -> Callable[[int], None]:
    """PySAM's Single owner model of a plant with a given hourly output."""
    from PySAM import Singleowner

    plant = Singleowner.default("CustomGenerationProfileSingleOwner")
    plant.SystemOutput.gen = [1000.0] * 8760
    plant.SystemOutput.system_pre_curtailment_kwac = [1000.0] * 8760
    plant.FinancialParameters.analysis_period = YEARS

    def run(cases: int) -> None:
        for number in range(cases):
            plant.FinancialParameters.real_discount_rate = 5.0 + 0.01 * number
            plant.execute()

    return run


def in_profast() -> Callable[[int], None]:
    """ProFAST: the cash flow of a project at a given price."""
    from ProFAST import ProFAST

    project = ProFAST("blank")
    for name, value in {
        "commodity": {"name": "capacity", "unit": "Mbps", "initial price": 10.0, "escalation": 0.0},
        "capacity": 100.0,
        "analysis start year": 2026,
        "operating life": YEARS,
        "installation months": 24,
        "installation cost": {"value": 0.0, "depr type": "Straight line", "depr period": 5, "depreciable": False},
        "maintenance": {"value": 1000.0, "escalation": 0.02},
        "long term utilization": 0.8,
        "TOPC": {"unit price": 0.0, "decay": 0.0, "support utilization": 0.0, "sunset years": 0},
        "total income tax rate": 0.2,
        "leverage after tax nominal discount rate": 0.1,
        "debt equity ratio of initial financing": 1.5,
        "debt interest rate": 0.07,
    }.items():
        project.set_params(name, value)
    project.add_capital_item(name="cable", cost=1e6, depr_type="Straight line", depr_period=20, refurb=[0.0])

    def run(cases: int) -> None:
        for number in range(cases):
            project.cash_flow(price=10.0 + 0.01 * number)

    return run


NOTHING = f"a draw of a model that adds up {INPUTS} numbers"
PEERS = (
    Peer("NumPy, all draws at once", NOTHING, "", numpy_rows, 100_000),
    Peer("NumPy, a loop over draws", NOTHING, "", numpy_loop, 10_000),
    Peer("monaco", NOTHING, "monaco", in_monaco, 2_000),
    Peer("EMA Workbench", NOTHING, "ema_workbench", in_ema_workbench, 2_000),
    Peer("PySAM, Single owner", f"a plant's finance over {YEARS} years, hourly output", "PySAM", in_pysam, 20),
    Peer("ProFAST, cash_flow", f"a project's finance over {YEARS} years at a price", "ProFAST", in_profast, 20),
)


def measure(effort: Effort) -> Outcome:
    """Rounds that alternate between the peers and the engine."""
    part, rounds = effort.choose((0.01, 1), (0.2, 3), (1.0, 7))
    case, draws = effort.choose(("years_1", 1), ("flagship", 256), ("flagship", 1024))
    outcome = Outcome(
        "Other programs on the nearest work they can do: processor time of a case, one process",
        ("program", "a case is", "median [us]", "least [us]", "cases a second"),
    )
    ready: list[tuple[Peer, Callable[[int], None]]] = []
    for peer in PEERS:
        obstacle = needs_package(peer.package)() if peer.package else ""
        if obstacle:
            outcome.notes.append(f"{peer.name} was not timed: {obstacle}")
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the peers, about packages they could use
                ready.append((peer, peer.prepare()))
    seconds: dict[str, list[float]] = {peer.name: [] for peer, _ in ready}
    engine: list[float] = []
    with ExitStack() as stack:
        worker = stack.enter_context(working("engine", case))
        for number in range(rounds + 1):
            for peer, run in ready:
                cases = max(1, int(peer.cases * part))
                started = time.process_time()
                run_quietly(run, cases)
                if number:
                    seconds[peer.name].append((time.process_time() - started) / cases)
            one = worker.simulate(draws)
            if number:
                engine.append(one.kernel_s / one.draws)
    for peer, _ in ready:
        add_row(outcome, peer.name, peer.work, seconds[peer.name])
    network = build_case(case).network
    sizes = describe_network(network)
    lives = sizes["runs"] * sizes["links"] - sum(
        sizes["candidates"] for run in network.runs if run["has_portfolio"] == 0
    )
    whole = f"a draw of {case}: {sizes['runs']} runs, {sizes['links']} links, {sizes['years']} years"
    add_row(outcome, "simmodel", whole, engine)
    add_row(outcome, "simmodel", f"a link of {case} in one run of a draw", [time / lives for time in engine])
    outcome.details = {"seconds": seconds, "engine_s_per_draw": engine, "link_lives_per_draw": lives}
    return outcome


def run_quietly(run: Callable[[int], None], cases: int) -> None:
    """Run a peer's cases without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run(cases)


def add_row(outcome: Outcome, name: str, work: str, seconds: list[float]) -> None:
    """A row of the table."""
    median = statistics.median(seconds)
    outcome.rows.append((name, work, median * 1e6, min(seconds) * 1e6, 1.0 / median if median else float("inf")))

"""One study from scenario to results: each stage called once, in order."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from simmodel.errors import ScenarioError
from simmodel.results.precision import FIRST_DRAWS, Precision, Target, following_draws, measure_precision
from simmodel.results.simulated_runs import SUMMARY_DRAWS, Keep

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simmodel.financing.financing_result import FinancingResult
    from simmodel.financing.portfolio_cash import PortfolioCash, PortfolioPlan
    from simmodel.inputs.model_inputs import ModelInputs
    from simmodel.report.run_report import RunReport
    from simmodel.results.dataset import LabelledArray
    from simmodel.results.manifest import Manifest
    from simmodel.results.run_result import StudyResult
    from simmodel.results.simulated_runs import SimulatedRuns
    from simmodel.scenario.load import LoadedScenario
    from simmodel.scenario.schema import Scenario

import_module("solvers.pyomo_alone")  # only of use before scipy is loaded

LATE_IMPORTS = (
    "solvers.cut_search",  # Pyomo, HiGHS and numba, which the package solvers loads when it first solves
    "solvers.whole_numbers",
    "simmodel.financing.finance_portfolio",
    "simmodel.report.write_report",
    "simmodel.report.screen",
    "netCDF4",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
)

Progress = Callable[[str, int, int], None]
"""Called with the name of what is being done, and how much of it is done out of how much (0 of 0: not counted)."""


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """How a study is run; nothing here changes what is studied but `overrides`, `draws`, `seed` and `deterministic`.

    Attributes
    ----------
    draws, seed : in place of the scenario's; None: as the scenario says
    overrides : `path=value` laid over the scenario, in order
    deterministic : one draw with every uncertainty at its median
    keep : how much of the draws is kept
    until : precision to reach, with at most `draws` draws; None: all of them
    threads : None: one a processor; no number depends on it
    """

    draws: int | None = None
    seed: int | None = None
    overrides: tuple[str, ...] = ()
    deterministic: bool = False
    keep: Keep = Keep.SCALARS
    until: Target | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Design:
    """How the draws were made: `replicate` (draws,) is the number of the independent part that a draw belongs to."""

    sampling: str
    replicate: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Study:
    """A finished study: the report's material, and the arrays behind it.

    Attributes
    ----------
    report : results, financing, manifest
    inputs : what the engine was given
    cash : what the financing stage was given
    design : of its draws
    """

    report: RunReport
    inputs: ModelInputs
    cash: PortfolioCash
    design: Design


@dataclass(slots=True)
class _Log:
    """Seconds of each stage, and warnings; tells the caller what is being done."""

    progress: Progress
    compiled: bool = False  # in this run
    seconds: dict[str, float] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, words: str) -> Iterator[None]:
        self.progress(words, 0, 0)
        started = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - started, 3)
        self.messages += list(dict.fromkeys(f"{name}: {warning.message}" for warning in caught))


def run_study(path: str | Path, options: StudyOptions | None = None, progress: Progress | None = None) -> Study:
    """Run a study: load, build inputs, simulate, build results, finance.

    Parameters
    ----------
    path : scenario file, or the name of a shipped one
    options : how to run it
    progress : told what is being done

    Returns
    -------
    Study   the same bits for the same scenario, draws and seed, whatever the threads

    Raises
    ------
    ScenarioError, DataError, SimulationError, FinancingError   see `simmodel.errors`
    """
    chosen = options or StudyOptions()
    log = _Log(progress or (lambda words, done, of: None))
    with log.stage("scenario", "reading the scenario"):
        loaded = load(path, chosen)
    log.messages += loaded.warnings
    with log.stage("inputs", "building the network and its routes"):
        from simmodel.inputs.build import build_inputs

        built = build_inputs(loaded.scenario)
        inputs = built.inputs
    log.messages += built.warnings
    with log.stage("engine", "loading the engine"):
        import_ahead()
        runs, log.compiled = simulate_runs(inputs, chosen, log.progress)
    answer = answer_questions(loaded, runs, chosen, log)
    while chosen.until is not None and not answer.precision.is_reached and runs.draws < inputs.draws:
        wanted = following_draws(answer.precision, chosen.until, draws=runs.draws, most=inputs.draws)
        with log.stage("engine", f"simulating {wanted - runs.draws:,} more draws"):
            runs = simulate_more(runs, wanted, chosen, log.progress)
        answer = answer_questions(loaded, runs, chosen, log)
    if runs.draws < runs.output.draws:
        log.messages.append(
            f"engine: financing, returns of links and the spread of the ENPV rest on the first {runs.draws:,} of "
            f"{runs.output.draws:,} draws; means, and yearly quantiles and tail means of links, on all"
        )
    log.messages += answer.financing.warnings
    from simmodel.report.run_report import RunReport

    resolved = resolved_text(loaded, chosen)
    report = RunReport(
        title=loaded.scenario.study.name,
        scenario=loaded.scenario,
        resolved_yaml=resolved,
        results=answer.results,
        financing=answer.financing,
        manifest=describe_run(path, loaded, resolved, chosen, runs, log),
        keep=chosen.keep,
        precision=answer.precision,
        extra_arrays=extra_arrays(runs, chosen.keep),
    )
    return Study(report, inputs, answer.cash, answer.design)


@dataclass(frozen=True, slots=True)
class _Answer:
    """Results; the financing stage's answer, what it was given, and how precise it is."""

    results: StudyResult
    financing: FinancingResult
    cash: PortfolioCash
    design: Design
    precision: Precision


def answer_questions(loaded: LoadedScenario, runs: SimulatedRuns, options: StudyOptions, log: _Log) -> _Answer:
    """Finance the portfolio; meanwhile work out links, countries and the economy."""
    words = "financing the portfolio; working out links, countries and the economy"
    if log.compiled and "financing and results" not in log.seconds:
        words = f"compiling the optimiser's part for draws (first run: some 4 seconds), then {words}"
    with (
        log.stage("financing and results", words),
        ThreadPoolExecutor(1) as beside,
    ):
        from simmodel.financing.finance_portfolio import finance_portfolio
        from simmodel.results.run_result import build_results

        results = beside.submit(build_results, loaded.scenario, runs, threads_of(options))
        cash = gather_cash(loaded, runs)
        financing = finance_portfolio(loaded.scenario, cash)
        design = Design(runs.inputs.sampling, runs.replicates())
        precision = precision_of(loaded.scenario, cash, financing, design, options.until)
        return _Answer(results.result(), financing, cash, design, precision)


def precision_of(
    scenario: Scenario, cash: PortfolioCash, financing: FinancingResult, design: Design, target: Target | None = None
) -> Precision:
    """Return how precise mean gap and need are, on the fresh draws they are means of."""
    from simmodel.financing.funding_need import need_draws_musd

    fresh = list(financing.fresh_draws)
    return measure_precision(
        draws_musd={"gap": financing.gap_draws_musd, "need": need_draws_musd(scenario, cash)[fresh]},
        replicate=design.replicate[fresh],
        sampling=design.sampling,
        target=target,
    )


def load(path: str | Path, options: StudyOptions) -> LoadedScenario:
    """Load the scenario with the options that are part of it laid over last."""
    from simmodel.scenario.load import load_with_provenance

    overrides = list(options.overrides)
    if options.draws is not None:
        overrides.append(f"study.draws={options.draws}")
    if options.seed is not None:
        overrides.append(f"study.seed={options.seed}")
    return load_with_provenance(path, overrides=overrides)


def import_ahead() -> None:
    """Import what the last stages need while the engine computes: a second of processor time."""
    threading.Thread(target=lambda: [import_module(name) for name in LATE_IMPORTS], daemon=True).start()


def check_options(inputs: ModelInputs, options: StudyOptions) -> None:
    """Refuse a precision to reach where it has no meaning.

    Raises
    ------
    ScenarioError
    """
    if options.until is None:
        return
    asked = f"--until {options.until.text}"
    if options.deterministic:
        raise ScenarioError([f"{asked}: one draw at the medians has no standard error; leave out --deterministic"])
    if inputs.sampling == "latin_hypercube":
        advice = "take study.sampling=sobol or monte_carlo"
        raise ScenarioError([f"{asked}: the draws of a Latin hypercube depend on their number; {advice}"])
    if options.keep is Keep.SUMMARY and inputs.draws > SUMMARY_DRAWS:
        advice = f"take --draws {SUMMARY_DRAWS} or --keep scalars"
        raise ScenarioError([f"{asked}: a summary finances {SUMMARY_DRAWS:,} draws at most; {advice}"])


def simulate_runs(inputs: ModelInputs, options: StudyOptions, progress: Progress) -> tuple[SimulatedRuns, bool]:
    """Run the engine, for the first draws alone where a precision is asked for; also say whether it was compiled.

    Raises
    ------
    ScenarioError   what is kept would not fit into memory; a precision that cannot be asked for
    """
    from simmodel.engine.draw_block import BLOCK_KERNELS
    from simmodel.engine.jit import entry_points_compiled
    from simmodel.engine.memory_need import memory_need, refuse_if_too_large
    from simmodel.engine.monte_carlo import simulate
    from simmodel.results.simulated_runs import SimulatedRuns, candidate_links, plan_keeping

    check_options(inputs, options)
    most = 1 if options.deterministic else inputs.draws
    keep = plan_keeping(inputs, options.keep, most)
    need = memory_need(inputs, keep, most)
    refuse_if_too_large(need, draws=most, keep=options.keep.value, sampling=inputs.sampling)
    compiled = entry_points_compiled(*BLOCK_KERNELS)
    draws = most if options.until is None else min(FIRST_DRAWS, most)
    words = (
        f"simulating {draws:,} draws"
        if compiled
        else "compiling the engine (first run: some 15 seconds on two processors), then simulating"
    )
    progress(words, 0, draws)
    output = simulate(
        inputs,
        draws=draws,
        threads=options.threads,
        keep=keep,
        deterministic=options.deterministic,
        progress=lambda done, of: progress("simulating" if done else words, done, of),
    )
    return SimulatedRuns(inputs, keep, output, candidate_links(inputs), keep.kept_draws(0, draws)), not compiled


def simulate_more(runs: SimulatedRuns, draws: int, options: StudyOptions, progress: Progress) -> SimulatedRuns:
    """Go on to `draws` draws in all: the bits are those of a simulation in one piece."""
    from simmodel.engine.engine_output import join_outputs
    from simmodel.engine.monte_carlo import simulate

    more = simulate(
        runs.inputs,
        draws=draws - runs.draws,
        first_draw=runs.draws,
        threads=options.threads,
        keep=runs.keep,
        progress=lambda done, of: progress("simulating more", done, of),
    )
    return replace(runs, output=join_outputs(runs.inputs.network, [runs.output, more]), draws=draws)


def gather_cash(loaded: LoadedScenario, runs: SimulatedRuns) -> PortfolioCash:
    """Bring together what the financing stage needs: cash flows of the portfolio runs, planned cost, the calendar."""
    import numpy as np

    from simmodel.financing.portfolio_cash import PortfolioCash, RunCash
    from simmodel.results.simulated_runs import FINANCED_RUNS, PLANNED_RUNS

    def cash_of(run: str) -> RunCash:
        capex, anchor = runs.link_draws(run, "capex"), runs.link_draws(run, "anchor")
        is_planned = run in PLANNED_RUNS
        nothing = np.empty((0, *capex.shape[1:]))
        return RunCash(
            planned_cost_musd=planned_cost_musd(loaded, runs, run),
            cost_musd=capex - anchor if anchor.any() else capex,
            cfads_musd=runs.link_draws(run, "cfads"),
            revenue_musd=runs.link_draws(run, "revenue"),
            hard_currency_cash_musd=(
                runs.link_draws(run, "revenue_usd") - runs.link_draws(run, "opex_usd") if is_planned else nothing
            ),
            tax_musd=runs.link_draws(run, "tax") if is_planned else nothing,
            completed=runs.completed(run) if is_planned else nothing[:, 0],
            section_profit_musd=runs.section_profits(run),
        )

    return PortfolioCash(
        plan=portfolio_plan(loaded, runs),
        runs={run: cash_of(run) for run in FINANCED_RUNS},
        first_year=runs.inputs.first_year,
        us_index=np.array(runs.inputs.network.years["us_index"]),
    )


def portfolio_plan(loaded: LoadedScenario, runs: SimulatedRuns) -> PortfolioPlan:
    """Return the candidate links, their sections and the terms that go with them."""
    import numpy as np

    from simmodel.financing.portfolio_cash import PortfolioPlan, SectionTax
    from simmodel.inputs import plan_costs
    from simmodel.results.link_metrics import cost_weighted_wacc

    names, network, chosen = runs.inputs.names, runs.inputs.network, runs.candidates
    position = {int(link): place for place, link in enumerate(chosen)}
    sections = [(k, section) for k, section in enumerate(network.sections) if int(section["link"]) in position]
    links = np.array([position[int(section["link"])] for _, section in sections], dtype=np.int64)
    share = np.array([section["works_share"] for _, section in sections])
    taxed_in = network.countries[[int(section["country"]) for _, section in sections]]
    tax = np.array(taxed_in["tax_rate"])
    ids = tuple(names.links[link] for link in chosen)
    return PortfolioPlan(
        link_ids=ids,
        section_link=links,
        section_country=tuple(names.countries[int(section["country"])] for _, section in sections),
        section_cost_share=share,
        preparation_musd=plan_costs(
            runs.inputs, contingency=0.0, has_codeployment=False, has_reforms=False
        ).preparation_musd,
        discount_rate_nominal=cost_weighted_wacc(runs)[chosen],
        tax_rate=np.asarray(np.bincount(links, weights=share * tax, minlength=len(ids)), dtype=np.float64),
        tax=SectionTax(
            rate=tax,
            loss_years=np.array(taxed_in["tax_loss_years"]),
            civil_life_years=np.array(taxed_in["civil_tax_life"]),
            civil_rate=np.array(taxed_in["civil_tax_rate"]),
        ),
        climate_cost_share=np.array([climate_cost_share(loaded, link) for link in ids]),
        is_domestic=np.bincount(links, minlength=len(ids)) == 1,
    )


def planned_cost_musd(loaded: LoadedScenario, runs: SimulatedRuns, run: str) -> NDArray[np.float64]:
    """Return the planned cost of the candidate links under the policy of a run, (links, years) [nominal musd]."""
    from simmodel.inputs import plan_costs
    from simmodel.inputs.model_inputs import RUNS

    switches = runs.inputs.network.runs[RUNS.index(run)]
    return plan_costs(
        runs.inputs,
        contingency=loaded.scenario.parameters.contingency.value,
        has_codeployment=bool(switches["has_codeployment"]),
        has_reforms=bool(switches["has_reforms"]),
    ).link_musd


def climate_cost_share(loaded: LoadedScenario, link: str) -> float:
    """Return the part of a link's estimate that is there to withstand hazards: its resilience standard."""
    from simmodel.inputs import planned_capex_musd

    capex = planned_capex_musd(loaded.scenario, link)
    extra = sum(item.amount_musd for item in capex.components if item.item.startswith("resilience "))
    return extra / capex.base_musd if capex.base_musd > 0.0 else 0.0


def resolved_text(loaded: LoadedScenario, options: StudyOptions) -> str:
    """Return the scenario as one YAML file that reads no other; how to run it again stands at its end."""
    from simmodel.engine.jit import STRICT
    from simmodel.scenario.resolved import write_resolved

    until = "" if options.until is None else f" --until {quote(options.until.text)}"
    keep = "" if options.keep is Keep.SCALARS else f" --keep {options.keep.value}"
    how = keep + until + " --deterministic" * options.deterministic + " --strict" * STRICT
    return f"{write_resolved(loaded.scenario)}# run again: simmodel run scenario.resolved.yaml{how}\n"


def extra_arrays(runs: SimulatedRuns, keep: Keep) -> tuple[LabelledArray, ...]:
    """Return every draw of every link variable of the run `with`, when all is kept."""
    from simmodel.results.dataset import all_draws

    return tuple(all_draws(runs)) if keep is Keep.FULL else ()


def threads_of(options: StudyOptions) -> int:
    """Return how many threads a study uses."""
    from simmodel.engine.executors import available_threads

    return options.threads or available_threads()


def describe_run(
    path: str | Path,
    loaded: LoadedScenario,
    resolved_yaml: str,
    options: StudyOptions,
    runs: SimulatedRuns,
    log: _Log,
) -> Manifest:
    """Return the manifest of a run."""
    import hashlib

    from simmodel.engine.jit import STRICT
    from simmodel.results.manifest import Manifest, describe_machine, hashes_of, library_versions, program_version

    study = loaded.scenario.study
    python, machine = describe_machine()
    hashes = hashes_of(loaded.files, loaded.tables)
    hashes["scenario.resolved.yaml"] = hashlib.sha256(resolved_yaml.encode()).hexdigest()
    return Manifest(
        version=program_version(),
        scenario=Path(path).stem,
        scenario_file=str(path),
        overrides=loaded.overrides,
        sha256=hashes,
        seed=study.seed,
        first_draw=0,
        draws=runs.output.draws,
        draws_kept=runs.draws,
        sampling=runs.inputs.sampling,
        deterministic=options.deterministic,
        keep=options.keep.value,
        threads=threads_of(options),
        strict=STRICT,
        libraries=library_versions(),
        python=python,
        platform=machine,
        seconds=dict(log.seconds),
        compiled=log.compiled,
        warnings=tuple(log.messages),
    )

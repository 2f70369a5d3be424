"""Finance a stored run again, with another package or other rules of financing, without simulating."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from simmodel.errors import ScenarioError, StorageError
from simmodel.financing.finance_portfolio import finance_portfolio
from simmodel.financing.gap_conflicts import LinkConflict, gap_conflicts
from simmodel.financing.packages import with_package
from simmodel.pipeline import precision_of
from simmodel.report.run_report import RunReport
from simmodel.results.manifest import Manifest
from simmodel.scenario.load import load_with_provenance
from simmodel.scenario.problems import Problem
from simmodel.scenario.resolved import write_resolved
from simmodel.scenario.schema import Scenario
from simmodel.studies.stored_run import FILE, StoredRun, read_run

OPEN = ("financing", "instruments", "eligibility", "envelopes", "swap_curves")
"""Parts of a scenario that no simulated number depends on."""


@dataclass(frozen=True, slots=True)
class Refinancing:
    """A stored run, the scenario it is financed with, and where it came from."""

    folder: Path
    run: StoredRun
    scenario: Scenario
    package: str | None
    overrides: tuple[str, ...]

    def report(self) -> RunReport:
        """Finance the run and return what a report is made from.

        Raises
        ------
        DataError, FinancingError   see `simmodel.errors`
        """
        started = time.perf_counter()
        financing = finance_portfolio(self.scenario, self.run.cash)
        seconds = {"financing": round(time.perf_counter() - started, 3)}
        stored = dict(self.run.manifest)
        stored["overrides"] = (*stored["overrides"], *self.overrides)
        stored["seconds"] = seconds
        stored["warnings"] = (*self.run.notes, *self._origin(), *financing.warnings)
        package = f", package {self.package}" if self.package else ""
        return RunReport(
            title=f"{self.run.title}{package}",
            scenario=self.scenario,
            resolved_yaml=write_resolved(self.scenario),
            results=self.run.results,
            financing=financing,
            manifest=Manifest(**stored),
            keep=self.run.keep,
            precision=precision_of(self.scenario, self.run.cash, financing, self.run.design),
        )

    def _origin(self) -> tuple[str, ...]:
        what = f"package {self.package}" if self.package else "the scenario's own rules"
        return (f"financed again from a stored run with {what}; nothing was simulated",)

    def conflicts(self) -> tuple[LinkConflict, ...]:
        """Say of every link which demands on its financing cannot all hold without a gap."""
        return gap_conflicts(self.scenario, self.run.cash)

    def keep_draws(self, folder: Path) -> None:
        """Copy what financing again needs into the new folder."""
        shutil.copyfile(self.folder / FILE, folder / FILE)


def prepare_refinancing(folder: Path, *, package: str | None = None, overrides: tuple[str, ...] = ()) -> Refinancing:
    """Read a stored run and put a package in place.

    Parameters
    ----------
    folder : of a run
    package : of the scenario's `financing.packages`; None: as the run was financed
    overrides : `path=value` laid over the scenario before the package; only parts no simulated number depends on

    Raises
    ------
    StorageError    no run that can be financed again
    ScenarioError   no such package, or an override of something that was simulated
    """
    run = read_run(folder)
    refuse_simulated(overrides)
    resolved = folder / "scenario.resolved.yaml"
    scenario = load_with_provenance(resolved, overrides=list(overrides)).scenario
    if scenario.financing.lender_case_percentile != run.lender_case_percentile:
        raise StorageError(
            f"{folder} keeps the lenders' path of percentile {run.lender_case_percentile:g} only: "
            "simulate again for another financing.lender_case_percentile"
        )
    if package is not None:
        scenario = with_package(scenario, package, file=str(resolved))
    return Refinancing(folder, run, scenario, package, overrides)


def refuse_simulated(overrides: tuple[str, ...]) -> None:
    """Refuse overrides of what the run has simulated already, all at once.

    Raises
    ------
    ScenarioError
    """
    problems = [
        Problem("--set", 0, 0, path, "this was simulated: run the scenario again; open are " + ", ".join(OPEN))
        for path in (override.split("=", 1)[0].strip() for override in overrides)
        if path.split(".", 1)[0].split("[", 1)[0] not in OPEN
    ]
    if problems:
        raise ScenarioError(problems)

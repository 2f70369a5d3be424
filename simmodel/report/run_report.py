"""Everything a report is made from."""

from __future__ import annotations

from dataclasses import dataclass

from simmodel.report.financing_view import FinancingView
from simmodel.results.dataset import LabelledArray
from simmodel.results.manifest import Manifest
from simmodel.results.precision import Precision
from simmodel.results.run_result import StudyResult
from simmodel.results.simulated_runs import Keep
from simmodel.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class RunReport:
    """A finished run.

    Attributes
    ----------
    title : of the scenario, for people
    scenario : rows selected and merged
    resolved_yaml : text of scenario.resolved.yaml
    precision : standard errors of the need and the gap
    extra_arrays : what results.nc holds beyond the usual, with `--keep full`
    """

    title: str
    scenario: Scenario
    resolved_yaml: str
    results: StudyResult
    financing: FinancingView
    manifest: Manifest
    keep: Keep
    precision: Precision
    extra_arrays: tuple[LabelledArray, ...] = ()

    @property
    def note(self) -> str:
        """One line under every figure: source, draws, seed."""
        draws = "median of every uncertainty" if self.manifest.deterministic else f"{self.manifest.draws:,} draws"
        program = f"simmodel {self.manifest.version}, scenario {self.manifest.scenario}"
        return f"Source: {program}; {draws}, seed {self.manifest.seed}"

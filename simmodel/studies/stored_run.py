"""What a run keeps so that it can be financed again without simulating: its results, and the cash flows of its draws.

The file is a pickle that only restores arrays and the project's own records. Cash flows are kept in single precision
and without the years in which nothing happens; what financing reads only on the lenders' path is kept as that path.
"""

from __future__ import annotations

import io
import json
import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simmodel import __version__
from simmodel.errors import StorageError
from simmodel.financing.lender_case import lender_case_weights, weighted_path
from simmodel.financing.portfolio_cash import Floats, PortfolioCash, RunCash
from simmodel.pipeline import Design
from simmodel.results.run_result import StudyResult
from simmodel.results.simulated_runs import Keep

if TYPE_CHECKING:
    from simmodel.pipeline import Study

FILE = "refinance.pickle"
MOST_DRAWS = 10_000  # kept: about 160 MB on the flagship; a larger run is financed again on its first draws
RESTORED = ("simmodel.results", "simmodel.financing.portfolio_cash", "simmodel.studies.stored_run", "numpy")
BUILTINS = frozenset({"tuple", "dict", "list", "set", "frozenset", "complex", "slice", "bytearray"})
DRAWN = (
    "cost_musd",
    "cfads_musd",
    "revenue_musd",
    "hard_currency_cash_musd",
    "tax_musd",
    "completed",
    "section_profit_musd",
)


@dataclass(frozen=True, slots=True)
class PackedFlows:
    """Draws of a cash flow, (L, T, S): the rows (link, year) that are not zero throughout, in single precision."""

    shape: tuple[int, int, int]
    rows: np.ndarray
    values: np.ndarray

    def unpack(self) -> Floats:
        """Return the flows in double precision."""
        flows = np.zeros((self.shape[0] * self.shape[1], self.shape[2]))
        flows[self.rows] = self.values
        return flows.reshape(self.shape)


def pack(flows: Floats) -> PackedFlows:
    """Keep the rows of (L, T, S) flows that are not zero in every draw."""
    by_row = np.ascontiguousarray(flows).reshape(-1, flows.shape[2])
    rows = np.flatnonzero(by_row.any(axis=1))
    links, years, draws = flows.shape
    return PackedFlows((links, years, draws), rows, by_row[rows].astype(np.float32))


@dataclass(frozen=True, slots=True)
class PackedProfits:
    """Profits (K, T, S) of sections, in the draws in which the section earns one in some year; others pay no tax.

    `earns` (K, S) says where; `values` (n, T) are in single precision.
    """

    earns: np.ndarray
    values: np.ndarray

    def unpack(self) -> Floats:
        """Return the profits in double precision, zero where none is earned."""
        sections, draws = self.earns.shape
        profits = np.zeros((sections, self.values.shape[1], draws))
        profits.transpose(0, 2, 1)[self.earns] = self.values
        return profits


def pack_profits(run: RunCash) -> PackedProfits:
    """Keep the profits that tax may be paid on."""
    earns = np.any(run.section_profit_musd > 0.0, axis=1)
    return PackedProfits(earns, run.section_profit_musd.transpose(0, 2, 1)[earns].astype(np.float32))


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run read back: what a report needs beside the financing, and the cash flows for it.

    `notes` are the warnings of the stages before financing.
    """

    title: str
    keep: Keep
    results: StudyResult
    cash: PortfolioCash
    lender_case_percentile: float
    notes: tuple[str, ...]
    design: Design
    manifest: dict[str, Any]


def store_run(study: Study, folder: Path) -> None:
    """Write what financing again needs into the folder of a run."""
    percentile = study.report.scenario.financing.lender_case_percentile
    payload = {
        "version": __version__,
        "title": study.report.title,
        "notes": _notes(study),
        "results": study.report.results,
        "lender_case_percentile": percentile,
        "sampling": study.design.sampling,
        "replicate": study.design.replicate[:MOST_DRAWS],
        "plan": study.cash.plan,
        "first_year": study.cash.first_year,
        "us_index": study.cash.us_index,
        "runs": {name: _packed_run(study.cash, name, percentile) for name in study.cash.runs},
    }
    with (folder / FILE).open("wb") as stream:
        pickle.dump(payload, stream, protocol=5)


def _notes(study: Study) -> tuple[str, ...]:
    """Warnings of the stages before financing, and what of the draws is kept."""
    before = study.report.manifest.warnings[: -len(study.report.financing.warnings) or None]
    if study.cash.draws <= MOST_DRAWS:
        return before
    return (*before, f"financed again on the first {MOST_DRAWS:,} of {study.cash.draws:,} draws")


def first_draws(run: RunCash) -> RunCash:
    """Return a run with its first draws, as many as are kept."""
    if run.draws <= MOST_DRAWS:
        return run
    kept = {name: getattr(run, name)[..., :MOST_DRAWS] for name in DRAWN}
    return replace(run, **kept)


def _packed_run(cash: PortfolioCash, name: str, percentile: float) -> dict[str, Any]:
    run = first_draws(cash.runs[name])
    met = {
        "planned_cost_musd": run.planned_cost_musd,
        "cost_musd": pack(run.cost_musd),
        "cfads_musd": pack(run.cfads_musd),
        "revenue_musd": pack(run.revenue_musd),
        "section_profit_musd": pack_profits(run),
    }
    if not len(run.tax_musd):  # no plan is made for this run
        return met
    weights = lender_case_weights(run=run, discount_rate=cash.plan.discount_rate_nominal, percentile=percentile)
    return met | {
        "completed": run.completed > 0.5,
        "hard_currency_cash_musd": weighted_path(weights, run.hard_currency_cash_musd)[:, :, None],
        "tax_musd": weighted_path(weights, run.tax_musd)[:, :, None],
    }


def read_run(folder: Path) -> StoredRun:
    """Read back what a run kept for financing.

    Raises
    ------
    StorageError   no run, a run of another version, or a file that was changed
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        payload = _Restoring(io.BytesIO((folder / FILE).read_bytes())).load()
        if payload["version"] != __version__:
            raise StorageError(
                f"{folder} was made by version {payload['version']}, this is {__version__}: run it again"
            )
        cash = PortfolioCash(
            plan=payload["plan"],
            runs={name: _unpacked_run(kept) for name, kept in payload["runs"].items()},
            first_year=payload["first_year"],
            us_index=payload["us_index"],
        )
        return StoredRun(
            title=payload["title"],
            keep=Keep(manifest["keep"]),
            results=payload["results"],
            cash=cash,
            lender_case_percentile=payload["lender_case_percentile"],
            notes=tuple(payload["notes"]),
            design=Design(payload["sampling"], payload["replicate"]),
            manifest=manifest,
        )
    except FileNotFoundError as error:
        missing = Path(str(error.filename)).name
        hint = "; runs with --keep summary keep no draws" if missing == FILE else ""
        raise StorageError(f"{folder} holds no {missing}: it is no run that can be financed again{hint}") from error
    except (pickle.UnpicklingError, KeyError, ValueError, EOFError, AttributeError, ImportError, OSError) as error:
        raise StorageError(f"{folder / FILE} cannot be read: {error}") from error


def _unpacked_run(kept: dict[str, Any]) -> RunCash:
    flows = {name: kept[name].unpack() for name in ("cost_musd", "cfads_musd", "revenue_musd")}
    nothing = np.empty((0, *flows["cost_musd"].shape[1:]))
    return RunCash(
        **flows,
        planned_cost_musd=kept["planned_cost_musd"],
        hard_currency_cash_musd=kept.get("hard_currency_cash_musd", nothing),
        tax_musd=kept.get("tax_musd", nothing),
        completed=kept.get("completed", nothing[:, 0]).astype(np.float64),
        section_profit_musd=kept["section_profit_musd"].unpack(),
    )


class _Restoring(pickle.Unpickler):
    """Restores arrays and the project's own records, and refuses everything else a pickle could ask for."""

    def find_class(self, module: str, name: str) -> Any:
        is_own = any(module == known or module.startswith(f"{known}.") for known in RESTORED)
        if is_own or (module == "builtins" and name in BUILTINS):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

"""Results as labelled arrays with units: the file results.nc, and an xarray dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simmodel.errors import StorageError
from simmodel.inputs.model_inputs import LINK_VARIABLES, RUNS
from simmodel.results.array_types import FloatArray
from simmodel.results.country_results import COUNTRY_UNITS
from simmodel.results.economics import Stakeholder
from simmodel.results.run_result import StudyResult
from simmodel.results.simulated_runs import Keep, SimulatedRuns

if TYPE_CHECKING:
    import xarray

STATISTICS = ("mean", "p10", "p50", "p90")
TAILS = ("lowest_tenth", "highest_tenth", "error")
LINK_UNITS = {
    "flow": "Gbit/s",
    "price_regional": "nominal USD/Mbps/month",
    "price_transit": "nominal USD/Mbps/month",
    "availability": "fraction",
    "lit": "Gbit/s",
    "open": "fraction",
}
LINK_WORDS = {
    "flow": "busy-hour traffic",
    "price_regional": "price over the whole length to buyers of the region",
    "price_transit": "price over the whole length to transit",
    "revenue": "revenue after outages and credits",
    "opex": "running cost",
    "maintenance": "waves added after opening, renewals and repairs",
    "capex": "preparation and works as spent",
    "tax": "tax on profit before finance",
    "cfads": "cash flow available for debt service",
    "availability": "share of the year in service, weighted by length",
    "lit": "lit capacity",
    "open": "in service",
}
BAD_TAILS = {
    "flow": "the lowest",
    "price_regional": "the lowest for who owns the link, the highest for who buys",
    "revenue": "the lowest",
    "cfads": "the lowest",
    "capex": "the highest",
}
ABOUT_TAILS = (
    "means of the lowest and of the highest tenth of all simulated draws of each year by itself, of which that on the "
    "bad side is the conditional value at risk at 90 percent; error: the most by which counting the draws in bins, "
    "not keeping them, can have moved either (a bin is below 0.004 standard deviations of the first 512 draws), zero "
    "where the draws were kept; the error of having simulated so many draws and no more comes on top"
)


@dataclass(frozen=True, slots=True)
class LabelledArray:
    """An array with the names of its axes, its unit and what it is."""

    name: str
    axes: tuple[str, ...]
    values: FloatArray
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class LabelledResults:
    """Coordinates by axis, and arrays; what results.nc holds.

    Arrays with the axis `draw` are written as 4-byte floats, all others as 8-byte floats.
    """

    coordinates: dict[str, tuple[str, ...] | tuple[int, ...] | tuple[float, ...]]
    arrays: tuple[LabelledArray, ...]
    attributes: dict[str, str]


def label_results(results: StudyResult, keep: Keep) -> LabelledResults:
    """Name axes and units of the results; draws of links are in it unless `keep` is SUMMARY."""
    draws = {} if keep is Keep.SUMMARY else {"draw": tuple(range(results.draws))}
    coordinates: dict[str, tuple[str, ...] | tuple[int, ...] | tuple[float, ...]] = {
        "run": RUNS,
        "link": results.link_ids,
        "candidate": results.candidates.ids,
        "country": results.countries.countries,
        "year": results.years,
        "statistic": STATISTICS,
        "tail": TAILS,
        "stakeholder": tuple(who.name.lower() for who in Stakeholder),
        "beneficiary": results.economics.countries,
        "rate": results.economics.rates,
        **draws,
    }
    arrays = [*_means(results), *_spreads(results), *_tails(results), *_economics(results)]
    if keep is not Keep.SUMMARY:
        arrays += _link_draws(results)
    return LabelledResults(coordinates, tuple(arrays), {"title": "results of a simmodel run", "tails": ABOUT_TAILS})


def _means(results: StudyResult) -> list[LabelledArray]:
    arrays = [
        LabelledArray("us_index", ("year",), results.us_index, "ratio", "US price index, nominal per constant dollar")
    ]
    for name, values in results.link_means.items():
        unit = LINK_UNITS.get(name, "nominal musd")
        arrays.append(
            LabelledArray(f"link_{name}", ("run", "link", "year"), values, unit, f"mean over draws: {LINK_WORDS[name]}")
        )
    for name, values in results.countries.means.items():
        unit, words = COUNTRY_UNITS[name]
        arrays.append(
            LabelledArray(f"country_{name}", ("run", "country", "year"), values, unit, f"mean over draws: {words}")
        )
    return arrays


def _spreads(results: StudyResult) -> list[LabelledArray]:
    arrays = []
    for name, spread in results.candidates.by_year.items():
        values = np.stack([part for _, part in spread.items()])
        unit = LINK_UNITS.get(name, "nominal musd")
        arrays.append(
            LabelledArray(
                f"candidate_{name}", ("statistic", "candidate", "year"), values, unit, f"{LINK_WORDS[name]}, run `with`"
            )
        )
    for (run, name), spread in results.countries.spreads.items():
        values = np.stack([part for _, part in spread.items()])
        unit, words = COUNTRY_UNITS[name]
        arrays.append(
            LabelledArray(
                f"country_{name}_{run}", ("statistic", "country", "year"), values, unit, f"{words}, run `{run}`"
            )
        )
    return arrays


def _tails(results: StudyResult) -> list[LabelledArray]:
    return [
        LabelledArray(
            f"candidate_{name}_tails",
            ("tail", "candidate", "year"),
            np.stack([part for _, part in tails.items()]),
            LINK_UNITS.get(name, "nominal musd"),
            f"mean of a tenth of the draws: {LINK_WORDS[name]}, run `with`; the bad tenth is {BAD_TAILS[name]}",
        )
        for name, tails in results.candidates.tails_by_year.items()
    ]


def _economics(results: StudyResult) -> list[LabelledArray]:
    economics = results.economics
    arrays = [
        LabelledArray(
            "enpv", ("rate",), economics.enpv_musd["programme"], "constant musd", "mean ENPV of the programme"
        ),
        LabelledArray(
            "gain",
            ("stakeholder", "beneficiary"),
            economics.matrix_musd,
            "constant musd",
            "present value of gains; sums to the ENPV",
        ),
    ]
    for part, values in economics.parts_musd.items():
        arrays.append(
            LabelledArray(
                f"economic_{part}", ("beneficiary", "year"), values, "constant musd", f"{part} in the net benefit"
            )
        )
    return arrays


def _link_draws(results: StudyResult) -> list[LabelledArray]:
    links = results.candidates
    axes = ("candidate", "draw")
    return [
        LabelledArray("capex", axes, links.capex_musd, "constant musd", "preparation and works as spent"),
        LabelledArray("fnpv", axes, links.fnpv_musd, "constant musd", "financial net present value at the real WACC"),
        LabelledArray(
            "firr", axes, links.firr, "fraction per year", "real financial rate of return; missing: none or several"
        ),
        LabelledArray("payback", axes, links.payback_years, "years", "simple payback; missing: never"),
        LabelledArray(
            "lcoc", axes, links.lcoc, "constant USD/Mbps/month", "levelised cost of capacity; missing: none used"
        ),
        LabelledArray(
            "price_earned",
            axes,
            links.price_earned,
            "constant USD/Mbps/month",
            "levelised revenue of that capacity",
        ),
    ]


def all_draws(runs: SimulatedRuns) -> list[LabelledArray]:
    """Every draw of every link variable in the run `with`, of the candidate links."""
    axes = ("candidate", "year", "draw")
    return [
        LabelledArray(
            f"draws_{name}",
            axes,
            runs.link_draws("with", name),
            LINK_UNITS.get(name, "nominal musd"),
            f"{name}, every draw",
        )
        for name in LINK_VARIABLES
    ]


def write_netcdf(labelled: LabelledResults, path: Path) -> None:
    """Write a netCDF-4 file that xarray opens: one variable an array, `units` and `long_name` on each.

    Axes without entries (a study without candidate links) and what lies along them are left out.

    Raises
    ------
    StorageError : the file cannot be written
    """
    import netCDF4

    try:
        with netCDF4.Dataset(path, "w", format="NETCDF4") as file:
            file.setncatts(labelled.attributes)
            axes = {axis: values for axis, values in labelled.coordinates.items() if values}
            for axis, values in axes.items():
                file.createDimension(axis, len(values))
                _write_coordinate(file, axis, values)
            for array in labelled.arrays:
                if not axes.keys() >= set(array.axes):
                    continue
                kind = "f4" if "draw" in array.axes else "f8"
                variable = file.createVariable(array.name, kind, array.axes, fill_value=np.nan)
                variable.setncatts({"units": array.unit, "long_name": array.description})
                variable[:] = array.values
    except (OSError, RuntimeError) as error:
        raise StorageError(f"{path.name} cannot be written: {error}") from error


AXIS_WORDS = {
    "run": "run of the engine",
    "link": "link",
    "candidate": "candidate link",
    "country": "country",
    "year": "calendar year",
    "statistic": "mean or quantile over draws",
    "tail": "mean of a tenth of the draws, or its error",
    "stakeholder": "who gains",
    "beneficiary": "country, or outside",
    "rate": "real discount rate",
    "draw": "draw",
    "fresh_draw": "draw that the financing plan was not fitted to",
    "cause": "cause of the gap",
    "financed": "candidate link",
    "payer": "country, or outside",
}


def _write_coordinate(file: object, axis: str, values: tuple[str, ...] | tuple[int, ...] | tuple[float, ...]) -> None:
    kind: object = str if isinstance(values[0], str) else "f8" if isinstance(values[0], float) else "i4"
    variable = file.createVariable(axis, kind, (axis,))  # type: ignore[attr-defined]
    variable.setncatts({"units": "fraction per year" if axis == "rate" else "1", "long_name": AXIS_WORDS[axis]})
    variable[:] = np.array(values, dtype=object if kind is str else None)


def open_results(path: Path) -> xarray.Dataset:
    """Open results.nc of a run.

    Raises
    ------
    StorageError : the file is missing or no netCDF
    """
    import xarray as xr

    try:
        return xr.open_dataset(path, engine="netcdf4")
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read: {error}") from error

"""What is the same for all draws and takes a power, a root or a logarithm: worked out once, before the blocks."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simmodel.inputs.model_inputs import Network, fields, record

__all__ = ["COUNTRY_YEAR_CONSTANTS", "REGION_CONSTANTS", "SEGMENT_CONSTANTS", "Constants", "find_constants"]

MUSD = 1e-6
NO_LIMIT = 1e30


# wave_musd: a wave's price in the base year; wave_annuity_usd: its yearly charge; highest: the most that counts as
# avoidable cost [USD/Mbps/month]; factors: first year's charge on an investment of one; part_of_link: by km.
SEGMENT_CONSTANTS = record(
    fields(
        "wave_musd wave_annuity_usd highest_regional highest_transit "
        "wave_factor civil_factor terminal_factor part_of_link wave_charge_ended"
    )
)
# paid_log: log of the share of income people are seen to pay, on the scale of standard normal numbers times gini_sd
REGION_CONSTANTS = record(fields("paid_log income_log"))
COUNTRY_YEAR_CONSTANTS = record(fields("retail_trend reference gateway_left"))


class Constants(NamedTuple):
    """Arrays beside those of the network, in its order."""

    segments: NDArray[np.void]  # (segments,) SEGMENT_CONSTANTS
    regions: NDArray[np.void]  # (regions,) REGION_CONSTANTS
    country_years: NDArray[np.void]  # (years, countries) COUNTRY_YEAR_CONSTANTS
    standing_charge: NDArray[np.float64]  # (years, segments) charge on cable and terminals of the base year [musd]
    path_external: NDArray[np.float64]  # (years since the base year, paths) price beyond the region, outside index 1


def first_charge(wacc: Any, trend: float, life: float) -> Any:
    """First year's charge on an investment of one that grows with the trend and repays it over its life.

    The tilted annuity (w - a) / (1 - ((1 + a) / (1 + w))**n), and its limit (1 + w) / n where w = a.
    """
    level = np.abs(wacc - trend) < 1e-12
    gap = np.where(level, 1.0, wacc - trend)
    tilted = gap / (1.0 - np.where(level, 0.0, ((1.0 + trend) / (1.0 + wacc)) ** life))
    return np.where(level, (1.0 + wacc) / life, tilted)


def find_constants(network: Network) -> Constants:
    """Work out the constants of a network."""
    paths, years = network.paths, np.arange(len(network.years) + 1.0)
    external = paths["external_price"] * paths["relative_decline"] ** years[:, None]
    segments = _segments(network)
    standing = _standing_charge(network, segments)
    return Constants(segments, _regions(network), _country_years(network), standing, external)


def _segments(network: Network) -> NDArray[np.void]:
    market, s, links = network.market[0], network.segments, network.links
    found = np.zeros(len(s), SEGMENT_CONSTANTS)
    is_candidate = links["candidate"][s["link"]] == 1
    km = np.bincount(s["link"], weights=s["km"], minlength=len(links))
    optics = float(market["mea_trend_optics"])
    found["wave_musd"] = s["wave_capex_usd"] * MUSD
    found["wave_annuity_usd"] = s["wave_annuity"] * s["wave_capex_usd"]
    found["highest_regional"] = np.where(is_candidate, NO_LIMIT, 0.5 * s["base_price_regional"])
    found["highest_transit"] = np.where(is_candidate, NO_LIMIT, 0.5 * s["base_price_transit"])
    found["wave_factor"] = first_charge(s["wacc"], optics, float(market["life_wave"])) * found["wave_musd"]
    found["wave_charge_ended"] = found["wave_factor"] * (1.0 + optics) ** float(market["life_wave"])
    found["civil_factor"] = first_charge(s["wacc"], float(market["mea_trend_civil"]), float(market["life_cable"]))
    found["terminal_factor"] = first_charge(s["wacc"], optics, float(market["life_terminal"]))
    found["part_of_link"] = s["km"] / km[s["link"]]
    return found


def _standing_charge(network: Network, constants: NDArray[np.void]) -> NDArray[np.float64]:
    """Yearly charge on what an existing segment has of cable and terminals; it grows with the trend of their prices."""
    market, s, t = network.market[0], network.segments, np.arange(len(network.years))[:, None]
    exists = network.links["candidate"][s["link"]] == 0
    civil = exists * constants["civil_factor"] * s["asset_base_share"] * s["civil_musd"]
    terminal = exists * constants["terminal_factor"] * s["terminal_musd"]
    return civil * (1.0 + market["mea_trend_civil"]) ** t + terminal * (1.0 + market["mea_trend_optics"]) ** t


def _regions(network: Network) -> NDArray[np.void]:
    regions, sd = network.regions, network.countries["gini_sd"][network.regions["country"]]
    found = np.zeros(len(regions), REGION_CONSTANTS)
    found["income_log"] = np.log(regions["income0"])
    found["paid_log"] = (
        np.log(regions["retail0"] / regions["income0"])
        + sd * ndtri(regions["saturation0"] / regions["coverage0"])
        + 0.5 * sd * sd
    )
    return found


def _country_years(network: Network) -> NDArray[np.void]:
    countries, n = network.countries, np.arange(1.0, len(network.years) + 1.0)[:, None]
    found = np.zeros((len(network.years), len(countries)), COUNTRY_YEAR_CONSTANTS)
    found["retail_trend"] = countries["retail_trend"] ** n
    found["reference"] = (1.0 - countries["reference_decline"]) ** n
    found["gateway_left"] = (1.0 - countries["gateway_decline"]) ** n
    return found

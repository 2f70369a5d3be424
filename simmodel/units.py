"""Units of the model: constants that convert between them, and the one spelling each has.

Money is in million US dollars (`musd`), traffic in busy-hour Gbit/s, wholesale prices in USD per Mbit/s and month,
length in route km, latency in one-way ms, rates and shares in fractions of one.
"""

from __future__ import annotations

MONTHS_PER_YEAR = 12
HOURS_PER_YEAR = 8760
DAYS_PER_YEAR = 365
MBPS_PER_GBPS = 1000.0
USD_PER_MUSD = 1e6
KBPS_PER_GBPS = 1e6

MUSD_PER_YEAR_PER_GBPS_AND_PRICE = MBPS_PER_GBPS * MONTHS_PER_YEAR / USD_PER_MUSD
"""Yearly revenue [musd] of 1 Gbit/s sold at 1 USD per Mbit/s and month (0.012)."""

LATENCY_MS_PER_KM = 4.925e-3
"""One-way delay of light in glass fibre [ms/km]: group index 1.4765 over the speed of light in vacuum."""

SPELLINGS: dict[str, str] = {
    "usd/mbps/month": "USD/Mbps/month",
    "usd per mbps per month": "USD/Mbps/month",
    "usd_per_mbps_month": "USD/Mbps/month",
    "musd": "musd",
    "usd million": "musd",
    "million usd": "musd",
    "gbps": "Gbit/s",
    "gbit/s": "Gbit/s",
    "kbps": "kbit/s",
    "kbit/s": "kbit/s",
    "kilometres": "km",
    "km": "km",
    "ms": "ms",
    "milliseconds": "ms",
    "share": "fraction",
    "fraction": "fraction",
}


def spell_unit(unit: str) -> str:
    """Return the one spelling of a unit; a unit without synonyms comes back stripped.

    Parameters
    ----------
    unit : as written in a scenario or table

    Returns
    -------
    str : for instance `USD/Mbps/month` for `usd per Mbps per month`
    """
    return SPELLINGS.get(unit.strip().lower(), unit.strip())

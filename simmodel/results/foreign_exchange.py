"""Exchange rates under relative purchasing power parity and the conversion of local-currency money to USD."""

from __future__ import annotations

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats, as_years, divide_or_nan
from simmodel.results.discounting import price_index


def exchange_rate_path(
    *, initial_rate_lcu_per_usd: Numeric, domestic_inflation: Numeric, usd_inflation: Numeric, real_shock: Numeric = 1.0
) -> FloatArray:
    """Exchange rate that follows the inflation differential, times a real-exchange-rate shock.

    S_t = S_0 prod((1 + pi_dom)/(1 + pi_usd)) e_t

    Parameters
    ----------
    initial_rate_lcu_per_usd : scalar or leading shape [LCU per USD]   S_0
    domestic_inflation, usd_inflation : (..., years)   fraction per year
    real_shock : (..., years) or scalar [-]   e_t, above 1 when the local currency is weaker than parity

    Returns
    -------
    (..., years) [LCU per USD]
    """
    parity = price_index(inflation=domestic_inflation) / price_index(inflation=usd_inflation)
    return as_floats(initial_rate_lcu_per_usd)[..., None] * parity * as_floats(real_shock)


def local_revenue_in_usd(
    *, base_revenue_usd: Numeric, usd_inflation: Numeric, real_shock: Numeric, indexation_to_real_rate: Numeric
) -> FloatArray:
    """USD value of revenue charged in local currency.

    A tariff that follows domestic inflation and, by the exponent psi, the real exchange rate is worth
    base * prod(1 + pi_usd) * e^(psi - 1) in USD.

    Parameters
    ----------
    base_revenue_usd : (..., years) [USD at prices and exchange rate of the valuation date]   quantity times p0/S0
    usd_inflation : (..., years)   fraction per year
    real_shock : (..., years) [-]   e_t > 0, real-exchange-rate index
    indexation_to_real_rate : scalar in [0, 1]   psi; 0 = no indexation (regulated tariff), 1 = tariff fixed
        in USD terms

    Returns
    -------
    (..., years) [nominal USD]
    """
    psi = as_floats(indexation_to_real_rate)
    if np.any((psi < 0.0) | (psi > 1.0)):
        raise ValueError("indexation_to_real_rate must lie between 0 and 1")
    passed_through = as_years(real_shock) ** (psi - 1.0)
    return as_years(base_revenue_usd) * price_index(inflation=usd_inflation) * passed_through


def total_in_usd(*, usd_part: Numeric, lcu_part: Numeric, exchange_rate_lcu_per_usd: Numeric) -> FloatArray:
    """Add a USD amount and a local-currency amount converted at the year's rate.

    Parameters
    ----------
    usd_part : (..., years) [USD];  lcu_part : (..., years) [LCU];  exchange_rate_lcu_per_usd : (..., years), > 0

    Returns
    -------
    (..., years) [USD]
    """
    return as_years(usd_part) + as_years(lcu_part) / as_years(exchange_rate_lcu_per_usd)


def hard_currency_cover(*, usd_revenue: Numeric, hard_currency_debt_service: Numeric) -> FloatArray:
    """Currency mismatch: revenue earned in USD over debt service due in hard currency.

    Parameters
    ----------
    usd_revenue, hard_currency_debt_service : (..., years) [nominal million USD]

    Returns
    -------
    (..., years) [-]   NaN where no hard-currency debt service is due
    """
    return divide_or_nan(usd_revenue, hard_currency_debt_service)

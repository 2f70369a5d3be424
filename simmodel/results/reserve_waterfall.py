"""Reserve accounts and the order in which operating cash is spent: debt service, reserve, distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats, as_years, broadcast_years


@dataclass(frozen=True, slots=True)
class WaterfallResult:
    """Where the cash of each year went; (..., years), nominal million USD, all >= 0.

    gap : debt service and operating losses that neither cash nor reserve could pay
    reserve_end : reserve account at the end of the year
    trapped_end : cash held back above the reserve by the lock-up at the end of the year
    distribution : paid to the owners
    """

    gap: FloatArray
    reserve_end: FloatArray
    trapped_end: FloatArray
    distribution: FloatArray


def debt_service_reserve_target(*, debt_service_musd: Numeric, months: float) -> FloatArray:
    """Reserve required at the end of each year: `months` of next year's debt service, nothing in the last year.

    Parameters
    ----------
    debt_service_musd : (..., years) [nominal million USD]
    months : months of debt service held

    Returns
    -------
    (..., years) [nominal million USD]
    """
    service = as_years(debt_service_musd)
    following = np.concatenate([service[..., 1:], np.zeros_like(service[..., :1])], axis=-1)
    return following * (months / 12.0)


def run_reserve_waterfall(
    *,
    cfads_musd: Numeric,
    debt_service_musd: Numeric,
    reserve_target_musd: Numeric,
    opening_reserve_musd: Numeric,
    lock_up_dscr: float | None = None,
) -> WaterfallResult:
    """Spend each year's cash: service first, then the reserve, then distribution.

    With x = opening cash + CFADS - debt service: x < 0 is a gap of -x and empties the account; x below the target stays
    in the account; the excess over the target is distributed, or, where DSCR is under the lock-up, held back and
    carried.

    Parameters
    ----------
    cfads_musd, debt_service_musd, reserve_target_musd : (..., years) [nominal million USD]   CFADS signed, others >= 0
    opening_reserve_musd : (...) [nominal million USD]   reserve funded during construction
    lock_up_dscr : cover under which distributions are held back; None = no lock-up. Years without debt service are
        free.

    Returns
    -------
    WaterfallResult   identity in every year: opening cash + CFADS - debt service + gap = closing cash + distribution
    """
    cash, service, target = broadcast_years(cfads_musd, debt_service_musd, reserve_target_musd)
    gap, reserve, trapped, distribution = (np.zeros(cash.shape) for _ in range(4))
    held = np.broadcast_to(as_floats(opening_reserve_musd), cash.shape[:-1]).copy()
    for year in range(cash.shape[-1]):
        available = held + cash[..., year] - service[..., year]
        gap[..., year] = np.maximum(-available, 0.0)
        available = np.maximum(available, 0.0)
        reserve[..., year] = np.minimum(available, target[..., year])
        excess = available - reserve[..., year]
        if lock_up_dscr is None:
            locked = np.zeros(excess.shape, dtype=np.bool_)
        else:
            owes = service[..., year] > 0.0
            locked = owes & (cash[..., year] < lock_up_dscr * service[..., year])
        trapped[..., year] = np.where(locked, excess, 0.0)
        distribution[..., year] = np.where(locked, 0.0, excess)
        held = reserve[..., year] + trapped[..., year]
    return WaterfallResult(gap, reserve, trapped, distribution)


def maintenance_reserve_transfers(
    *, renewals_musd: Numeric, saving_years: int, first_operating_year: int = 1
) -> FloatArray:
    """Equal yearly transfers that save for each renewal over the years before it, for the lender's smoothed case.

    Each renewal is saved in equal parts over the `saving_years` years that end with it, or over the years since
    operation began where these are fewer; so the reserve is never negative and transfers sum to the renewals.

    Parameters
    ----------
    renewals_musd : (..., years) [nominal million USD]   >= 0; none before operation begins
    saving_years : years over which one renewal is saved, >= 1
    first_operating_year : 1 for the first year of the array

    Returns
    -------
    (..., years) [nominal million USD]

    Raises
    ------
    ValueError   when a renewal falls before the first operating year or `saving_years` is below 1
    """
    renewals = as_years(renewals_musd)
    start = first_operating_year - 1
    if saving_years < 1:
        raise ValueError("saving_years must be at least 1")
    if np.any(renewals[..., :start] != 0.0):
        raise ValueError("a renewal falls before the first operating year")
    transfers = np.zeros_like(renewals)
    for year in range(start, renewals.shape[-1]):
        first = max(start, year - saving_years + 1)
        transfers[..., first : year + 1] += (renewals[..., year] / (year - first + 1))[..., None]
    return transfers

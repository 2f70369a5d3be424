"""The lenders' downside path: what a link earns when it earns little."""

from __future__ import annotations

import numpy as np

from simmodel.financing.portfolio_cash import Floats, RunCash

BAND = 0.02  # half-width of the band of paths that are averaged [fraction of draws]
FEWEST_COMPLETED = 25  # below this number of completed draws every draw is ranked


def lender_case_weights(*, run: RunCash, discount_rate: Floats, percentile: float) -> Floats:
    """Weights of the draws that make the lenders' path of each link.

    The draws in which the link is completed are ranked by the net present value of their cash flow; the path is the
    mean of those within ``BAND`` of the percentile from the worst. A plain quantile by year would add up bad years
    that never come together. Links that are never completed show in the gap of the draws, not in the covenant.

    Parameters
    ----------
    run : cash flows of the run
    discount_rate : (links,) [per year, nominal]
    percentile : from the worst, for instance 0.1

    Returns
    -------
    (links, draws) [-]   non-negative, adding to 1 over the draws of a link
    """
    links, years, draws = run.cfads_musd.shape
    discount = (1.0 + discount_rate[:, None]) ** -(np.arange(years) + 1.0)
    value = np.einsum("lts,lt->ls", run.cfads_musd, discount)
    weights = np.zeros((links, draws))
    for link in range(links):
        ranked = np.flatnonzero(run.completed[link] > 0.5)
        if len(ranked) < min(FEWEST_COMPLETED, draws):
            ranked = np.arange(draws)
        ranked = ranked[np.argsort(value[link, ranked], kind="stable")]
        first = int(np.floor((percentile - BAND) * len(ranked)))
        last = max(int(np.ceil((percentile + BAND) * len(ranked))), first + 1)
        weights[link, ranked[first:last]] = 1.0 / len(ranked[first:last])
    return weights


def weighted_path(weights: Floats, values_musd: Floats) -> Floats:
    """Mean path of each link over its weighted draws, (links, years), of values (links, years, draws).

    Values (links, years, 1) beside weights of many draws are that path already: a stored run keeps no more of them.
    """
    if values_musd.shape[2] == 1 and weights.shape[1] != 1:
        return values_musd[:, :, 0]
    return np.asarray(np.einsum("lts,ls->lt", values_musd, weights), dtype=np.float64)

"""The answer on one screen, printed from the summary that is written to summary.json."""

from __future__ import annotations

from typing import Any

STEP_WORDS = {
    "need": "need: cost and operating deficits, no money raised",
    "co_deployment": "co-deployment",
    "reforms": "reforms",
    "private_finance_today": "private finance at today's rules",
    "private_finance_unlocked": "private finance unlocked (-) or lost (+) by the above",
    "risk_cover": "risk cover",
    "public_and_concessional": "public and concessional finance",
    "residual": "residual gap",
}
CAUSE_WORDS = {
    "unfunded_plan": "works without money",
    "overrun_and_delay": "overrun and delay",
    "operating_shortfall": "operating shortfall",
}
KIND_WORDS = {
    "equity": "equity",
    "iru": "presales",
    "commercial_debt": "bank loans",
    "public_debt": "public loans",
    "grant": "grants",
    "guarantee": "guarantees",
}


def screen_text(summary: dict[str, Any]) -> str:
    """Return the summary as text of at most 100 columns; every number is one of summary.json, rounded."""
    blocks = (_head, _waterfall, _links, _countries, _economics)
    return "\n\n".join("\n".join(block(summary)) for block in blocks)


def _amount(value: float | None, digits: int = 1) -> str:
    """An amount, or - for none; large ones without decimals, small prices with one more."""
    if value is None:
        return "-"
    if digits == 2 and 0.0 < abs(value) < 0.095:
        digits = 3
    return f"{value:,.{digits if abs(value) < 1000.0 else 0}f}"


def _percent(value: float | None) -> str:
    """A share in whole per cent; what is neither none nor all is never shown as 0 or 100."""
    if value is None:
        return "-"
    if 0.0 < value < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= value < 1.0 else f"{value * 100:.0f}%"


def _head(summary: dict[str, Any]) -> list[str]:
    how = "every uncertainty at its median" if summary["deterministic"] else f"{summary['draws']:,} draws"
    title = summary["title"] or summary["scenario"]
    gap = {name: _amount(summary["gap_musd"][name]) for name in ("mean", "p10", "p50", "p90", "cvar90")}
    parts = summary["gap_by_cause_musd"].items()
    causes = ", ".join(f"{CAUSE_WORDS.get(cause, cause)} {_amount(musd)}" for cause, musd in parts)
    return [
        f"{title}: {summary['first_year']}-{summary['last_year']}, {how}, seed {summary['seed']}",
        f"Amounts in constant {summary['price_year']} million USD.",
        "",
        f"RESIDUAL GAP   mean {gap['mean']}   P10 {gap['p10']}   P50 {gap['p50']}   P90 {gap['p90']}"
        f"   CVaR90 {gap['cvar90']}   none in {_percent(summary['probability_no_gap'])} of draws",
        f"Mean by cause: {causes}.",
        _precision(summary),
        *_tax(summary["fit"]),
    ]


def _tax(fit: dict[str, Any]) -> list[str]:
    """How far the tax the plan pays lies from the tax it was made with; no line where interest saves none."""
    share, passes = fit["tax_difference_share_of_cfads"], fit["tax_passes"]
    if passes == 1 and not share:
        return []
    last = "one plan" if passes == 1 else f"last of {passes} plans"
    return [f"Tax after the plan's interest: within {share:.2%} of a link's CFADS of the tax planned with ({last})."]


def _precision(summary: dict[str, Any]) -> str:
    """Standard errors of the headline numbers, and whether those asked for were reached."""
    precision = summary["precision"]
    gap, need = (precision[f"{name}_standard_error_musd"] for name in ("gap", "need"))
    text = "Standard errors unknown: too few draws for this design."
    if gap is not None:
        text = f"Standard errors of the means: gap {_amount(gap, 2)}, need {_amount(need, 2)}."
    asked = precision["asked_for"]
    if asked is None:
        return text
    return f"{text} {asked} {'reached' if precision['reached'] else 'NOT REACHED: more --draws'}."


def _waterfall(summary: dict[str, Any]) -> list[str]:
    lines, rows = ["Waterfall"], summary["waterfall"]
    for place, row in enumerate(rows):
        words = STEP_WORDS.get(row["step"], row["step"].replace("_", " "))
        sign = "" if place in (0, len(rows) - 1) else "+"
        value = round(row["musd"], 1) + 0.0  # no minus before a zero
        lines.append(f"  {words:<52}{value:>{sign}12,.1f}")
    return lines


def _links(summary: dict[str, Any]) -> list[str]:
    lines = [
        "Links, best FNPV first. cost, price: levelised at the WACC, needed and earned, constant USD per Mbit/s",
        "per month of capacity used; pays: draws with a positive FNPV; FIRR: real, - where most draws have none.",
        f"  {'':<24}{'capex':>7}{'FNPV':>8}{'FIRR':>6}{'pays':>6}{'cost':>8}{'price':>7}{'gap':>7}  financed by",
    ]
    for link in sorted(summary["links"], key=lambda row: -(row["fnpv_musd"] or 0.0)):
        money = sorted(link["financing_nominal_musd"].items(), key=lambda item: -item[1])
        kinds = [KIND_WORDS.get(kind, kind) for kind, amount in money if amount > 0.05][:2]
        numbers = (
            f"{_amount(link['capex_musd']):>7}{_amount(link['fnpv_musd']):>8}{_percent(link['firr']):>6}"
            f"{_percent(link['probability_fnpv_positive']):>6}{_amount(link['lcoc'], 2):>8}"
            f"{_amount(link['price_earned_usd_per_mbps_month'], 2):>7}{_amount(link['gap_musd']):>7}"
        )
        payer = ", ".join(kinds) or ("nobody" if link["planned_cost_musd"] else "works of a neighbour")
        lines.append(f"  {link['id'][:24]:<24}{numbers}  {payer}")
    return lines


def _countries(summary: dict[str, Any]) -> list[str]:
    last, affordable = summary["last_year"], summary["affordability"]
    lines = [
        "Countries: wholesale price in constant USD per Mbit/s per month; people whose basket takes at most",
        f"{_percent(affordable['target_share_of_income'])} of income; today, and in {last} without and with the"
        " programme; works of candidate links; gap",
        f"  {'':<8}{'price':>9}{'without':>10}{'with':>9}   {'affordable':>12}{'without':>10}{'with':>8}"
        f"{'works':>11}{'gap':>9}",
    ]

    def line(name: str, prices: tuple[Any, ...], shares: tuple[Any, ...], works: Any, gap: Any) -> str:
        price, share = [_amount(v, 2) if v is not None else "" for v in prices], [_percent(v) for v in shares]
        return (
            f"  {name:<8}{price[0]:>9}{price[1]:>10}{price[2]:>9}   {share[0]:>12}{share[1]:>10}{share[2]:>8}"
            f"{_amount(works):>11}{_amount(gap):>9}"
        )

    for row in summary["countries"]:
        price, share = row["wholesale_price_horizon_usd_per_mbps_month"], row["affordable_share_horizon"]
        prices = (row["wholesale_price_today_usd_per_mbps_month"], price["without"], price["with"])
        shares = (row["affordable_share_today"], share["without"], share["with"])
        lines.append(line(row["id"], prices, shares, row["works_musd"], row["gap_musd"]))
    outside = summary["outside"]
    shares = tuple(affordable[name] for name in ("today", "horizon_without", "horizon_with"))
    works = sum(row["works_musd"] for row in (*summary["countries"], outside))
    lines.append(line("outside", (None,) * 3, (None,) * 3, outside["works_musd"], outside["gap_musd"]))
    lines.append(line("all", (None,) * 3, shares, works, summary["gap_musd"]["mean"]))
    return lines


def _economics(summary: dict[str, Any]) -> list[str]:
    economics = summary["economics"]

    def value(step: str) -> str:
        low, high = (_amount(economics[f"enpv_{name}_musd"][step][0], 0) for name in ("p10", "p90"))
        return f"{_amount(economics['enpv_musd'][step][0], 0)} (P10 {low}, P90 {high})"

    roots = economics["eirr_roots"]
    eirr = _percent(economics["eirr"]) if roots == 1 else "none" if roots == 0 else f"{roots} roots"
    return [
        f"Economy at {_percent(economics['discount_rates_real'][0])} real: ENPV of the reforms {value('reforms')},",
        f"of the links on top {value('portfolio')}; together EIRR {eirr},"
        f" BCR {_amount(economics['benefit_cost_ratio'], 2)}",
    ]

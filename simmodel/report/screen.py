"""The answer on one screen, printed from the summary that is written to summary.json."""

from __future__ import annotations

from typing import Any

STEP_WORDS = {
    "need": "need: cost and operating deficits, no money raised",
    "co_deployment": "co-deployment",
    "reforms": "reforms",
    "private_finance_today": "private finance at today's rules",
    "private_finance_unlocked": "private finance unlocked (+: lost)",
    "risk_cover": "risk cover",
    "public_and_concessional": "public and concessional finance",
    "residual": "residual gap",
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
    return "-" if value is None else f"{value * 100:.0f}%"


def _head(summary: dict[str, Any]) -> list[str]:
    how = "every uncertainty at its median" if summary["deterministic"] else f"{summary['draws']:,} draws"
    title = summary["title"] or summary["scenario"]
    gap = {name: _amount(summary["gap_musd"][name]) for name in ("mean", "p10", "p50", "p90", "cvar90")}
    return [
        f"{title}: {summary['first_year']}-{summary['last_year']}, {how}, seed {summary['seed']}",
        f"Amounts in constant {summary['price_year']} million USD.",
        "",
        f"RESIDUAL GAP   mean {gap['mean']}   P10 {gap['p10']}   P50 {gap['p50']}   P90 {gap['p90']}"
        f"   CVaR90 {gap['cvar90']}   none in {_percent(summary['probability_no_gap'])} of draws",
        _precision(summary),
    ]


def _precision(summary: dict[str, Any]) -> str:
    """Standard errors of the headline numbers, and whether those asked for were reached."""
    precision = summary["precision"]
    gap, need = (precision[f"{name}_standard_error_musd"] for name in ("gap", "need"))
    if gap is None:
        return "Standard errors unknown: too few draws for this design."
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
        "Links, best FNPV first. cost: levelised, price: charged in the last year, constant USD per Mbit/s per",
        "month; pays: share of draws in which FNPV is positive; FIRR real, - where most draws have none.",
        f"  {'':<24}{'capex':>7}{'FNPV':>8}{'FIRR':>6}{'pays':>6}{'cost':>8}{'price':>7}{'gap':>7}  financed by",
    ]
    for link in sorted(summary["links"], key=lambda row: -(row["fnpv_musd"] or 0.0)):
        money = sorted(link["financing_nominal_musd"].items(), key=lambda item: -item[1])
        kinds = [KIND_WORDS.get(kind, kind) for kind, amount in money if amount > 0.05][:2]
        numbers = (
            f"{_amount(link['capex_musd']):>7}{_amount(link['fnpv_musd']):>8}{_percent(link['firr']):>6}"
            f"{_percent(link['probability_fnpv_positive']):>6}{_amount(link['lcoc'], 2):>8}"
            f"{_amount(link['price_usd_per_mbps_month_last_year'], 2):>7}{_amount(link['gap_musd']):>7}"
        )
        lines.append(f"  {link['id'][:24]:<24}{numbers}  {', '.join(kinds) or 'nobody'}")
    return lines


def _countries(summary: dict[str, Any]) -> list[str]:
    last, target = summary["last_year"], _percent(summary["affordability"]["target_share_of_income"])
    lines = [
        f"Countries: wholesale price in constant USD per Mbit/s per month; people whose basket is under {target} of",
        f"income; today, and in {last} without and with the programme; gap",
        f"  {'':<8}{'price':>9}{'without':>10}{'with':>9}   {'affordable':>12}{'without':>10}{'with':>8}{'gap':>11}",
    ]
    for row in summary["countries"]:
        price, share = row["wholesale_price_horizon_usd_per_mbps_month"], row["affordable_share_horizon"]
        lines.append(
            f"  {row['id']:<8}{_amount(row['wholesale_price_today_usd_per_mbps_month'], 2):>9}"
            f"{_amount(price['without'], 2):>10}{_amount(price['with'], 2):>9}   "
            f"{_percent(row['affordable_share_today']):>12}{_percent(share['without']):>10}{_percent(share['with']):>8}"
            f"{_amount(row['gap_musd']):>11}"
        )
    return lines


def _economics(summary: dict[str, Any]) -> list[str]:
    economics = summary["economics"]
    enpv = {step: _amount(values[0], 0) for step, values in economics["enpv_musd"].items()}
    roots = economics["eirr_roots"]
    eirr = _percent(economics["eirr"]) if roots == 1 else "none" if roots == 0 else f"{roots} roots"
    return [
        f"Economy at {_percent(economics['discount_rates_real'][0])} real: ENPV of the reforms {enpv['reforms']},"
        f" of the links on top {enpv['portfolio']}; together EIRR {eirr},"
        f" BCR {_amount(economics['benefit_cost_ratio'], 2)}",
    ]

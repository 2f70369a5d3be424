"""Where the gap is: the waterfall, who pays in each country, the gap of each link, the portfolio's value."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simmodel.report.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    HATCHES,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    amount,
    name_axes,
    new_figure,
    percent,
    save_figure,
    wrap_name,
)
from simmodel.report.money_kinds import KIND_WORDS, draws_by_kind
from simmodel.report.run_report import RunReport

STEP_WORDS = {
    "need": "need",
    "co_deployment": "co-deployment",
    "reforms": "reforms",
    "private_finance_today": "private\nfinance at\ntoday's rules",
    "private_finance_unlocked": "private\nfinance, un-\nlocked or lost",
    "risk_cover": "risk cover",
    "public_and_concessional": "public and\nconcessional",
    "residual": "residual gap",
}
KIND_COLOURS = {"equity": GREEN, "iru": SKY, "commercial_debt": BLUE, "public_debt": PURPLE, "grant": ORANGE}


def draw_waterfall(report: RunReport, folder: Path) -> None:
    """Draw need, signed steps and residual."""
    steps = report.financing.waterfall
    figure, axes = new_figure(4.0, bottom=0.85)
    level, tops = 0.0, []
    for place, row in enumerate(steps):
        is_total = place in (0, len(steps) - 1)
        start = 0.0 if is_total else level
        end = row.musd if is_total else level + row.musd
        colour = BLACK if place == 0 else VERMILION if is_total else BLUE if row.musd <= 0.0 else ORANGE
        axes.bar(
            place,
            end - start,
            bottom=start,
            width=0.62,
            color=colour,
            edgecolor=BLACK,
            linewidth=0.6,
            hatch="" if row.musd <= 0.0 or is_total else "///",
        )
        if place < len(steps) - 1:
            axes.plot([place + 0.31, place + 0.69], [end, end], color=GREY, linewidth=0.8)
        value = round(row.musd, 1) + 0.0  # no minus before a zero
        sign = "" if is_total or value < 0.0 else "+"
        axes.annotate(
            f"{sign}{amount(value)}",
            (place, max(start, end)),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8.5,
        )
        level = end
        tops.append(max(start, end))
    low, high = np.quantile(report.financing.gap_draws_musd, [0.1, 0.9])
    axes.vlines(len(steps) - 1.2, low, high, color=BLACK, linewidth=1.4, label="P10-P90 of the residual gap")
    axes.plot([len(steps) - 1.2] * 2, [low, high], "_", color=BLACK)
    tops.append(float(high))
    axes.set_xticks(
        range(len(steps)), [STEP_WORDS.get(row.step, row.step.replace("_", " ")) for row in steps], fontsize=7.5
    )
    axes.grid(visible=False, axis="x")
    axes.set_ylim(min(0.0, level), max(tops) * 1.1 or 1.0)
    axes.axhline(0.0, color=BLACK, linewidth=0.8)
    unit = f"mean over draws, constant {report.scenario.study.price_year} million USD"
    name_axes(axes, "From need to residual gap", y_label=unit)
    axes.legend(loc="center", fontsize=8)
    save_figure(figure, folder, "waterfall", report.note)


def draw_financing_mix(report: RunReport, folder: Path) -> None:
    """Draw the money of the plan by country and kind, and the mean gap on top of it."""
    financing = report.financing
    figure, axes = new_figure(4.6, bottom=1.15)
    places = np.arange(len(financing.countries))
    bottom = np.zeros(len(places))
    index = dict(zip(report.results.years, report.results.us_index, strict=True))
    drawn = [draws_by_kind(financing, index, country=country) for country in financing.countries]
    for number, (kind, colour) in enumerate(KIND_COLOURS.items()):
        values = np.array([of.get(kind, 0.0) for of in drawn])
        if values.any():
            hatch, words = HATCHES[number], KIND_WORDS[kind]
            axes.bar(
                places, values, 0.62, bottom, color=colour, edgecolor=BLACK, linewidth=0.5, hatch=hatch, label=words
            )
            bottom += values
    gap = financing.gap_by_country_musd.mean(axis=1)
    axes.bar(
        places,
        gap,
        bottom=bottom,
        width=0.62,
        color="#FFFFFF",
        edgecolor=VERMILION,
        linewidth=1.0,
        hatch="xxx",
        label="residual gap: mean, in figures above",
    )
    low, high = (bottom + values for values in np.quantile(financing.gap_by_country_musd, [0.1, 0.9], axis=1))
    axes.vlines(places, low, high, color=BLACK, linewidth=1.4, label="P10-P90 of the gap")
    axes.plot(places, low, "_", color=BLACK)
    axes.plot(places, high, "_", color=BLACK)
    for place, top, value in zip(places, np.maximum(high, bottom + gap), gap, strict=True):
        axes.annotate(
            amount(float(value)),
            (place, top),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
        )
    axes.set_xticks(places, ["neighbours" if c == "outside" else c for c in financing.countries])
    axes.grid(visible=False, axis="x")
    axes.set_ylim(0.0, float(np.max([bottom + gap, high], initial=0.0)) * 1.08 or 1.0)
    unit = f"constant {report.scenario.study.price_year} million USD"
    name_axes(axes, "Money in the plan and residual gap, by country of the works", y_label=unit)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=3, fontsize=8)
    save_figure(figure, folder, "financing_mix", report.note)


def draw_gap_by_link(report: RunReport, folder: Path) -> None:
    """Draw the mean gap of each link with its P10-P90, largest first."""
    financing = report.financing
    mean = financing.gap_by_link_musd.mean(axis=1)
    low, high = np.quantile(financing.gap_by_link_musd, [0.1, 0.9], axis=1)
    order = np.argsort(mean)
    figure, axes = new_figure(1.3 + 0.31 * max(len(order), 4), left=2.75)
    places = np.arange(len(order))
    axes.barh(places, mean[order], height=0.62, color=SKY, edgecolor=BLACK, linewidth=0.5, label="mean")
    axes.hlines(places, low[order], high[order], color=BLACK, linewidth=1.4, label="P10-P90")
    axes.plot(low[order], places, "|", color=BLACK, clip_on=False, zorder=3)
    axes.plot(high[order], places, "|", color=BLACK)
    for place, link in zip(places, order, strict=True):
        axes.annotate(
            amount(float(mean[link])),
            (max(high[link], mean[link]), place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
        )
    names = dict(zip(report.results.candidates.ids, report.results.candidates.names, strict=True))
    axes.set_ylim(-0.6, max(len(order), 4) - 0.4)
    axes.set_yticks(
        places,
        [wrap_name(names.get(financing.link_ids[link], financing.link_ids[link]), 40) for link in order],
        fontsize=7.0,
        linespacing=0.95,
    )
    axes.grid(visible=False, axis="y")
    axes.set_xlim(min(0.0, float(low.min(initial=0.0))), float(high.max(initial=0.0)) * 1.12 or 1.0)
    unit = f"residual gap, constant {report.scenario.study.price_year} million USD"
    name_axes(axes, "Residual gap by link", unit)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, fontsize=8)
    save_figure(figure, folder, "gap_by_link", report.note)


def draw_s_curve(report: RunReport, folder: Path) -> None:
    """Draw the distribution of the portfolio's financial net present value: probability of not more than x."""
    value = np.sort(report.results.candidates.fnpv_musd.sum(axis=0))
    probability = np.linspace(0.0, 1.0, min(len(value), 501))
    figure, axes = new_figure(3.8)
    axes.plot(np.quantile(value, probability), probability, color=BLUE, linewidth=1.8)
    marks = ((0.1, ORANGE, "v"), (0.5, BLACK, "o"), (0.9, GREEN, "^"))
    for share, colour, marker in marks:
        x = float(np.quantile(value, share))
        axes.plot(
            [x],
            [share],
            marker=marker,
            color=colour,
            markersize=7,
            linestyle="none",
            label=f"P{share * 100:.0f}: {amount(x)}",
        )
    axes.axvline(
        float(value.mean()),
        color=VERMILION,
        linestyle="--",
        linewidth=1.2,
        label=f"mean: {amount(float(value.mean()))}",
    )
    if value[0] < 0.0 < value[-1]:
        axes.axvline(0.0, color=BLACK, linewidth=0.8)
    axes.set_ylim(0.0, 1.02)
    paying = percent(float(np.mean(value > 0.0)))
    unit = f"FNPV of all candidate links at their real WACC, constant {report.scenario.study.price_year} million USD"
    title = f"Net present value of the portfolio: positive in {paying} of draws"
    name_axes(axes, title, unit, "probability of at most this value")
    axes.legend(loc="best", fontsize=8)
    save_figure(figure, folder, "portfolio_npv", report.note)

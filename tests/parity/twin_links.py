"""Sections 9 and 10: one year of the links, from flows to cash."""

from __future__ import annotations

import numpy as np

from tests.parity.twin_cash import (
    bill_segments,
    opex_of_segments,
    renew_terminals,
    tax_of_section,
    working_capital_change,
)
from tests.parity.twin_construction import Construction
from tests.parity.twin_flows import light_waves, retiring_waves
from tests.parity.twin_network import Rows, Setting
from tests.parity.twin_regulation import grow_charges
from tests.parity.twin_shocks import HOURS, World
from tests.parity.twin_state import Outputs, Run, Year


def run_links(setting: Setting, world: World, run: Run, year: Year, lric_revenue: Rows, outputs: Outputs) -> None:
    """Capacity, revenue, costs, tax and cash of the links, and their outputs."""
    net, t, n_links = setting.net, year.t, len(setting.net.links)
    regional = setting.on_path.T @ (year.flow * setting.regional[:, None])
    transit = setting.on_path.T @ (year.flow * ~setting.regional[:, None])
    outputs["segments", "flow"][run.number, :, t] = regional + transit
    e = year.e[net.segments["country"]]
    us_index = net.years[t]["us_index"]

    # capacity
    s = net.segments
    wave_cost = (s["wave_capex_usd"] * 1e-6)[:, None]
    if t >= int(net.market[0]["life_wave"]):
        gone_q = world.q[t - int(net.market[0]["life_wave"])]
    else:
        gone_q = np.ones(setting.draws)
    gone_cost = retiring_waves(setting, run.waves, t) * wave_cost * gone_q
    waves = light_waves(setting, run.waves, t, regional + transit, year.opened) * wave_cost * year.q
    renewals = renew_terminals(setting, t, run.built.open_t, year.q)
    opex, opex_usd = opex_of_segments(setting, t, run.waves.lit, year.q, year.opened, e)
    grow_charges(setting, run.books, t, waves, renewals, gone_cost, opex, year.opened)

    # revenue and repairs
    revoked = world.revoked[:, t] * min(setting.constant("revocation_years"), 1.0)
    billing, revenue, revenue_usd = bill_segments(
        setting, world, t, (regional, transit), year.price, year.opened, revoked[s["section"]], e
    )
    replacement = setting.in_section @ s["replacement_musd"]
    fine = world.revoked[:, t] * (setting.constant("revocation_cost_share") * us_index * replacement)[:, None]
    repairs = year.opened * us_index * (world.cut_cost[:, t] + s["replacement_musd"][:, None] * world.damage[:, t])

    # cash of sections
    cash = np.zeros((len(net.sections), 3, setting.draws))  # tax, cfads, maintenance
    profits = np.zeros((len(net.sections), setting.draws))
    rows = {"revenue": revenue, "opex": opex, "waves": waves, "renewals": renewals, "repairs": repairs}
    by_section = {name: setting.in_section @ row for name, row in rows.items()}
    for k, section in enumerate(net.sections):
        open_k = year.open_links[section["link"]]
        mine = {name: rows[k] for name, rows in by_section.items()}
        damage = mine["repairs"] + open_k * fine[k]
        levy = net.countries[section["country"]]["usf_levy"] * mine["revenue"]
        ebitda = mine["revenue"] - mine["opex"] - levy
        equipment = mine["waves"] + mine["renewals"]
        civil = capitalised_capex(run.built, int(section["link"]), t) * section["works_share"]
        tax, profits[k] = tax_of_section(setting, run.tax, k, t, ebitda, damage, equipment, civil)
        change = working_capital_change(setting, run.tax, k, t, mine["revenue"], mine["opex"])
        maintenance = equipment + damage
        cash[k] = tax, ebitda - tax - change - maintenance, maintenance
    economic = run.built.economic[net.sections["link"], t] * net.sections["works_share"][:, None]
    resource = by_section["opex"] + cash[:, 2] + economic
    for k, section in enumerate(net.sections):
        outputs["countries", "resource_cost"][run.number, section["country"], t] += resource[k]
    for g in range(len(s)):
        outputs["countries", "link_billing"][run.number, s[g]["country"], t] += billing[g]
        outputs["countries", "link_revenue"][run.number, s[g]["country"], t] += revenue[g]

    own_sections = (run.in_run[net.sections["link"]] & (net.sections["programme"] == 1))[:, None]
    outputs["sections", "profit"][run.number, :, t] = np.where(own_sections, profits, 0.0)

    # outputs of links
    of_link = np.zeros((n_links, len(net.sections)))
    of_link[net.sections["link"], np.arange(len(net.sections))] = net.sections["programme"]
    own = setting.in_link * net.sections["programme"][s["section"]]
    km = setting.in_link * s["km"] / (setting.in_link @ s["km"])[:, None]
    available = 1.0 - year.opened * world.hours[:, t] / HOURS
    anchored = np.minimum(regional, net.links["anchor_gbps"][setting.link_of][:, None] * year.opened)
    values = {
        "flow": setting.uses.T @ year.flow,
        "price_regional": setting.in_link @ year.price[:, 0],
        "price_transit": setting.in_link @ year.price[:, 1],
        "billing": setting.in_link @ billing,
        "revenue": own @ revenue,
        "revenue_usd": own @ revenue_usd,
        "opex": own @ opex,
        "opex_usd": own @ opex_usd,
        "capex": run.built.capex[:, t],
        "capex_economic": run.built.economic[:, t],
        "maintenance": of_link @ cash[:, 2],
        "anchor": run.built.anchor[:, t],
        "tax": of_link @ cash[:, 0],
        "cfads": of_link @ cash[:, 1],
        "availability": km @ available,
        "lit": km @ (run.waves.lit * setting.constant("wave_gbps")),
        "required_revenue": setting.in_link @ lric_revenue,
        "open": year.open_links,
        "anchor_billing": setting.in_link @ (0.012 * year.price[:, 0] * anchored),
    }
    absent = ~run.in_run[:, None]
    for name, value in values.items():
        outside = 1.0 if name == "availability" else 0.0
        outputs["links", name][run.number, :, t] = np.where(absent, outside, value)


def capitalised_capex(built: Construction, l: int, t: int) -> Rows:
    """(draws,) works and preparation of a link that enters service in year t, all spent so far; 0 in other years."""
    entered = np.where(np.maximum(built.open_t[l], 0.0) == t, 1.0, 0.0)
    return entered * built.capex[l, : t + 1].sum(axis=0)

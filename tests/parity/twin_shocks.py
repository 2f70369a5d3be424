"""Everything that is the same in all six runs: macro paths, hazards, outages, political events (sections 1, 3, 9)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.parity.twin_network import Rows, Setting

HOURS = 8760.0


@dataclass(slots=True)
class World:
    """Paths of a draw that no run changes; (objects, years, draws) unless said otherwise.

    Attributes
    ----------
    x, q : (years, draws) outside price and equipment price indices, 1 in the base year
    gdp : Y of a country; `traffic`: the shock to traffic growth
    cut_hours, cut_cost : of a segment, cuts and closed borders; cost before us_index
    zone_hours, zone_damage : of a zone
    hours, damage : of a segment with its zone, at most 8760 h and the whole value
    path_cut_hours, unavailability : C_p and U_p; `expected_unavailability` (paths, years + 1, draws) is Ubar, [0] base
    revoked : of a section, event (or probability)
    nationalised : of a country, 0/1
    shutdown : of a country, share of a year's traffic lost
    smart : of a region, level in force
    volume : of a transit market
    """

    x: Rows
    q: Rows
    gdp: Rows
    traffic: Rows
    cut_hours: Rows
    cut_cost: Rows
    zone_hours: Rows
    hours: Rows
    damage: Rows
    path_cut_hours: Rows
    expected_unavailability: Rows
    revoked: Rows
    nationalised: Rows
    shutdown: Rows
    smart: Rows
    volume: Rows


def describe_world(setting: Setting) -> World:
    """All shocks of all years."""
    x, q = price_indices(setting)
    cut_hours, cut_cost = cuts_and_closures(setting)
    zone_hours, zone_damage = zone_events(setting)
    net = setting.net
    hours, damage = cut_hours.copy(), np.zeros_like(cut_hours)
    for g, segment in enumerate(net.segments):
        if segment["zone"] >= 0:
            hours[g] += zone_hours[segment["zone"]] * segment["zone_factor"]
            damage[g] = np.minimum(zone_damage[segment["zone"]] * segment["damage_factor"], 1.0)
    hours = np.minimum(hours, HOURS)
    path_cut_hours = np.minimum(np.einsum("pg,gtd->ptd", setting.on_path, cut_hours), HOURS)
    outages = path_cut_hours + np.einsum("pz,ztd->ptd", setting.factor, zone_hours)
    external = net.paths["external_unavailability"][:, None, None]
    unavailability = np.minimum(outages / HOURS + external, 1.0)
    return World(
        x=x,
        q=q,
        gdp=gdp_paths(setting),
        traffic=traffic_shocks(setting),
        cut_hours=cut_hours,
        cut_cost=cut_cost,
        zone_hours=zone_hours,
        hours=hours,
        damage=damage,
        path_cut_hours=path_cut_hours,
        expected_unavailability=smooth_unavailability(setting, unavailability),
        revoked=revocations(setting),
        nationalised=nationalisations(setting),
        shutdown=shutdowns(setting),
        smart=smart_programmes(setting),
        volume=transit_volumes(setting),
    )


# ------------------------------------------------------------------------------------------------------------- macro


def price_indices(setting: Setting) -> tuple[Rows, Rows]:
    """(years, draws) outside price index and equipment price index."""
    z = setting.shocks.normals("market", 2)
    decline = setting.parameter("outside_decline") + setting.constant("outside_decline_sigma") * z
    x = np.cumprod(1.0 - np.clip(decline, 0.0, 0.5), axis=0)
    n = np.arange(1, setting.years + 1)[:, None]
    return x, (1.0 - setting.parameter("equipment_decline")) ** n


def gdp_paths(setting: Setting) -> Rows:
    """(countries, years, draws) GDP per head, 1 in the base year; the outside stays at 1."""
    net, rho = setting.net, setting.constant("gdp_rho")
    common = setting.shocks.normals("market", 0)
    result = np.ones((len(net.countries), setting.years, setting.draws))
    for c, name in enumerate(setting.inputs.names.countries[:-1]):
        own = setting.shocks.normals(f"country/{name}/macro", 0)
        drift = net.country_years[c]["gdp_growth"][:, None] + setting.drawn[net.countries[c]["growth_shift_slot"]]
        steps = drift + net.countries[c]["gdp_sigma"] * (np.sqrt(rho) * common + np.sqrt(1 - rho) * own)
        result[c] = np.exp(np.cumsum(steps, axis=0))
    return result


def exchange_rates(setting: Setting, *, reforms: bool) -> Rows:
    """(countries, years, draws) real exchange rate e, up = weaker local currency; reforms change the rate of jumps."""
    net = setting.net
    result = np.ones((len(net.countries), setting.years, setting.draws))
    for c, name in enumerate(setting.inputs.names.countries[:-1]):
        record, stream = net.countries[c], f"country/{name}/macro"
        z = setting.shocks.normals(stream, 1)
        ratio = np.stack([setting.channel(reforms, c, "fx_jump_ratio", t) for t in range(setting.years)])
        jump = setting.shocks.happens(stream, 2, record["fx_jump_rate"] * ratio)
        size = setting.shocks.severity(stream, 3, record["fx_jump_median"], setting.constant("fx_jump_sigma"))
        xi, j = np.zeros(setting.draws), np.zeros(setting.draws)
        for t in range(setting.years):
            xi = setting.constant("fx_reversion") * xi + record["fx_sigma"] * z[t]
            j = j * np.exp(-setting.constant("fx_catch_up")) + jump[t] * size[t]
            result[c, t] = np.exp(xi + j)
    return result


def traffic_shocks(setting: Setting) -> Rows:
    """(countries, years, draws) autoregressive shock to the growth of traffic."""
    net, share = setting.net, setting.constant("traffic_common_share")
    common = setting.shocks.normals("market", 1)
    result = np.zeros((len(net.countries), setting.years, setting.draws))
    for c, name in enumerate(setting.inputs.names.countries[:-1]):
        own = setting.shocks.normals(f"country/{name}/events", 0)
        step = setting.constant("traffic_sigma") * (np.sqrt(share) * common + np.sqrt(1 - share) * own)
        shock = np.zeros(setting.draws)
        for t in range(setting.years):
            shock = setting.constant("traffic_rho") * shock + step[t]
            result[c, t] = shock
    return result


def growth_curve(setting: Setting, t: int) -> Rows:
    """(draws,) L(t)/L(0) of the logistic fall of traffic growth."""
    mid, width = setting.parameter("growth_mid"), setting.parameter("growth_width")
    ratio: Rows = (1.0 + np.exp((0.0 - mid) / width)) ** -1.0
    return (1.0 + np.exp((t - mid) / width)) ** -1.0 / ratio


def transit_volumes(setting: Setting) -> Rows:
    """(markets, years, draws) contestable volume of each transit market [Gbit/s]."""
    net = setting.net
    result = np.zeros((len(net.transits), setting.years, setting.draws))
    for m, market in enumerate(net.transits):
        z = setting.shocks.normals(f"transit/{setting.inputs.names.transits[m]}", 0)
        sigma = market["growth_sigma"]
        volume = setting.drawn[market["volume_slot"]]
        for t in range(setting.years):
            span = market["growth0"] - market["growth_terminal"]
            growth = market["growth_terminal"] + span * growth_curve(setting, t)
            noise = 1.0 if setting.expected else np.exp(sigma * z[t] - 0.5 * sigma * sigma)
            volume = volume * (1.0 + growth) * noise
            result[m, t] = volume * setting.drawn[market["contestable_slot"]]
    return result


# ------------------------------------------------------------------------------------------------------------- outages


def cuts_and_closures(setting: Setting) -> tuple[Rows, Rows]:
    """(segments, years, draws) hours of cuts and border closures, and cost of repairs before us_index."""
    net, names, shocks = setting.net, setting.inputs.names, setting.shocks
    hours = np.zeros((len(net.segments), setting.years, setting.draws))
    cost = np.zeros_like(hours)
    closed = [
        shocks.counts(f"border/{name}", 0, border["closure_rate"]) * border["closure_hours"]
        for name, border in zip(names.borders, net.borders, strict=True)
    ]
    for g, segment in enumerate(net.segments):
        stream = f"segment/{names.segments[g]}"
        cuts = shocks.counts(stream, 0, segment["cut_rate"])
        hours[g] = cuts * shocks.severity(stream, 1, segment["repair_median"], segment["repair_sigma"])
        cost[g] = cuts * segment["repair_cost_musd"]
        if segment["border"] >= 0:
            hours[g] += closed[segment["border"]]
    return hours, cost


def zone_events(setting: Setting) -> tuple[Rows, Rows]:
    """(zones, years, draws) outage hours and share of value damaged, all kinds of event together."""
    net = setting.net
    hours = np.zeros((len(net.zones), setting.years, setting.draws))
    damage = np.zeros_like(hours)
    n = np.arange(1, setting.years + 1)[:, None]
    for h, hazard in enumerate(net.hazards):
        stream = f"hazard/{setting.inputs.names.hazards[h]}"
        rate = setting.drawn[hazard["rate_slot"]] * (1 + hazard["trend"] * setting.parameter("climate")) ** n
        events = setting.shocks.counts(stream, 0, rate)
        sigma, mean = hazard["damage_sigma"], hazard["damage_mean"]
        z = setting.shocks.normals(stream, 1)
        share = mean if setting.expected else mean * np.exp(sigma * z - 0.5 * sigma * sigma)
        damage[hazard["zone"]] += events * np.minimum(share, 1.0)
        severity = setting.shocks.severity(stream, 2, hazard["outage_median"], hazard["outage_sigma"])
        hours[hazard["zone"]] += events * severity
    return np.minimum(hours, HOURS), np.minimum(damage, 1.0)


def unavailability_at_expected_events(setting: Setting) -> Rows:
    """(paths, draws) U_p with every event at its expected number and size, rates of the base year."""
    net = setting.net
    segments = np.zeros((len(net.segments), setting.draws))
    for g, segment in enumerate(net.segments):
        segments[g] = segment["cut_rate"] * segment["repair_median"] * np.exp(0.5 * segment["repair_sigma"] ** 2)
        if segment["border"] >= 0:
            border = net.borders[segment["border"]]
            segments[g] += border["closure_rate"] * border["closure_hours"]
    zones = np.zeros((len(net.zones), setting.draws))
    for hazard in net.hazards:
        mean = hazard["outage_median"] * np.exp(0.5 * hazard["outage_sigma"] ** 2)
        zones[hazard["zone"]] += setting.drawn[hazard["rate_slot"]] * mean
    zones = np.minimum(zones, HOURS)
    hours = np.minimum(setting.on_path @ segments, HOURS) + setting.factor @ zones
    return np.minimum(hours / HOURS + net.paths["external_unavailability"][:, None], 1.0)


def smooth_unavailability(setting: Setting, unavailability: Rows) -> Rows:
    """(paths, years + 1, draws) Ubar: known in the base year, then at the end of each year."""
    result = np.empty((len(setting.net.paths), setting.years + 1, setting.draws))
    result[:, 0] = unavailability_at_expected_events(setting)
    for t in range(setting.years):
        result[:, t + 1] = 0.7 * result[:, t] + 0.3 * unavailability[:, t]
    return result


# ------------------------------------------------------------------------------------------------------------- politics


def revocations(setting: Setting) -> Rows:
    """(sections, years, draws) a licence revoked, were the section in service."""
    net = setting.net
    return np.stack(
        [
            setting.shocks.happens(f"section/{link}/{iso3}", 0, net.countries[section["country"]]["revocation_rate"])
            for (link, iso3), section in zip(setting.inputs.names.sections, net.sections, strict=True)
        ]
    )


def nationalisations(setting: Setting) -> Rows:
    """(countries, years, draws) 1 while the gateway is renationalised; never at expected events."""
    net = setting.net
    result = np.zeros((len(net.countries), setting.years, setting.draws))
    for c, name in enumerate(setting.inputs.names.countries[:-1]):
        starts = setting.shocks.happens(f"country/{name}/events", 3, net.countries[c]["nationalisation_rate"])
        left = np.zeros(setting.draws)
        for t in range(0 if setting.expected else setting.years):
            left = np.where((left == 0) & (starts[t] > 0), net.countries[c]["nat_years"], left)
            result[c, t] = left > 0
            left = np.maximum(left - 1, 0)
    return result


def shutdowns(setting: Setting) -> Rows:
    """(countries, years, draws) share of a year's traffic lost to shutdowns of the network."""
    net = setting.net
    result = np.zeros((len(net.countries), setting.years, setting.draws))
    for c, name in enumerate(setting.inputs.names.countries[:-1]):
        record, stream = net.countries[c], f"country/{name}/events"
        days = setting.shocks.severity(stream, 2, record["shutdown_days_median"], record["shutdown_days_sigma"])
        event = setting.shocks.happens(stream, 1, record["shutdown_rate"])
        result[c] = event * record["shutdown_effect"] * np.minimum(days, 365.0) / 365.0
    return result


def smart_programmes(setting: Setting) -> Rows:
    """(regions, years, draws) extra traffic of city programmes, 0 while cancelled."""
    net = setting.net
    result = np.zeros((len(net.regions), setting.years, setting.draws))
    for r, region in enumerate(net.regions):
        cancelled = setting.shocks.happens(f"region/{setting.inputs.names.regions[r]}", 0, region["smart_cancel_rate"])
        left = np.zeros(setting.draws)
        for t in range(setting.years):
            level = net.region_years[r]["smart_level"][t]
            if setting.expected:
                result[r, t] = level * (1.0 - cancelled[t])
                continue
            begins = (left == 0) & (cancelled[t] > 0) & (level > 0)
            left = np.where(begins, region["smart_delay"], left)
            result[r, t] = np.where(left > 0, 0.0, level)
            left = np.maximum(left - 1, 0)
    return result

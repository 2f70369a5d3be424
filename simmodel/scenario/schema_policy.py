"""Reforms and the policy of a study: what is reformed, where, from when, with what chance."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simmodel.scenario.schema_quantity import Quantity, Record, quantity, share


class ReformEffect(Record):
    """What a reform does to one parameter of one country."""

    iso3: str = Field(description="country, or ALL")
    target_table: str = Field(description="table whose value changes")
    parameter: str = Field(description="column or variable that changes")
    operation: Literal["set", "add", "multiply", "multiply_floor_cost", "set_text:open_access"] = Field(
        description="how the value changes; set_text sets the words after the colon; floor_cost: not below cost"
    )
    effect: Quantity = quantity("see effect_unit", "policy_effect", "size of the change", minimum=None)
    effect_unit: str = Field(description="unit of the effect")
    lag_years: Quantity = quantity("years", "duration_delay", "years from the start until it bites")
    success_probability: Quantity = share("probability that the reform takes place")
    cost_musd: Quantity = quantity("musd", "unit_cost", "one-off cost of setting the reform up; running it: parameters")
    evidence: str = Field(default="", description="why the size is believed")


class Reform(Record):
    """A reform: on or off, when it starts, and its effects by country."""

    enabled: bool = Field(strict=True, default=True, description="false takes the reform out whatever the policy says")
    start_year: int = Field(ge=2000, le=2100, description="year it starts")
    effects: tuple[ReformEffect, ...] = Field(description="one per country and parameter")


class Policy(Record):
    """The policy of the study: the four switches of the runs are taken from here."""

    name: str = Field(description="name for people, as status_quo")
    co_deployment: bool = Field(strict=True, description="works are shared with host projects where possible")
    reforms: Literal["all", "none"] | tuple[str, ...] = Field(description="reforms of this policy: all, none or a list")

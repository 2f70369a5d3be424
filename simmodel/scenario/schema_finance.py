"""Finance: instruments, who may use them, how much there is, base curves, and the choices of the study."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from simmodel.scenario.schema_quantity import Quantity, Record, quantity, share


class Instrument(Record):
    """Terms of a financing instrument."""

    name: str = Field(description="name for people")
    group: Literal["grant", "concessional", "mdb", "commercial", "equity", "iru", "guarantee", "public", "in_kind"] = (
        Field(description="kind of instrument")
    )
    currency: str = Field(description="currency, or LCU")
    tenor_years: Quantity | None = quantity("years", None, "years from signing to the last payment", optional=True)
    grace_years: Quantity | None = quantity("years", None, "years to the first repayment", optional=True)
    repayment_profile: str = Field(
        description="equal_principal, annuity, bullet, sculpted, custom:share years a-b; share years b-c, grant, "
        "residual, iru, premium, ..."
    )
    rate_type: Literal["none", "fixed", "floating", "fee", "as country"] = Field(description="how interest is set")
    fixed_rate: Quantity | None = quantity(
        "fraction per year", "interest_rate_spread", "fixed rate", maximum=1.0, optional=True
    )
    grace_rate: Quantity | None = quantity(
        "fraction per year",
        "interest_rate_spread",
        "rate until the first repayment, if another",
        maximum=1.0,
        optional=True,
    )
    sdr_rate: Quantity | None = quantity(
        "fraction per year", None, "rate of the same credit in SDR; for grant_element_basis", maximum=1.0, optional=True
    )
    base_curve: str | None = Field(default=None, description="currency of the base curve of a floating rate")
    spread: Quantity | None = quantity(
        "fraction per year", "interest_rate_spread", "spread over the base curve", minimum=-1.0, optional=True
    )
    front_end_fee: Quantity = share("fee on the commitment at signing", kind=None)
    commitment_fee: Quantity = share("yearly fee on what is not drawn", kind=None)
    max_share_of_cost: Quantity = share("largest share of the cost of a section", kind=None)
    min_ticket_musd: Quantity = quantity("musd", None, "least amount")
    is_ppg: bool = Field(strict=True, description="public or publicly guaranteed debt")
    is_private: bool = Field(strict=True, description="private money")
    is_hard_currency: bool = Field(strict=True, description="served in hard currency")
    grant_element_5pct_published: Quantity | None = quantity(
        "fraction", None, "grant element at 5 percent as published; evidence only", minimum=None, optional=True
    )
    pays_for: Literal["anything", "domestic links", "climate measures", "preparation"] = Field(
        default="anything",
        description="what the money may pay for: anything, links within one country, what makes a link withstand "
        "hazards, studies and design before the works",
    )
    covers: Literal["credit", "political"] | None = Field(
        default=None,
        description="of a guarantee: any default (credit), whose whole spread it takes away, or political events only",
    )
    insured_by: str | None = Field(default=None, description="of equity: guarantee that may insure it")
    equity_cover_share: Quantity | None = quantity(
        "fraction",
        None,
        "of a guarantee: share of equity insured; absent: none",
        maximum=1.0,
        optional=True,
    )
    max_cover_musd: Quantity | None = quantity(
        "musd", None, "of a guarantee: most cover in one link; absent: no limit", optional=True
    )
    envelope_charge: Quantity | None = quantity(
        "fraction",
        None,
        "use of the envelopes of its windows per musd committed; absent: 1",
        maximum=1.0,
        optional=True,
    )
    local_tenor_years: Quantity | None = quantity(
        "years",
        None,
        "of a guarantee: tenor of the local-currency loans it covers; absent: it covers none",
        optional=True,
    )
    rules: str = Field(default="", description="rules in words")
    as_of: str = Field(description="date of the terms")
    verified: bool = Field(strict=True, description="terms read in a source, not recalled")


class Eligibility(Record):
    """Whether a country may use an instrument in a period."""

    instrument_id: str = Field(description="instrument")
    iso3: str = Field(description="country")
    from_year: int = Field(ge=1990, le=2200, description="first year")
    to_year: int = Field(ge=1990, le=2200, description="last year")
    status: Literal["yes", "no", "conditional", "grant_only"] = Field(description="verdict")
    max_share_of_country_cost: Quantity = share("largest share of the country's cost", kind=None)
    condition: str = Field(default="", description="condition in words")


class Envelope(Record):
    """Money a country may draw from an instrument over three years; rows of one window share ONE allocation."""

    instrument_id: str = Field(description="instrument")
    iso3: str = Field(description="country, or ALL")
    window_id: str = Field(description="window; the sum over its rows is limited")
    allocation_3y_musd: Quantity = quantity("musd over three years", "money_envelope", "allocation to all sectors")
    digital_share: Quantity = share("share available to digital backbone")
    envelope_musd: Quantity = quantity("musd over three years", "money_envelope", "money for digital backbone")


class SwapPoint(Record):
    """A point of a base curve."""

    columns: ClassVar[dict[str, str]] = {"rate": "value"}

    curve: str = Field(description="what the curve is")
    rate: Quantity = quantity("fraction per year", "interest_rate_spread", "rate", minimum=-0.1, maximum=1.0)


class Package(Record):
    """A financing package to put beside others: what money it may use and what it must contain."""

    description: str = Field(description="in a sentence")
    instruments: Literal["all"] | tuple[str, ...] = Field(default="all", description="instruments that may be used")
    exclude_instruments: tuple[str, ...] = Field(default=(), description="instruments left out")
    public_money: bool = Field(strict=True, default=True, description="money that a treasury owes or gives may be used")
    risk_cover: bool = Field(strict=True, default=True, description="guarantees and insurance may be used")
    private_share_min: float = Field(
        default=0.0, ge=0.0, le=1.0, description="least private share of the money raised for a link"
    )


class Financing(Record):
    """Choices of the financing stage that no table holds."""

    instruments: Literal["all"] | tuple[str, ...] = Field(default="all", description="instruments that may be used")
    exclude_instruments: tuple[str, ...] = Field(default=(), description="instruments left out")
    conditional_eligibility: bool = Field(strict=True, default=False, description="treat `conditional` as `yes`")
    public_money: bool = Field(strict=True, default=True, description="money that a treasury owes or gives may be used")
    private_share_min: float = Field(
        default=0.0, ge=0.0, le=1.0, description="least private share of the money raised for a link"
    )
    packages: dict[str, Package] = Field(
        default_factory=dict, description="packages that `simmodel finance RUN --package NAME` can put in place"
    )
    grant_element_basis: Literal["contract_currency", "sdr_equivalent"] = Field(
        default="contract_currency", description="rate on which the grant element of a package is computed"
    )
    revenue_basis: Literal["merchant", "contracted"] = Field(
        default="merchant", description="which debt service cover lenders ask"
    )
    risk_cover: bool = Field(strict=True, default=True, description="guarantees and insurance may be used")
    measures: tuple[
        Literal["co_deployment", "reforms", "private_finance", "risk_cover", "public_and_concessional"], ...
    ] = Field(
        default=("co_deployment", "reforms", "private_finance", "risk_cover", "public_and_concessional"),
        description="steps of the waterfall, in the order of the Almaty Declaration",
    )
    political_risk_share_of_spread: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="part of a commercial spread that pays for political risk (assumed); what insurance takes away",
    )
    political_risk_share_of_country_premium: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="part of countries.equity_country_premium that pays for political risk (assumed); what insurance "
        "of equity takes off the sponsors' hurdle",
    )
    gap_discount_rate_real: float = Field(
        default=0.0, ge=0.0, le=0.5, description="real rate at which the gap of later years is counted"
    )
    cvar_alpha: float | None = Field(
        default=None, gt=0.0, lt=1.0, description="level of the reported tail of the gap; absent: parameters.cvar_alpha"
    )
    draws_in: int = Field(
        default=1024,
        strict=True,
        ge=1,
        description="draws the plan is fitted to, at most half of the run; the gap is published on the others",
    )
    tail_weight: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="lambda: the plan minimises (1 - lambda) mean + lambda mean of the worst draws (cvar_alpha)",
    )
    budget_percentile: float | None = Field(
        default=None,
        gt=0.5,
        lt=1.0,
        description="public money tied to a section may provide for its cost in this percentile of the draws; "
        "absent: for its planned cost, contingency included",
    )
    gap_tolerance: float = Field(
        default=1e-4, gt=0.0, le=0.1, description="distance from the proven bound at which the search for a plan ends"
    )
    confirmed_prices: int = Field(
        default=8,
        strict=True,
        ge=0,
        description="rules whose shadow price is confirmed by solving again with a tenth more room",
    )
    whole_numbers: bool = Field(
        strict=True,
        default=True,
        description="heed least amounts of agreements, financiers_max and sanctions screens, and allow bonds",
    )
    whole_number_gap: float = Field(
        default=0.001,
        gt=0.0,
        le=0.5,
        description="distance from the proven bound at which the search for whole numbers ends",
    )
    node_limit: int = Field(
        default=2000, strict=True, ge=1, description="nodes of a search tree for whole numbers after which it ends"
    )
    financiers_max: int | None = Field(
        default=None, strict=True, ge=1, description="most instruments in one link; absent: no limit"
    )
    sanctions_screens: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = Field(
        default=((("edb",), ("ebrd_sov", "ebrd_ns", "eca_buyer", "pri_miga")),),
        description="pairs of groups of instruments that do not meet in one link (assumed)",
    )
    time_limit_seconds: float | None = Field(
        default=None,
        ge=0.0,
        description="longest search of each case; then the best plan and its bound are used, and said. "
        "A plan that ends at it depends on the machine",
    )
    memory_limit_mb: float | None = Field(
        default=None, gt=0.0, description="memory of the process at which a search ends in the same way"
    )
    lender_case_percentile: float = Field(
        default=0.1, gt=0.0, lt=0.5, description="percentile from the worst on which lenders size debt"
    )

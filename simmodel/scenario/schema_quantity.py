"""The quantity: a number with its unit, its band, its source and its quality grade; and the base of every record.

`low` and `high` are the tenth and ninetieth percentile of what is known about `value`. A bare number in YAML is a
quantity without band and grade: it is taken as said and not drawn. Give `low` and
`high`, or `quality`, to have it drawn.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from simmodel.units import spell_unit

Grade: TypeAlias = Literal["A", "B", "C", "D"]
Shape: TypeAlias = Literal["fixed", "uniform", "pert", "lognormal"]
Kind: TypeAlias = Literal[
    "price",
    "traffic_volume",
    "unit_cost",
    "length",
    "share_or_probability",
    "growth_rate",
    "elasticity",
    "duration_delay",
    "event_rate",
    "damage_share",
    "interest_rate_spread",
    "money_envelope",
    "population_macro_level",
    "policy_effect",
]


class Quantity(BaseModel):
    """A number of the scenario with all that is known about it.

    `value`, `low` and `high` are in `unit`; `low <= value <= high`; `year` is the year the number describes;
    `quality` grades the source: A official, B reputable study or computed from A and B, C press, D own assumption.
    `distribution` is the shape of the spread when the table names one: `fixed` is not drawn, whatever the band.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float = Field(allow_inf_nan=False, description="central value, in `unit`")
    low: float | None = Field(default=None, allow_inf_nan=False, description="tenth percentile, in `unit`")
    high: float | None = Field(default=None, allow_inf_nan=False, description="ninetieth percentile, in `unit`")
    unit: str = Field(default="", description="unit; empty means the unit of the field")
    year: int | None = Field(default=None, description="year the number describes")
    source: str = Field(default="", description="where the number comes from")
    quality: Grade | None = Field(default=None, description="A official, B study, C press, D own assumption")
    distribution: Shape | None = Field(default=None, description="shape of the spread; fixed: not drawn")

    @model_validator(mode="before")
    @classmethod
    def accept_bare_number(cls, value: Any) -> Any:
        """Read `3.5` as `{value: 3.5}`."""
        if isinstance(value, bool):
            raise PydanticCustomError("quantity", "a number is expected, not true or false")
        if isinstance(value, int | float):
            return {"value": value}
        if isinstance(value, str):
            raise PydanticCustomError("quantity", "a number is expected, not the text {text}", {"text": repr(value)})
        return value

    @model_validator(mode="after")
    def check_order(self) -> Quantity:
        """Refuse a band that does not contain the value."""
        if self.low is not None and self.low > self.value:
            raise PydanticCustomError("order", "low {low} is above value {value}", self.model_dump())
        if self.high is not None and self.high < self.value:
            raise PydanticCustomError("order", "high {high} is below value {value}", self.model_dump())
        return self


class Record(BaseModel):
    """Base of every part of a scenario: frozen, no unknown field, quantities in the unit and bounds of their field.

    `columns` names the column of the table where it differs from the field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: ClassVar[dict[str, str]] = {}

    @field_validator("*", mode="after")
    @classmethod
    def check_quantity(cls, value: Any, info: ValidationInfo) -> Any:
        """Give a quantity the unit of its field, and refuse another unit or a number outside the bounds."""
        if type(value) is not Quantity or info.field_name is None:
            return value
        meta = quantity_fields(cls).get(info.field_name)
        return value if meta is None else fit_to_field(value, meta)


def fit_to_field(value: Quantity, meta: dict[str, Any]) -> Quantity:
    """Return the quantity in the unit of its field.

    Raises
    ------
    PydanticCustomError : the unit is another one, or value, low or high lies outside the bounds of the field
    """
    unit = str(meta["unit"])
    minimum, maximum = meta["minimum"], meta["maximum"]
    if unit.startswith("see "):
        unit = value.unit or unit
    if value.unit != unit and " or " in unit and value.unit in unit.split(" or "):
        unit = value.unit
    if value.unit != unit and value.unit and spell_unit(value.unit) != unit:
        raise PydanticCustomError(
            "unit", "the unit must be {unit}, not {given}", {"unit": repr(unit), "given": repr(value.unit)}
        )
    for number in (value.value, value.low, value.high):
        if number is None:
            continue
        if minimum is not None and number < minimum:
            raise PydanticCustomError(
                "range", "{number} is below the least value allowed, {bound}", {"number": number, "bound": minimum}
            )
        if maximum is not None and number > maximum:
            raise PydanticCustomError(
                "range", "{number} is above the largest value allowed, {bound}", {"number": number, "bound": maximum}
            )
    return value if value.unit == unit else value.model_copy(update={"unit": unit})


def quantity(
    unit: str,
    kind: Kind | None,
    description: str,
    *,
    minimum: float | None = 0.0,
    maximum: float | None = None,
    optional: bool = False,
) -> Any:
    """Declare a field that holds a quantity.

    Parameters
    ----------
    unit : the one unit of the field; `years or fraction per year` allows either; `see x` any, named in x
    kind : row of the quality table that gives the default spread; None: never drawn by default
    description : what it is, for the documentation and editors
    minimum, maximum : bounds of value, low and high; None: unbounded
    optional : the field may be absent (None)
    """
    extra: dict[str, Any] = {"unit": unit, "kind": kind, "minimum": minimum, "maximum": maximum}
    text = f"{description} [{unit}]"
    if optional:
        return Field(default=None, description=text, json_schema_extra=extra)
    return Field(description=text, json_schema_extra=extra)


def share(description: str, *, kind: Kind | None = "share_or_probability", optional: bool = False) -> Any:
    """Declare a quantity between 0 and 1."""
    return quantity("fraction", kind, description, minimum=0.0, maximum=1.0, optional=optional)


@cache
def quantity_fields(model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """Return the metadata (unit, kind, minimum, maximum) of every quantity field of a record, in order."""
    fields: dict[str, dict[str, Any]] = {}
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and "unit" in extra:
            fields[name] = dict(extra)
    return fields

"""What a run carries from year to year, and what one year computes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.parity.twin_base import Base
from tests.parity.twin_cash import TaxBooks
from tests.parity.twin_construction import Construction
from tests.parity.twin_demand import People
from tests.parity.twin_flows import Waves
from tests.parity.twin_network import Rows
from tests.parity.twin_prices import Conduct, Gateways, Market
from tests.parity.twin_regulation import Regulation

Outputs = dict[tuple[str, str], Rows]


@dataclass(slots=True)
class Run:
    """One of the six runs: its switches, and its state as the years pass."""

    number: int
    reforms: bool
    reference: int
    built: Construction
    exchange: Rows
    in_run: NDArray[np.bool_]
    base: Base
    market: Market
    conduct: Conduct
    books: Regulation
    gateways: Gateways
    people: People
    waves: Waves
    tax: TaxBooks
    share: Rows


@dataclass(slots=True)
class Year:
    """What one year computed, for the outputs."""

    t: int
    x: Rows
    q: Rows
    e: Rows
    open_links: Rows
    opened: Rows
    price: Rows
    margin: Rows
    index_ratio: Rows
    money: Rows
    demand: Rows
    flow: Rows
    unserved: Rows

"""Sources of money and of cover, with what the rows of the model need to know of their terms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np


class InstrumentKind(Enum):
    """What the money is: it decides in which rows of the model an instrument appears."""

    GRANT = "grant"
    DEBT = "debt"
    EQUITY = "equity"
    IRU = "iru"
    GUARANTEE = "guarantee"


class TicketScope(Enum):
    """Over what the least amount of an instrument is counted: one agreement covers it."""

    LINK = "link"
    COUNTRY = "country"
    PORTFOLIO = "portfolio"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One source of money (or of cover) on one set of terms.

    Attributes
    ----------
    id, name : identifiers; `id` is unique, `name` is what people read
    kind : a GUARANTEE brings no cash: it lets the debt that names it in `guaranteed_by` be used
    is_project_serviced : fees, interest and principal are paid by the link's cash; otherwise by the treasury
    is_tied : usable only on the country's own section
    is_ppg : public or publicly guaranteed debt
    is_private : counts as private money (minimum private share, mobilisation)
    is_preparation_only : pays for studies and design before the works, and for nothing else
    is_hard_currency : serviced in hard currency
    grant_element : [-] of a debt, on the basis the debt rules use; 1 for a grant; may be negative
    subsidy_share : [-] subsidy per unit committed, measured against the reference price; what level 2 minimises
    front_end_fee : [-] of the commitment, paid in the first construction year
    commitment_fee : [-] per year of the undrawn commitment, paid during construction
    guaranteed_by : id of the guarantee this debt or equity needs, or None
    cover_share : [-] share of it that the guarantee covers
    insurance_premium : [per year, of what is covered] paid by the sponsors of insured equity
    insured_years : years from the first of construction in which the equity is insured
    cover_limit_musd : of a guarantee: most cover in one link
    variant_of : id of the instrument that this one is on other terms, and with which it shares its largest share of
        the cost; None: it is none
    ppp_exposure_share : [-] exposure of the treasury (guarantees called, annuities owed) per unit committed
    sculpted_rate : [per year] rate of a project-serviced loan whose repayment profile the optimiser chooses; its
        rows of `debt_service_per_draw` hold interest alone and count until the opening. None: the profile is fixed
    minimum_ticket_musd : least amount, if any; heeded where whole numbers are asked for
    ticket_scope : over what that amount is counted
    sculpted_tenor_years : years after the opening by which a sculpted loan is repaid, cut at the horizon
    """

    id: str
    name: str
    kind: InstrumentKind
    is_project_serviced: bool = True
    is_tied: bool = False
    is_ppg: bool = False
    is_private: bool = False
    is_preparation_only: bool = False
    is_hard_currency: bool = True
    grant_element: float = 0.0
    subsidy_share: float = 0.0
    front_end_fee: float = 0.0
    commitment_fee: float = 0.0
    guaranteed_by: str | None = None
    cover_share: float = 0.0
    insurance_premium: float = 0.0
    insured_years: int = 0
    cover_limit_musd: float = np.inf
    variant_of: str | None = None
    ppp_exposure_share: float = 0.0
    sculpted_rate: float | None = None
    sculpted_tenor_years: int = 0
    minimum_ticket_musd: float = 0.0
    ticket_scope: TicketScope = TicketScope.LINK

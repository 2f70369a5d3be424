"""The futures a plan is fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solvers.financing_problem import Floats


@dataclass(frozen=True, slots=True)
class Draws:
    """Equally likely futures of the links; L links, T years, S draws. Nominal musd.

    Attributes
    ----------
    cost_musd : (L, T, S) what the works cost in the draw, in the years the draw builds
    cfads_musd : (L, T, S) cash flow available for debt service before presold lease income is taken out; signed
    lease_income_lost_per_iru : (L, T, S), or (L, T, 1) if the same in all, [-] lease income given up per musd presold

    Raises
    ------
    ValueError   shapes that do not fit, or a value that is not finite
    """

    cost_musd: Floats
    cfads_musd: Floats
    lease_income_lost_per_iru: Floats

    def __post_init__(self) -> None:
        shape = self.cost_musd.shape
        if len(shape) != 3 or self.cfads_musd.shape != shape:
            raise ValueError(f"cfads_musd: shape {self.cfads_musd.shape} beside cost of shape {shape}")
        if self.lease_income_lost_per_iru.shape not in (shape, (*shape[:2], 1)):
            raise ValueError(f"lease_income_lost_per_iru: shape {self.lease_income_lost_per_iru.shape}")
        for name in ("cost_musd", "cfads_musd", "lease_income_lost_per_iru"):
            if not np.all(np.isfinite(getattr(self, name))):
                raise ValueError(f"{name}: a value is not finite")

    @property
    def count(self) -> int:
        """Number of draws."""
        return int(self.cost_musd.shape[2])


@dataclass(frozen=True, slots=True)
class World:
    """What a plan may meet: the draws of one policy, and the best that a plan made for them alone can do.

    Attributes
    ----------
    draws : futures under the policy
    best_musd : risk of the best plan for it, from which the regret of any other is counted [constant musd]; 0 where a
        single world is all there is, and the risk itself is minimised
    """

    draws: Draws
    best_musd: float = 0.0

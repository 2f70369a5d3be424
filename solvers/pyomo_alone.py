"""Loads Pyomo's core without its optional packages; to be imported before scipy and matplotlib are.

Pyomo wants scipy.stats and matplotlib.pyplot as soon as anybody loads scipy and matplotlib, which takes 0.7 s of
processor time and serves nothing here.  These two wishes are taken back; asked for through Pyomo they are still there.
"""

from __future__ import annotations

from typing import Any

from pyomo.common import dependencies

WISHES: dict[str, Any] = getattr(dependencies.DeferredImportCallbackFinder, "_callbacks", {})
for package in ("scipy", "matplotlib"):
    WISHES.pop(package, None)

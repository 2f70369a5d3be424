"""Simulation of cross-border telecom links in Central Asia and of the gap left in their financing."""

__version__ = "0.1.0"
__all__ = ["__version__"]

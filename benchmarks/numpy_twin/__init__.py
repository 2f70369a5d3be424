"""The simulation in plain NumPy, written to be fast: every step works on all objects and a chunk of draws at once.

The shocks, the base year and the construction of links, which are made once a chunk or once a run, are those of
`tests/parity`; the years, where the time goes, are written anew with sparse sums over the network, arrays changed in
place, and the paths and links that a run does not have left out.
"""

from benchmarks.numpy_twin.simulate import simulate_chunk

__all__ = ["simulate_chunk"]

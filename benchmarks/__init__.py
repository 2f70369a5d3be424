"""How fast simmodel is, and against what: `make bench`, or `python -m benchmarks` for a part of it."""

"""The Monte Carlo engine: arrays of parameters in, simulated draws out, the same bits on any number of threads."""

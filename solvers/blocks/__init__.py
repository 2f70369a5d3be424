"""Each module adds one thing to the financing model; the equation stands in its docstring."""

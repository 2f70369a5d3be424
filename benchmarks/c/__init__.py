"""The engine's recursion in C, for comparison: same equations, same blocks of draws, same memory."""

"""Studies on top of a run: finance it again, trade objectives off, choose for several futures."""

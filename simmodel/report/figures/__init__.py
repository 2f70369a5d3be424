"""Figures of a run, for print: colour-blind safe, units on every axis, source and number of draws under each."""

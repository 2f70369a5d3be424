"""The command line of simmodel."""

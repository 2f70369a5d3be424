"""Results stage: simulated arrays become finance figures, statistics and stored, labelled results."""

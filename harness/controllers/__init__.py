"""Controller families: what a scenario's ``controller:`` mapping can name."""

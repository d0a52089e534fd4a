"""What is proved of a scenario's loop, and what a run shows of it."""

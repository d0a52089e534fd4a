"""Between loop and plant: faults, delays, late commands, and observations that are missing."""

"""Sections on latency: the budget first, then how late the loop was, where, and when."""

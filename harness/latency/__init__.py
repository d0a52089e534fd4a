"""Latency of a run: how late it was, which deadlines it missed, what of its margin it used."""

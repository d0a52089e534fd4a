"""Criteria as formulas of signal temporal logic (STL) over the columns of a trace.

``parse`` reads the text, ``check`` holds it against what a run has, ``robustness`` evaluates it
over arrays, ``decide`` finds the comparison that decided, and ``judge`` makes it a result.
"""

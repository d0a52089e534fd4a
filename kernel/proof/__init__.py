"""Proofs about the closed loop: real arithmetic, outward rounded, about the jitted functions."""

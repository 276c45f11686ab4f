"""Sweeps: which parameters of a strategy."""

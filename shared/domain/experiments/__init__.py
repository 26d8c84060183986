"""Experiments: who gets which arm, and what their results can say, in methods that hold for a small shop."""

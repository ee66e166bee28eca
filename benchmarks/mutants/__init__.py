"""Mutants: the code changed in one place, and whether a test sees it. Run as ``python -m benchmarks.mutants``."""

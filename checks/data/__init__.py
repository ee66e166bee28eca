"""Checks of one dataset: what its conditions are taught, its targets, its template, its papers."""

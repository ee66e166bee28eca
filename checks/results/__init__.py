"""Checks of results: whether they can be read at all."""

"""Checks of scripts: a parsed file in, findings out. Nothing that is checked is ever imported or run."""

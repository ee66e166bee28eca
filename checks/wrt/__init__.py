"""Checks of write-ups: a text and what is known of its data, settings and results in, findings out."""

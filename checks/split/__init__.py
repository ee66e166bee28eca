"""Checks of training beside evaluation: what they share, and whether they ask alike."""

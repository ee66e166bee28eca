"""Checks of sibling arms: whether they differ by what they claim."""

"""Checks: aggregates in, findings out. One file per check; nothing is read or printed here."""

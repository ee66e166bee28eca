"""Gated experiments: audit, train, evaluate, decide; past issues and plans as data; statistics."""

"""Evaluation: what a model says, before and after, question by question."""

"""How far a training gets on the way to what it teaches, and when that can be said: for `checks.core.predictor`."""

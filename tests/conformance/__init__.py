"""What holds of every engine: how a new one is admitted (docs/scale.md)."""

"""Scripts and write-ups: read as text, checked, never run."""

"""From a target to a report: what it names, what is read, which checks run, and what stands beside it."""

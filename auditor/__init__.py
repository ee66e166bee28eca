"""The public face of `confound-auditor`."""

"""Data written again without a confound: composed datasets and somebody's own files."""

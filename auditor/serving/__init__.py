"""A folder's data sets and runs as pages, for one person at one machine."""

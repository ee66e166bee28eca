"""The scan engine: rows in DuckDB, aggregates as Narwhals expressions, small tables out."""

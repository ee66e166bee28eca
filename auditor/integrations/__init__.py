"""The audit where people work: trainers, tests, data validation, the hub. Each module imports its library lazily."""

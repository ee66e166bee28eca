"""confoundbench: planted confounds, each with a clean twin, and what tools say of them."""

"""What checks stand on: context, conditions, roles, prediction, findings, registry, report."""

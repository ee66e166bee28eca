"""What has been decided about findings: suppressions, baselines, and the verdict that follows."""

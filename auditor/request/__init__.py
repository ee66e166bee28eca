"""What was asked for: settings from flags, environment and files, each checked once."""

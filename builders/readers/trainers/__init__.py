"""Files of other trainers that say how data are read: every key of theirs that decides something, obeyed or named."""

"""A study: plans, past issues, gates, ladders, run folders, and what runs next."""

"""The scan engine on Spark: the executors read rows as they are read here, and count them; few numbers come back."""

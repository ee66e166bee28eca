"""Tagged datasets: schema, chat-template resolution, question banks, recipes, readers and writers."""

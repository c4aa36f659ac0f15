"""What a save means for the web process: measures the servers that reload."""

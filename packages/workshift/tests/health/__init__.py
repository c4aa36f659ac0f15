"""What a running site and its worker say about themselves."""

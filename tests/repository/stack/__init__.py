"""What the one command does, as a user meets it: in a clone, with its real processes."""

"""Everything that happens to a worker on a working day, at random: actions and accounting."""

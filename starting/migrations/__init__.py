"""What copier runs after an update, each for projects from before a certain change."""

"""Management commands of the measured project."""

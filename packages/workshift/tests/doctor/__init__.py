"""The doctor: each finding is caused for real."""

"""Snapshots: generations that are forked from one run what a process that starts now would run."""

"""Measures the reload side by side with the alternatives: run ./scripts/bench."""

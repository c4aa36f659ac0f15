"""Runs the stack on a developer's machine for `./scripts/dev`: ports, Redis, processes."""

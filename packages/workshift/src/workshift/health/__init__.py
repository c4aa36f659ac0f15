"""Says over HTTP whether the site works: `/up/`, `/up/ready/` and, if it is on, `/up/metrics/`.

docs/operations.md shows how they are used.
"""

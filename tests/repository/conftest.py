"""A fixture for random tests."""

import os
import random

import pytest


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """What decides the choices of a random test; it is printed, and `SEED=…` repeats a run.

    It is new in each run of a slow test, and always the same for a short one, which is thus red
    only for who has changed something.
    """
    is_slow = request.node.get_closest_marker("slow")
    seed = int(os.environ.get("SEED") or (random.randrange(10**6) if is_slow else 1))
    print(f"SEED={seed}")
    return seed

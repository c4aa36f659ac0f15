"""The clones of the tests of the stack."""

from tests.repository.stack.conftest import (  # noqa: F401 - fixtures.
    clone,
    environment,
    fresh_clone,
    session_clone,
    with_redis,
    without_redis,
)

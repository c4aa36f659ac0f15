"""The environment of somebody who starts a project, as for the tests of the stack."""

from tests.stack.conftest import environment, with_redis, without_redis

__all__ = ["environment", "with_redis", "without_redis"]

"""Real servers and workers for tests, without mocks.

`pytest_plugins = ["workshift.testing.fixtures"]` in a project's `conftest.py` gives its tests the
fixtures `redis_server`, `embedded_redis`, `postgres`, `worker_database`, `start_worker` and `seed`.
"""

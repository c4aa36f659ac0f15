"""docs/production.md: the site of the `Procfile`, with the settings of production."""

import os
import urllib.request

import pytest
from workshift.testing.processes import RedisServer

from tests.repository.stack.clone import Clone, Stack


def test_the_procfile_serves_the_form_its_files_and_its_task(
    clone: Clone, redis_server: RedisServer
) -> None:
    production = {
        "DEBUG": "off",
        "USE_HTTPS": "off",
        "ALLOWED_HOSTS": "127.0.0.1",
        "REDIS_URL": redis_server.url,
        "PATH": f"{clone.folder / '.venv/bin'}{os.pathsep}{clone.environment['PATH']}",
        "FEEDBACK_DELAY_SECONDS": "0",
    }
    assert clone.manage("collectstatic", "--noinput", **production).wait() == 0

    stack = Stack(clone, ["honcho", "--env", os.devnull, "start"], **production)
    for ready in (" ready.", "beat: Starting", "Booting worker"):
        stack.wait_for(ready)

    assert stack.visit("from production").startswith("/success/")
    stack.wait_for("\tfrom production")
    address = f"http://127.0.0.1:{stack.port}/static/feedback/style.css"
    with urllib.request.urlopen(address) as answer:
        assert answer.headers["Content-Type"].startswith("text/css")
    # What shows every e-mail to whoever asks is not there.
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{stack.port}/dev/mailbox/")
    stack.interrupt()


@pytest.mark.slow
def test_it_needs_no_development_tools(fresh_clone: Clone) -> None:
    assert fresh_clone.run("scripts/setup").wait() == 0
    everything = fresh_clone.run(".venv/bin/uv", "sync")
    assert everything.wait() == 0, everything.output
    uv = fresh_clone.run(".venv/bin/uv", "sync", "--locked", "--no-dev")
    assert uv.wait() == 0, uv.output

    check = fresh_clone.manage("check", "--fail-level", "WARNING", DEBUG="off")

    assert check.wait() == 0, check.output
    assert not (fresh_clone.folder / ".venv/bin/pytest").exists()
    assert (fresh_clone.folder / ".venv/bin/gunicorn").exists()

"""One generation hands over to the next: no request is refused, cut or answered by old code."""

import http.client
import os
import signal
import socket
from operator import le
from pathlib import Path

from tests.web.site import Site, Traffic
from workshift.testing.processes import DEADLINE, descendants, eventually, is_alive

SAVES = 20


def test_under_load_nothing_is_lost_and_old_code_never_answers_after_new(site: Site) -> None:
    with site.server() as server, Traffic(site) as traffic:
        for version in range(1, SAVES + 1):
            site.save_version(version)
            server.process.next_line(f"Reloaded in .*: generation {version + 1} runs pages/views")
            site.wait_for_version(version)
        eventually(lambda: traffic.answers > SAVES, "there was traffic")
    assert traffic.faults == {}


def test_a_request_that_runs_is_answered_by_the_code_it_began_with(site: Site) -> None:
    with site.server() as server:
        request = site.begin_slow_request("first")
        site.save_version(1)
        site.wait_for_version(1)
        server.process.wait_for("1 old generation is still answering its requests")
        assert request.let_go() == (200, "0")
        server.process.wait_for("Generation 1 has answered its last request with the old code")


def test_a_kept_connection_gets_the_new_code(site: Site) -> None:
    with site.server():
        client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=DEADLINE)
        client.connect()
        client.auto_open = 0
        for version in range(3):
            if version:
                site.save_version(version)
                site.wait_for_version(version)
            client.request("GET", "/version", headers={"Host": "localhost"})
            assert client.getresponse().read() == b"%d" % version
        client.close()


def test_two_requests_that_come_together_are_both_answered(site: Site) -> None:
    request = b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with site.server(), socket.create_connection(("127.0.0.1", site.port), DEADLINE) as connection:
        connection.sendall(request + request)
        received = b""
        while received.count(b"HTTP/1.1 200") < 2:
            received += connection.recv(65536)


def test_a_stream_ends_after_the_grace_period_and_the_next_is_of_the_new_code(site: Site) -> None:
    with site.server("--grace", "0.2"):
        first = http.client.HTTPConnection("127.0.0.1", site.port, timeout=DEADLINE)
        first.request("GET", "/stream", headers={"Host": "localhost"})
        stream = first.getresponse()
        assert stream.readline() == b"0\n"
        site.save_version(1)
        assert set(stream.read().split()) == {b"0"}
        first.close()
        first.request("GET", "/stream", headers={"Host": "localhost"})
        assert first.getresponse().readline() == b"1\n"
        first.close()


def test_a_stream_is_not_waited_for_when_the_command_stops(site: Site) -> None:
    with site.server("--grace", "60") as server:
        client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=DEADLINE)
        client.request("GET", "/version", headers={"Host": "localhost"})
        client.getresponse().read()
        processes = [server.process.pid, *descendants(server.process.pid)]
        server.process.tell(signal.SIGINT)
        assert server.process.wait() == 0
        assert [pid for pid in processes if is_alive(pid)] == []
        client.close()


def test_saves_leave_no_process_and_no_descriptor_behind(site: Site) -> None:
    with site.server("--verbose") as server:

        def held() -> tuple[int, int]:
            return (
                len(descendants(server.process.pid)),
                len(list(Path(f"/proc/{server.process.pid}/fd").iterdir())),
            )

        site.save_version(1)
        site.wait_for_version(1)
        # With all that is made in the background; the first save has thrown a part of it away.
        server.process.next_line("Snapshot ready")
        site.save_version(2)
        site.wait_for_version(2)
        server.process.next_line("Snapshot ready")
        eventually(lambda: len(server.generations()) == 1, "only one generation is left")
        before = held()
        for version in range(3, 13):
            site.save_version(version)
            site.wait_for_version(version)
        # What is made in the background may have been among what was there before.
        eventually(lambda: all(map(le, held(), before)), f"all but {before} is gone")


def test_a_static_file_needs_no_new_generation(site: Site) -> None:
    with site.server() as server:
        site.write("pages/static/page.css", "h1 { color: rgb(4, 5, 6) }")
        server.process.next_line("Changed, and live at once: pages/static/page.css")
        assert site.get("/static/page.css")[1] == "h1 { color: rgb(4, 5, 6) }"
        site.save_version(1)
        server.process.next_line("Reloaded in .*: generation 2 runs")


def test_a_template_is_live(site: Site) -> None:
    with site.server():
        site.write("pages/templates/page.html", "Other {{ version }}")
        eventually(lambda: site.get("/") == (200, "Other 0"), "the new template is shown")


def test_an_old_generation_ends_while_what_a_view_has_forked_goes_on(site: Site) -> None:
    views = site.read("pages/views.py")
    fork = """    child = os.fork()
    if child == 0:
        time.sleep(600)
        os._exit(0)
    return HttpResponse(str(child))
"""
    site.write("pages/views.py", views.replace("    return HttpResponse(str(VERSION))\n", fork, 1))
    with site.server() as server:
        kept = http.client.HTTPConnection("127.0.0.1", site.port, timeout=DEADLINE)
        kept.request("GET", "/version", headers={"Host": "localhost"})
        child = int(kept.getresponse().read())
        [old] = server.generations()
        site.write("pages/views.py", views)
        server.process.next_line("Reloaded in")
        eventually(lambda: not is_alive(old), "the old generation ends")
        kept.request("GET", "/version", headers={"Host": "localhost"})
        assert kept.getresponse().read() == b"0"
        kept.close()
    os.kill(child, signal.SIGKILL)


def test_an_old_generation_ends_whatever_thread_the_project_has(site: Site) -> None:
    views = site.read("pages/views.py")
    site.write(
        "pages/views.py",
        f"{views}\nimport threading\n\nthreading.Thread(target=time.sleep, args=[600]).start()\n",
    )
    with site.server() as server:
        [old] = server.generations()
        site.save_version(1)
        site.wait_for_version(1)
        eventually(lambda: not is_alive(old), "the old generation ends")

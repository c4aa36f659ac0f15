"""`manage.py doctor` in a clone: green while the stack runs, and clear where nothing can run."""

import re
import signal

from tests.repository.stack.clone import Clone, Stack


def ask(clone: Clone) -> tuple[int, list[str]]:
    """Run the doctor; return its exit code and its lines."""
    process = clone.manage("doctor")
    code = process.wait()
    return code, process.output.splitlines()


def test_all_is_well_while_the_stack_runs_until_its_worker_hangs(
    clone: Clone, with_redis: str
) -> None:
    stack = Stack(clone, PATH=with_redis)
    stack.wait_until_ready()

    code, lines = ask(clone)

    assert [line for line in lines if not line.startswith("ok ")] == []
    assert code == 0
    assert any("Workers that answer: generation-1." in line for line in lines)
    # Not the one of `.env`.
    assert any(f"Port {stack.port} (PORT) is used by this project" in line for line in lines)

    hung = [one for one in clone.processes() if any("zygote.py" in part for part in one.cmdline())]
    for process in hung:
        process.suspend()
    code, lines = ask(clone)
    for process in hung:
        process.resume()

    assert code == 1
    [line] = [line for line in lines if line.startswith("problem")]
    assert f"./scripts/dev is running (process {stack.pid}), but no worker answered" in line
    assert stack.interrupt() == 128 + signal.SIGINT
    stack.leaves_nothing()


def test_that_nothing_runs_is_no_problem(clone: Clone) -> None:
    code, lines = ask(clone)

    assert code == 0
    assert {line.split()[0] for line in lines} == {"ok", "note"}
    assert any("Start them with ./scripts/dev." in line for line in lines)
    assert not any("\x1b" in line for line in lines)


def test_a_broken_env_ends_in_one_sentence_and_the_next_step(clone: Clone) -> None:
    with clone.edited(clone.dotenv, lambda text: text + "NO VARIABLE\n"):
        code, lines = ask(clone)
        assert code == 1
        [line] = [line for line in lines if line.startswith("problem")]
        assert "must have the form NAME=value" in line
        assert "Then run this again." in line

    with clone.edited(clone.dotenv, with_bad_port):
        code, lines = ask(clone)
        assert code == 1
        [line] = [line for line in lines if line.startswith("problem")]
        assert "PORT must be a port" in line


def with_bad_port(dotenv: str) -> str:
    """An edit of `.env`: a port that is none."""
    return re.sub(r"^PORT=.*$", "PORT=web", dotenv, flags=re.MULTILINE)


def test_code_that_does_not_load_is_found_with_its_place(clone: Clone) -> None:
    for path in (clone.folder / "feedback" / "tasks.py", clone.settings):
        with clone.edited(path, lambda code: code + "\ndef broken(:\n"):
            code, lines = ask(clone)
        last = len(path.read_text().splitlines()) + 2
        assert code == 1
        [line] = [line for line in lines if line.startswith("problem")]
        assert f"({path.relative_to(clone.folder)}, line {last})" in line


def test_packages_that_are_not_those_of_the_lock(clone: Clone) -> None:
    pyproject = clone.folder / "pyproject.toml"
    with clone.edited(pyproject, lambda text: text.replace('"redis>=8.1"', '"redis>=9999"')):
        code, lines = ask(clone)

    assert code == 1
    [line] = [line for line in lines if line.startswith("problem")]
    assert "uv.lock does not match pyproject.toml." in line
    assert "./scripts/uv lock" in line


def test_an_environment_that_was_made_for_another_folder(clone: Clone) -> None:
    program = clone.folder / ".venv" / "bin" / "celery"
    with clone.edited(program, lambda text: text.replace(str(clone.folder), "/elsewhere")):
        code, lines = ask(clone)

    assert code == 1
    [line] = [line for line in lines if line.startswith("problem")]
    assert "they were installed for /elsewhere/.venv." in line
    assert "./scripts/setup" in line

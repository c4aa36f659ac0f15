"""A page of the documentation as somebody reads it who does everything that it says."""

import ast
import os
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

from workshift.testing.processes import Process, eventually, free_port

from tests import ROOT
from tests.repository.docs.commands import executed_by, sign_of_life
from tests.repository.docs.markdown import Block
from tests.repository.stack.clone import Clone

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

_PRINTED = re.compile(r"^ *print\(.*\)  # (.+)$", re.MULTILINE)


def edited(before: str, text: str) -> str:
    """Return a file with `text` at its end, in place of what had the same names in it."""
    names = {node.name for node in ast.parse(text).body if isinstance(node, _DEFINITIONS)}
    lines = before.splitlines()
    for node in reversed(ast.parse(before).body):
        if isinstance(node, _DEFINITIONS) and node.name in names:
            first = min(one.lineno for one in (node, *node.decorator_list))
            del lines[first - 1 : node.end_lineno]
    return "\n".join([*lines, "", "", text]) if lines else text


class Story:
    """A clone, and the commands that run in it."""

    def __init__(self, clone: Clone, redis_url: str, database: Path) -> None:
        """Prepare the clone as `./scripts/dev` would; `database` is a migrated one to copy."""
        self._clone = clone
        self._output = ""
        self._running: dict[str, Process] = {}
        (clone.folder / ".venv").symlink_to(ROOT / ".venv")
        shutil.copy(database, clone.folder / "db.sqlite3")
        self._environment = {
            "PATH": f"{clone.folder / '.venv/bin'}{os.pathsep}{clone.environment['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "PORT": str(free_port()),
        }
        assert self._start("./scripts/setup").wait() == 0
        dotenv = clone.dotenv.read_text()
        dotenv = dotenv.replace("FEEDBACK_DELAY_SECONDS=5", "FEEDBACK_DELAY_SECONDS=0")
        clone.dotenv.write_text(f"{dotenv}\nREDIS_URL={redis_url}\n")

    def go_on(self, block: Block) -> None:
        """Do what a block says. Raises AssertionError where something else comes of it."""
        match block.language:
            case "python" if block.file:
                self._save(block.file, block.text)
            case "python":
                self._run_python(block)
            case "console":
                for command in block.lines:
                    self._run_command(command, block)
            case "text":
                for line in block.text.splitlines():
                    self._expect(line, block)

    def end(self) -> None:
        """Press Ctrl-C wherever something still runs."""
        for process in self._running.values():
            process.stop()

    def _start(self, command: str) -> Process:
        command = re.sub(r"^manage\.py", "python manage.py", command)
        # `exec`, so that no shell stands between a signal and the command.
        shell = command if re.search(r"[|&;<>]|^source ", command) else f"exec {command}"
        return self._clone.run("bash", "-ec", shell, **self._environment)

    def _run_command(self, command: str, block: Block) -> None:
        if executed_by(command):
            return
        if command.startswith("export "):
            variables = shlex.split(command.removeprefix("export "))
            self._environment |= dict(variable.split("=", 1) for variable in variables)
            return
        process = self._start(command)
        if ready := sign_of_life(command):
            self._running[command] = process
            process.wait_for(ready)
            return
        code = process.wait()
        assert code == 0, f"{block.place}: `{command}` ended with {code}:\n{process.output}"
        self._output += process.output

    def _run_python(self, block: Block) -> None:
        command = f"python manage.py shell --no-imports --command {shlex.quote(block.text)}"
        self._run_command(command, block)
        printed = self._output.splitlines()
        for line in _PRINTED.findall(block.text):
            assert line in printed, f"{block.place} does not print {line}:\n{self._output}"

    def _save(self, name: str, text: str) -> None:
        path = self._clone.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text() if path.exists() else ""
        workers = [
            process
            for command, process in self._running.items()
            if "runworker" in command or command == "./scripts/dev"
        ]
        read_until = [len(worker.output) for worker in workers]
        # At one stroke: a file that has been written half would be live for a moment.
        path.write_text(edited(before, text))
        reloaded = rf" runs .*{re.escape(name)}"
        for worker, start in zip(workers, read_until, strict=True):

            def since(worker: Process = worker, start: int = start) -> str:
                return worker.output[start:]

            self._wait(since, reloaded, f"{name} is not reloaded")

    def _expect(self, line: str, block: Block) -> None:
        """Wait for a line of output; `…` in it stands for anything."""
        pattern = ".*".join(map(re.escape, line.strip().split("…")))
        self._wait(self._everything, pattern, f"{block.place}: nothing has written {line!r}")

    def _everything(self) -> str:
        return self._output + "".join(process.output for process in self._running.values())

    def _wait(self, written: Callable[[], str], pattern: str, otherwise: str) -> None:
        try:
            eventually(lambda: re.search(pattern, written()))
        except AssertionError:
            raise AssertionError(f"{otherwise}:\n{self._everything()}") from None

"""Where the parts of the site run: all on this machine, or each on a machine of its own."""

import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

# The parts that have a machine.
NAMES = ("web", "worker1", "worker2", "broker", "database")


class Machines(ABC):
    """The machines by name; the visitors and the mail server are always on this one."""

    ours: str  # the address of this machine, as the others see it

    @abstractmethod
    def address(self, name: str) -> str:
        """Return the address of machine `name`."""

    @abstractmethod
    def command(self, name: str, command: Sequence[str]) -> list[str]:
        """Return what starts `command` on machine `name`."""


class OneMachine(Machines):
    """Everything on this one."""

    ours = "127.0.0.1"

    def address(self, name: str) -> str:  # noqa: ARG002 - all have the same.
        """Return the loopback's."""
        return self.ours

    def command(self, name: str, command: Sequence[str]) -> list[str]:  # noqa: ARG002 - see above.
        """Return `command`."""
        return list(command)


class Namespaces(Machines):
    """Each part in a network namespace, and a bridge as the cable between them; for root only."""

    def __init__(self) -> None:
        """Choose names and addresses that no other run uses."""
        self._id = os.getpid()
        # From the range that is set aside for benchmarks (RFC 2544).
        self._net = f"198.{18 + self._id // 256 % 2}.{self._id % 256}"
        self._bridge = f"bench{self._id}"
        self.ours = f"{self._net}.1"

    def build(self) -> None:
        """Make the bridge and the namespaces."""
        _ip("link", "add", self._bridge, "type", "bridge")
        _ip("address", "add", f"{self.ours}/24", "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")
        for name in NAMES:
            space, plug = self._space(name), self._plug(name)
            _ip("netns", "add", space)
            _ip("link", "add", plug, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("link", "set", plug, "master", self._bridge, "up")
            _ip("-netns", space, "address", "add", f"{self.address(name)}/24", "dev", "eth0")
            _ip("-netns", space, "link", "set", "eth0", "up")
            _ip("-netns", space, "link", "set", "lo", "up")

    def remove(self) -> None:
        """Remove all that was made; the processes within have ended."""
        for name in NAMES:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", self._space(name))
            # It goes with its namespace, but not at once.
            with suppress(subprocess.CalledProcessError):
                _ip("link", "delete", self._plug(name))
        with suppress(subprocess.CalledProcessError):
            _ip("link", "delete", self._bridge)

    def address(self, name: str) -> str:
        """Return the address in the namespace."""
        return f"{self._net}.{NAMES.index(name) + 2}"

    def command(self, name: str, command: Sequence[str]) -> list[str]:
        """Return `command`, entering the namespace first; the process id stays the same."""
        return ["ip", "netns", "exec", self._space(name), *command]

    def cut(self, name: str, *, silently: bool) -> None:
        """Cut a machine off: its link goes down, or what it sends and gets is dropped."""
        if silently:
            _ip("link", "set", self._plug(name), "nomaster")
        else:
            _ip("-netns", self._space(name), "link", "set", "eth0", "down")

    def join(self, name: str) -> None:
        """Let the machine return."""
        _ip("link", "set", self._plug(name), "master", self._bridge)
        _ip("-netns", self._space(name), "link", "set", "eth0", "up")

    def _space(self, name: str) -> str:
        return f"bench{self._id}-{name}"

    def _plug(self, name: str) -> str:
        # At most 15 characters.
        return f"b{self._id}-{NAMES.index(name)}"


@contextmanager
def namespaces() -> Iterator[Namespaces]:
    """Have the machines, for the length of a `with` block. Raises SystemExit where nobody may."""
    if os.geteuid() != 0:
        sys.exit("Network namespaces need root: run this as root, or leave out these sections.")
    machines = Namespaces()
    try:
        machines.build()
        yield machines
    finally:
        machines.remove()


def _ip(*arguments: str) -> None:
    # Errors at the removal of what is gone already tell nobody anything.
    quiet = subprocess.DEVNULL if "delete" in arguments else None
    subprocess.run(["ip", *arguments], check=True, stderr=quiet)  # noqa: S607 - in /sbin or /bin.

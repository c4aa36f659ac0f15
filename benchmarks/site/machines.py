"""Where the parts of the site run: all on this machine, or each on a machine of its own."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class Machines(ABC):
    """The machines by name; the visitors and the mail server are always on this one."""

    @property
    @abstractmethod
    def ours(self) -> str:
        """The address of this machine, as the others see it."""

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


@contextmanager
def one_machine() -> Iterator[Machines]:
    """Run everything on this machine."""
    yield OneMachine()

"""What is compared in one run, and what its page is called: a command of `./scripts/bench`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.plan import Counts, Scenario
from benchmarks.runners import Runner


@dataclass(frozen=True)
class Suite[P]:
    """Runners and what they are taken through; `P` is the plan that its scenarios share."""

    command: str  # as one types it
    page: str  # the name of the page and of the file with its figures, without the suffixes
    introduction: str
    advantage: str  # the sentence with `{ours}`, `{best}` and `{times}`
    runners: tuple[Runner, ...]  # ours is the first
    scenarios: tuple[Scenario[P], ...]
    packages: tuple[str, ...]  # whose versions the figures depend on
    # Enough of everything to see that it works.
    quick_runners: tuple[str, ...]
    quick_scenarios: tuple[str, ...]
    # What all scenarios share, made in a folder, and what else the figures depend on.
    shared: Callable[[Path, Counts], AbstractContextManager[tuple[P, dict[str, str]]]]

"""All scenarios of the worker, in the order of a full run."""

from benchmarks.load import load
from benchmarks.plan import Scenario
from benchmarks.rest import idle, stop
from benchmarks.runners import RUNNERS
from benchmarks.saves import burst, busy, heavy, mend, node_modules, save

_ALL = tuple(runner.name for runner in RUNNERS)

_AS_DOCUMENTED = ("runworker", "watchfiles", "watchmedo", "autoreload", "hupper")

_FASTEST = ("runworker", "watchfiles-lean", "watchmedo-lean", "autoreload", "hupper")

SCENARIOS = (
    Scenario(
        "save",
        "Save → first result from the new code",
        "A task module is saved in place; from then on a task is sent every 10 ms, until one of "
        "them has run on the new code.",
        save,
        _ALL,
    ),
    Scenario(
        "busy",
        "The same while a 10 s task runs",
        "Each save meets a task of 10 seconds that has just begun. What became of those tasks is "
        "in the last column. One that is not acknowledged waits in Redis for the visibility "
        "timeout, here 15 minutes, and is run (again) after it.",
        busy,
        _ALL,
    ),
    Scenario(
        "heavy",
        "The same with heavy imports",
        "The task module imports pandas and boto3.",
        heavy,
        _FASTEST,
    ),
    Scenario(
        "node_modules",
        "The same beside 20,000 foreign folders",
        "`node_modules` in the project holds 20,000 folders with a file in each. `start` is the "
        "time from the command to the first result, `watches` those of the reloader.",
        node_modules,
        ("runworker", "watchfiles-lean"),
    ),
    Scenario(
        "mend",
        "Recovery from a syntax error",
        "A syntax error is saved, and 3 seconds later the save that mends it, from which the time "
        "is taken.",
        mend,
        _AS_DOCUMENTED,
    ),
    Scenario(
        "burst",
        "200 files within a second",
        "200 modules that the worker has loaded are written within 0.8 seconds, as by a switch of "
        "branches. The time is taken from the last write. `reloads` counts the workers that got "
        "as far as loading the task module, for each burst.",
        burst,
        _AS_DOCUMENTED,
    ),
    Scenario(
        "load",
        "Under 100 tasks a second",
        "Saves one after the other under a steady flow of tasks. For each reload, the longest "
        "time that any task waited between being sent and being begun. `lost` was never run, "
        "`stuck` is still in Redis when nothing more has been run for 5 seconds, `on old code` "
        "was sent after the first result of the new code and yet ran on an older one.",
        load,
        _FASTEST,
    ),
    Scenario(
        "idle",
        "With nothing to do",
        "Processor time over 20 seconds of all that is not the worker: for runworker the "
        "supervisor and the zygote, for the others the reloader's process, and its threads where "
        "it has some in the worker. Memory is proportional (PSS).",
        idle,
        _AS_DOCUMENTED,
    ),
    Scenario(
        "stop",
        "Ctrl-C while a 60 s task runs",
        "SIGINT to the process group, as a terminal sends it.",
        stop,
        _AS_DOCUMENTED,
    ),
)

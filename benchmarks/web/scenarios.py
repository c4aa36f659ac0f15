"""All scenarios of the web process, in the order of a full run."""

from benchmarks.plan import Scenario
from benchmarks.web.plan import WebPlan
from benchmarks.web.runners import RUNNERS
from benchmarks.web.saves import burst, flow, heavy, idle, mend, mend_settings, save, slow

_ALL = tuple(runner.name for runner in RUNNERS)

SCENARIOS = (
    Scenario[WebPlan](
        "save",
        "Save → page from the new code",
        "A module of views is saved in place; from then on its page is requested every 10 ms, each "
        "time on a new connection, until the new code answers.",
        save,
        _ALL,
    ),
    Scenario[WebPlan](
        "flow",
        "Under 50 requests a second",
        "Saves one after the other under a steady flow of requests. `refused` found no server, "
        "`cut` a connection that ended without an answer, `no answer` none in 10 seconds, `errors` "
        "a page that says so; `by old code` was sent after the first page from the new code.",
        flow,
        _ALL,
    ),
    Scenario[WebPlan](
        "slow",
        "While a 3 s request runs",
        "Each save meets a request of 3 seconds that began half a second before. What became of "
        "those requests is in the last column.",
        slow,
        _ALL,
    ),
    Scenario[WebPlan](
        "heavy",
        "With heavy imports",
        "The module of views imports pandas and boto3.",
        heavy,
        _ALL,
    ),
    Scenario[WebPlan](
        "mend",
        "Recovery from a syntax error",
        "A syntax error in the views is saved, and 2 seconds later the save that mends it, from "
        "which the time is taken. What is answered in the second before is in the last column. "
        "Where a broken module is imported anew with each request, the next one is answered.",
        mend,
        _ALL,
    ),
    Scenario[WebPlan](
        "settings",
        "Recovery from a typo in the settings",
        "The same with a misspelt name in the settings.",
        mend_settings,
        _ALL,
    ),
    Scenario[WebPlan](
        "burst",
        "200 files within a second",
        "200 modules that the site has loaded are written within 0.8 seconds, as by a switch of "
        "branches. The time is taken from the last write. `loaded` counts how often a process "
        "executed the views anew, for each burst.",
        burst,
        _ALL,
    ),
    Scenario[WebPlan](
        "idle",
        "With nothing to do",
        "Processor time over 20 seconds and memory of all processes, the server with its "
        "reloader. Memory is proportional (PSS).",
        idle,
        _ALL,
    ),
)

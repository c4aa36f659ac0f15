"""The code of the project that the chaos happens to, and its branches in git."""

import subprocess

from tests.reload.project import TASKS, Project

# The task that is cut out of the code and pasted back.
FLEETING = """

@shared_task
def fleeting(number):
    record.run(number)
"""

_PERSISTENT = '''

@shared_task(bind=True, max_retries=None)
def persist(self, first, last):
    """Fail until the attempts, which are numbered from `first`, have come to `last`."""
    number = first + self.request.retries
    record.run(number)
    if number < last:
        raise self.retry(countdown=0.1)
'''

_GATHERING = '''

@shared_task
def gather(number, header, body):
    """Send a chord."""
    record.run(number)
    chord([record.si(part) for part in header])(record.si(body))
'''

# Killed workers' tasks come back within seconds here, not after a quarter of an hour. Longer than
# any task here takes on a busy machine, or that would run twice.
_SETTINGS = """
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 8, 9
CELERY_BROKER_TRANSPORT_OPTIONS |= {"visibility_timeout": 10, "unacked_restore_interval": 1}
CELERY_BEAT_SCHEDULE = {}
CELERY_WORKER_MAX_TASKS_PER_CHILD = None
INSTALLED_APPS += sorted(file.parent.name for file in BASE_DIR.glob("branch_*/tasks.py"))
"""

# The apps that only the branch `more-apps` has.
BRANCH_APPS = ("branch_one", "branch_two", "branch_three")

_BRANCH_TASKS = """
from celery import shared_task

from probe.tasks import record


@shared_task
def visit(number):
    record.run(number)
"""


def prepare(project: Project) -> None:
    """Write the code, and commit it on two branches: `main`, and `more-apps` with new apps."""
    code = TASKS.replace("import shared_task", "import chord, shared_task")
    project.write("probe/tasks.py", code + FLEETING + _PERSISTENT + _GATHERING)
    settings = "mysite/settings.py"
    project.write(settings, project.read(settings) + _SETTINGS)
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "--all")
    git(project, "commit", "-q", "-m", "Begin")
    git(project, "switch", "-q", "-c", "more-apps")
    for app in BRANCH_APPS:
        project.write(f"{app}/__init__.py", "")
        project.write(f"{app}/tasks.py", _BRANCH_TASKS)
        project.write(f"{app}/templates/{app}/page.html", "<p>A page</p>\n")
    git(project, "add", "--all")
    git(project, "commit", "-q", "-m", "Add apps")
    git(project, "switch", "-q", "main")


def git(project: Project, *arguments: str) -> None:
    """Run git in the project, as somebody who has a name."""
    author = ["-c", "user.name=Anna", "-c", "user.email=anna@example.com"]
    subprocess.run(["git", *author, *arguments], cwd=project.folder, check=True)

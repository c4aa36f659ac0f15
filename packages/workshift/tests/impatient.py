"""`--include tests.impatient`: a worker that holds tasks it does not know for no time at all."""

from workshift.celery import unknown_tasks

unknown_tasks.LONGEST = 0

"""What is done with a letter."""

from workshift.durable.tasks import durable_task

from .models import Letter


@durable_task(Letter)
def send(letter: Letter) -> None:
    """Print it."""
    print(letter.text)

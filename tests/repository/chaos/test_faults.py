"""The site as it runs in production while its parts die: a short form of `./scripts/bench faults`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from workshift.testing import programs
from workshift.testing.processes import eventually

from benchmarks.site.accounts import Account, Accounts
from benchmarks.site.faults import PROCESSES, SERVERS
from benchmarks.site.machines import OneMachine
from benchmarks.site.site import Site

_RATE = 30


@pytest.fixture
def site() -> Iterator[Site]:
    """The site with one worker, and waits that a test can sit out."""
    programs.redis()
    programs.postgresql()
    further = {"LEASE": "4", "GRACE": "1"}
    with (
        # Not in pytest's folder: PostgreSQL runs as another user, who may not look there.
        tempfile.TemporaryDirectory(prefix="site-") as folder,
        Site(
            Path(folder), OneMachine(), settings="benchmarks.site.shorter", further=further
        ) as site,
    ):
        site.start()
        yield site


def test_nothing_is_lost_and_no_visitor_sees_an_error(site: Site) -> None:
    happen = {fault.name: fault.happen for fault in (*PROCESSES, *SERVERS)}

    def wait_for_visitors() -> None:
        before = accepted()
        eventually(lambda: accepted() > before + 5)

    def accepted() -> int:
        return len(Account(site.accounts.all()).accepted)

    with site.visitors(_RATE):
        for name in ("Redis is full", "a pool process is killed", "Redis restarts, empty"):
            wait_for_visitors()
            happen[name](site, 0.5)
        wait_for_visitors()

    assert site.settle() == 0
    account = Account(site.accounts.all())
    assert account.errors == account.lost == 0
    # One that has ended would be started again in production, but not without end.
    assert site.start_again() == 0


def test_accounts_tell_what_was_lost_late_and_twice(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    accounts.submissions.write_text(
        "100.0\t100.1\t\ta\n101.0\t101.1\t\tb\n102.0\t102.1\tstatus 500\t\n103.0\t103.1\t\tc\n"
    )
    accounts.mails.write_text("100.2\ta\n100.3\ta\n109.0\tb\n")

    account = Account(accounts.all())

    assert (account.errors, account.lost, account.twice) == (1, 1, 1)
    assert account.delivery() == pytest.approx([0.2, 8.0])
    assert account.normal_again(since=99) == pytest.approx(10)

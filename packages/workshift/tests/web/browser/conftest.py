"""The browser, for the tests of the open page; the others run without one."""

from workshift.testing.chromium import browser

__all__ = ["browser"]

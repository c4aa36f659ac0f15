"""The app of the measured site, as `benchmarks.web.plan` adds it to what `startproject` makes."""

"""Tests of the worker that reloads, each with a project of its own and real processes."""

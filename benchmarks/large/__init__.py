"""Measures the reload in projects of many apps."""

"""Measures the whole stack of development: web server and worker at once, with the page open."""

"""The tests of what `manage.py dev` starts."""

"""Checks for common problems and says how to fix them, for `python manage.py doctor`.

`examinations.py` lists everything that is checked; docs/doctor.md explains it.
"""

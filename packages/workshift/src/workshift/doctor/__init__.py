"""What `python manage.py doctor` does: look at what goes wrong in practice, and say what to do.

`examinations.py` has the list of everything that is looked at; docs/doctor.md explains it.
"""

"""Is the Celery worker in one state of the code: a generation, which beats, retires and gives back.

`generation.py` is where to begin reading; what starts and swaps generations is in `reload/`.
"""

"""Runs the worker that reloads: supervisor, watcher, zygote, generation, retire, one file each.

`docs/how-the-reload-works.md` tells the story; `supervisor.py` is where to begin reading.
"""

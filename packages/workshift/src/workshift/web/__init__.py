"""Is the web server in one state of the code: a generation, which answers requests and retires.

`generation.py` is where to begin reading; what starts and swaps generations is in `reload/`.
"""

"""gunicorn reads this by itself: with `LOG_FORMAT=json`, its log lines are JSON as all others."""

import os

if os.environ.get("LOG_FORMAT") == "json":
    logconfig_dict = {"formatters": {"generic": {"()": "workshift.json_log.Formatter"}}}

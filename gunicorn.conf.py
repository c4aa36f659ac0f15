"""gunicorn reads this by itself, wherever it is started from the project's folder."""

import os

# It would put the socket in the home folder, where sites would share it.
control_socket_disable = True

# By default gunicorn believes what a proxy on the same machine says of a request. Whether there is
# one that may be believed is up to BEHIND_PROXY, and to Django.
forwarded_allow_ips = ""

if os.environ.get("LOG_FORMAT") == "json":
    # Its own lines as all others.
    logconfig_dict = {"formatters": {"generic": {"()": "workshift.json_log.Formatter"}}}

"""Adds an app for `./scripts/app orders`: copies `app_template/` and wires the app in."""

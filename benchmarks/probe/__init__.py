"""The app that the measured project gets: tasks that take notes. Copied, never imported here."""

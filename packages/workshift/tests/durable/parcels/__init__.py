"""An app with one durable task, which can be stopped at every point where a crash may fall."""

"""An app with a durable task."""

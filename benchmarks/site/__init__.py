"""The project as it runs in production, put under load and through faults."""

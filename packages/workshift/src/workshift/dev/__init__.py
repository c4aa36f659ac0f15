"""What `./scripts/dev` runs on a developer's machine: the ports, the Redis, the processes."""

"""What `./scripts/app orders` does: write a new app from `template/` and wire it in."""

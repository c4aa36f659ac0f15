"""Records the picture of the README: a real run of `./scripts/dev`, as an SVG that moves."""

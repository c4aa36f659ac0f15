"""The folder `deploy/`: its files are sound, say the same, and their commands run the site."""

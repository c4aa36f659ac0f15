"""The tests of what crosses apps; those of an app stand in the app."""

"""The library as others install it: from its wheel, with the versions that they have."""

"""The tests of this repository itself, which a product does not get."""

"""Tests of the starter with every broker that docs/brokers.md names, real servers all of them."""

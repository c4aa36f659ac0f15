"""Tests of the starter with every broker that packages/workshift/docs/brokers.md names, real servers all of them."""

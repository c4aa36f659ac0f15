"""Tests of the durable task, on SQLite and on PostgreSQL, with real workers and real crashes."""

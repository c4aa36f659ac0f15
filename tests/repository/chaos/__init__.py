"""Submissions over HTTP while everything that can die does: nothing that was promised is lost."""

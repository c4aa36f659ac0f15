"""What turns a copy of this repository into a project of its own."""

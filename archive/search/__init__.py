"""The query language: its syntax, its tree, and periods of time."""

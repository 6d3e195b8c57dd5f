"""Searching the archive: what can be asked, how it is written, and how databases answer it."""

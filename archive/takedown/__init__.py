"""Forgetting for good: what a takedown reaches, rows, records and files."""

"""Research over an archive: terms, trends, coverage, health of sources."""

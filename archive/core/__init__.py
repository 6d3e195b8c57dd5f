"""What needs nothing of an archive: URLs, digests, differences, schedules, files."""

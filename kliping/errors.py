"""The errors that Kliping raises: all of `archive.errors`, drawn there as a tree."""

from archive.errors import *  # noqa: F403 - the same names

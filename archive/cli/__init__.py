"""The commands of the archive, by group, with their reports beside them."""

"""The commands of the archive, a file a group, each with its report beside it."""

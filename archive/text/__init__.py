"""What two texts have in common: revisions, likeness, sketches."""

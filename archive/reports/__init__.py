"""What commands print: for people, and as values for programs."""

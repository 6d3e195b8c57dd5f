"""Where the bytes of an archive lie, and how runs keep out of each other's way."""

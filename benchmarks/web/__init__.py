"""How fast the reading room answers while a crawl writes, over a generated archive."""

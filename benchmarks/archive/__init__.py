"""A generated archive of very many articles, and how fast it is searched, counted and exported."""

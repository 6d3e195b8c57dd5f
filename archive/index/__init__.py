"""The search index: one tantivy index beside the database, made of its rows and kept in step."""

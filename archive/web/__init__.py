"""The reader: web pages, an API and replay over an archive, read-only (docs/serve.md)."""

"""Pages as they are after their scripts have run, for sources that say `render = true`.

The browser is handed what the crawl has fetched and archived, and has no way to the network of
its own (docs/decisions/0012-rendering.md).
"""

"""The sources that an archive follows: one TOML file each, read, written and found out.

`probe.py`, which finds a site's feeds and sitemaps, is imported only to add a source.
"""

from archive.read.source_names import source_name_for
from crawler.sources.files import load_source, load_sources, write_source

__all__ = ["load_source", "load_sources", "source_name_for", "write_source"]

"""How captures become rows: visits of a crawl, records of WARC files, repair, re-extraction."""

"""Scores extraction on corpora of real pages, beside other open extractors."""

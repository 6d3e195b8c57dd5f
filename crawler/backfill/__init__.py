"""Going back: finds what a site published in a span of time, by all that it offers for that.

`plan.py` says what is fetched in which order, `days.py` and `sections.py` how far the dearer
ways are walked, `report.py` tells of it at the end, `run.py` is the command. Fetching, politeness,
capture and the frontier are those of every crawl. docs/backfill.md says why it is done so.
"""

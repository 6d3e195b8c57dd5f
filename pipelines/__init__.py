"""What happens to a capture: extraction, deduplication, revisions, ingest.

`extract` here is the function; the package of the same name holds its steps and is imported
by its full path (`from pipelines.extract.metadata import ...`).
"""

from pipelines.extract import extract

__all__ = ["extract"]

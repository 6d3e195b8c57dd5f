"""Reading an archive: articles, revisions, captures, clusters, changes, runs, sources."""

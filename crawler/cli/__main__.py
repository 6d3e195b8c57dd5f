"""`python -m crawler.cli`, as the demo runs its commands."""

from crawler.cli import main

main()

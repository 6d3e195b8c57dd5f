"""The commands that need the archive alone; `crawler/cli.py` puts them under `kliping`."""

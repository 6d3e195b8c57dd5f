"""Replay: archived pages as they were, on an origin of their own."""

from archive.web.replay.app import create_replay_app

__all__ = ["create_replay_app"]

"""Add conditions to a query and remove them, for the filters of the reader."""

from __future__ import annotations

from archive.search.tree import EVERYTHING, And, Node, Period


def conjuncts(query: Node) -> tuple[Node, ...]:
    """The conditions that every hit meets."""
    return query.nodes if isinstance(query, And) else (query,)


def narrow(query: Node, part: Node) -> Node:
    """Add a condition to a query; a period replaces an earlier one."""
    kept = tuple(each for each in conjuncts(query) if not _is_replaced(each, part))
    return And((*kept, part)) if kept else part


def widen(query: Node, part: Node) -> Node:
    """Remove one of its `conjuncts` from a query."""
    kept = tuple(each for each in conjuncts(query) if each != part)
    match kept:
        case ():
            return EVERYTHING
        case (one,):
            return one
        case _:
            return And(kept)


def _is_replaced(old: Node, new: Node) -> bool:
    if isinstance(old, Period) and isinstance(new, Period):
        return old.clock is new.clock
    return old == new

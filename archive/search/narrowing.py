"""Adding conditions to a query and taking them away, as readers do by following links."""

from __future__ import annotations

from archive.search.tree import EVERYTHING, And, Node, Period


def conjuncts(query: Node) -> tuple[Node, ...]:
    """What all must be so of every hit."""
    return query.nodes if isinstance(query, And) else (query,)


def narrow(query: Node, part: Node) -> Node:
    """The hits for which `part` is so too; a period takes the place of the one there was."""
    kept = tuple(each for each in conjuncts(query) if not _is_replaced(each, part))
    return And((*kept, part)) if kept else part


def widen(query: Node, part: Node) -> Node:
    """The query without one of its `conjuncts`."""
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

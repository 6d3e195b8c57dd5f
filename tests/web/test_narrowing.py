"""Links of the search page that narrow hits down: quick, and the same as any other link."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from archive.search.narrowing import conjuncts, narrow
from archive.search.tree import Clock, Fact, Field, Node, Order, Period
from archive.web.pages.search import SearchRequest
from tests.property.test_queries import periods, queries, writable


def asked(query: Node, order: Order, address: bytes) -> SearchRequest:
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": address, "headers": []}
    return SearchRequest(Request(scope), query, order)


@pytest.mark.parametrize("address", [b"", b"q=x&lang=id"])
@given(
    query=queries,
    order=st.sampled_from(Order),
    part=st.builds(Fact, st.sampled_from(Field), writable) | periods(),
)
def test_they_ask_for_one_thing_more(
    address: bytes, query: Node, order: Order, part: Fact | Period
) -> None:
    page = asked(query, order, address)
    kept = [
        each
        for each in conjuncts(query)
        if each != part
        and not (isinstance(each, Period) and isinstance(part, Period) and each.clock is part.clock)
    ]
    assert page.narrowing(kept)(part) == page.link(narrow(query, part))


def test_an_address_says_what_is_asked_for() -> None:
    day = Period(Clock.PUBLISHED, date(2025, 6, 1), date(2025, 6, 30))
    page = asked(Fact(Field.SECTION, "Café & Bar"), Order.NEWEST, b"lang=id")
    assert page.narrowing(conjuncts(page.query))(day) == (
        "/?order=newest&lang=id"
        "&q=section%3A%22Caf%C3%A9+%26+Bar%22+published%3A2025-06-01..2025-06-30"
    )

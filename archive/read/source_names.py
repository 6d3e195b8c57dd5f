"""Match URLs to sources, and name new sources.

Called when a source is added, and by imports, which bring captures of sites that are not followed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from ipaddress import ip_address

from archive.core.urls import host_of, registrable_domain
from archive.errors import UrlError
from archive.model import Source

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"


def owner_of(url: str, sources: Iterable[Source]) -> Source | None:
    """Return the source that a URL belongs to: of its host, else of its registrable domain.

    None where there is none, or `url` is no http or https address.
    """
    try:
        host, domain = host_of(url), registrable_domain(url)
    except UrlError:
        return None
    of_site = [source for source in sources if registrable_domain(source.url) == domain]
    of_host = (source for source in of_site if host_of(source.url) == host)
    return next(of_host, of_site[0] if of_site else None)


def source_name_for(url: str, taken: Collection[str]) -> str:
    """Return a name for the source at `url` that is not among `taken`.

    >>> source_name_for("https://www.suara.example/", []), source_name_for(
    ...     "https://jogja.suara.example/", ["suara"])
    ('suara', 'jogja-suara-example')

    Raises:
        UrlError: `url` is no http or https address.
    """
    domain = registrable_domain(url)
    short = domain if _is_machine(domain) else domain.partition(".")[0]
    names = [_name(short), _name(host_of(url).removeprefix("www."))]
    names += [f"{names[0]}-{number}" for number in range(2, len(taken) + 3)]
    return next(name for name in names if name not in taken)


def _is_machine(domain: str) -> bool:
    """Whether it is an IP address, or a host with a port, and no domain name."""
    try:
        ip_address(domain.strip("[]"))
    except ValueError:
        return ":" in domain
    return True


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:50] or "source"

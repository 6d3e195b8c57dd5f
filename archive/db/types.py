"""Column types that read the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, String, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

MAX_ID = 2**63 - 1
"""Of SQLite and PostgreSQL."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC.

    SQLite has no such type: there it is text such as `2026-11-23T08:15:00.000000Z`, of one width,
    so that it sorts and reads well in any tool. Elsewhere it is the database's own timestamp
    with time zone.
    """

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without time zone: {value!r}")
        in_utc = value.astimezone(UTC)
        if dialect.name == "sqlite":
            return in_utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
        return in_utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        in_utc: datetime = value.astimezone(UTC)
        return in_utc

"""What all tables have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Double, MetaData, Text
from sqlalchemy.orm import DeclarativeBase

from archive.db.types import UtcDateTime


class Base(DeclarativeBase):
    """Columns by their Python types; constraints by name, so that migrations can find them."""

    type_annotation_map: ClassVar = {
        datetime: UtcDateTime(),
        str: Text(),
        float: Double(),
        list[str]: JSON(),
        dict[str, Any]: JSON(),
        list[dict[str, Any]]: JSON(),
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

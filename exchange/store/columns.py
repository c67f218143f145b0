"""Columns of the SQL tables by what they hold; none is ever null."""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, SmallInteger, String


def key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def integers(*names: str) -> list[Column[Any]]:
    return [Column(name, BigInteger, nullable=False) for name in names]


def smalls(*names: str) -> list[Column[Any]]:
    return [Column(name, SmallInteger, nullable=False) for name in names]


def wholes(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in names]


def texts(width: int, *names: str) -> list[Column[Any]]:
    return [Column(name, String(width), nullable=False) for name in names]


def digests(*names: str) -> list[Column[Any]]:
    return [Column(name, LargeBinary(32), nullable=False) for name in names]

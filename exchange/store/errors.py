"""What the store raises. Errors of the database itself stay SQLAlchemy's."""


class StoreError(Exception):
    """The projection cannot go on: batches with a gap, another writer on the same tables, or a bug shown before."""

"""What holds for every test."""


def pytest_make_parametrize_id(val, argname):
    """Bytes are no names: compressed ones hold the second in which they were made, and workers would disagree."""
    return argname if isinstance(val, bytes) else None

"""Text from elsewhere, names of files and columns and what a vendor states, as it may stand on a terminal."""


def printable(text: str) -> str:
    """Without what would steer a terminal, turn the direction of text, or has no UTF-8 form."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)

"""Text for a terminal: what came from outside can neither move the cursor nor begin a line of its own."""

GONE = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """The text on one line, with everything that is not printable replaced."""
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else GONE for letter in text)

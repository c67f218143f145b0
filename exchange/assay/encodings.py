"""Which encoding a file is in, told from its bytes by a stated rule; never guessed beyond it.

1. A byte order mark decides: UTF-8, UTF-16 LE or BE.
2. Of the lines that are more than ASCII, at least half are UTF-8: it is UTF-8, and the others are told of as bad.
3. At least half are GB 18030 and look like Chinese, most bytes beyond ASCII standing in pairs of the GB 2312 range:
   it is GB 18030. Any Western code page also decodes as GB 18030, but into pairs that Chinese text hardly has.
4. Otherwise it is unknown, and has to be stated.
"""

import codecs
import re

from exchange.assay.recipe import DocumentError

SAMPLE_BYTES = 4 * 2**20
"""How much of a file the rule looks at; what follows is held to the encoding that was found."""
GB2312_SHARE_PERCENT = 80
_GB2312_PAIRS = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect_encoding(sample: bytes, path: str) -> str:
    """The encoding of a file that begins with `sample`; DocumentError ENCODING_UNKNOWN where no rule tells it."""
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    if sample.isascii():
        return "utf-8"
    lines = sample.split(b"\n")
    if len(lines) > 1 and len(sample) >= SAMPLE_BYTES:
        lines.pop()  # The sample may end within a character.
    telling = [line for line in lines if not line.isascii()]
    for encoding in ("utf-8", "gb18030"):
        fitting = [line for line in telling if _decodes(line, encoding, is_cut=len(sample) >= SAMPLE_BYTES)]
        if 2 * len(fitting) >= len(telling) and (encoding == "utf-8" or _looks_chinese(fitting)):
            return encoding
    raise DocumentError("ENCODING_UNKNOWN", f"{path} is neither UTF-8, UTF-16 with a byte order mark, nor GB 18030")


def _decodes(line: bytes, encoding: str, *, is_cut: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(line, final=not is_cut)
    except UnicodeDecodeError:
        return False
    return True


def _looks_chinese(lines: list[bytes]) -> bool:
    content = b"\n".join(lines)
    beyond = sum(1 for _ in _BEYOND_ASCII.finditer(content))
    paired = 2 * sum(1 for _ in _GB2312_PAIRS.finditer(content))
    return paired * 100 >= beyond * GB2312_SHARE_PERCENT

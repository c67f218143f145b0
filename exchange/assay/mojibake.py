"""Text that was decoded as what it is not: whole letters, but not those that were written.

Replacement characters and controls give themselves away one by one (quality.py). Here is the damage that leaves every
character a letter: Chinese read in a Western encoding, and UTF-8 read as GB 18030, the usual accident of Chinese sets.
"""

import re

SAMPLE_CHARS = 300

# What Latin-1 and Windows-1252 show for the bytes 80 to BF, those that follow the first of a character in UTF-8.
_FOLLOWING = "".join(bytes([byte]).decode("cp1252", "ignore") + chr(byte) for byte in range(0x80, 0xC0))
# Chinese characters in UTF-8 begin with E4 to E9. Three in a row are no accident of spelling: no language puts
# quotation marks or signs after each of its letters.
_UTF8_AS_WESTERN = re.compile(rf"(?:[\xe4-\xe9][{re.escape(_FOLLOWING)}]{{1,2}}){{3}}")
# Two bytes of a common Chinese character are B0 to F7 and A1 to FE: letters and signs, side by side.
_GBK_AS_WESTERN = re.compile(r"(?:[\xb0-\xf7][\xa1-\xfe]){4,}")
_SIGN = re.compile(r"[\xa1-\xbf\xd7\xf7]")
_FEWEST_SIGNS, _FEWEST_LETTERS = 2, 4
_WESTERN = re.compile(r"[\xb0-\xf7]")
# What GB 18030 shows for the first two bytes of a character in UTF-8: rare characters, which good text has few of.
_FIRST_BYTES = (0xE3, *range(0xE4, 0xEA), 0xEF)
_UTF8_AS_GB18030 = re.compile(
    "["
    + "".join(bytes([first, second]).decode("gb18030") for first in _FIRST_BYTES for second in range(0x80, 0xC0))
    + "]"
)
_FEWEST_RARE = 3
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


def was_decoded_wrongly(text: str) -> bool:
    """Whether the beginning of the text, or for Western letters any run of it, was bytes of another encoding."""
    if text.isascii():
        return False
    if _WESTERN.search(text) and (_UTF8_AS_WESTERN.search(text) or _is_gbk_as_western(text)):
        return True
    sample = text[:SAMPLE_CHARS]
    return len(_UTF8_AS_GB18030.findall(sample)) >= _FEWEST_RARE and _is_utf8_as_gb18030(sample)


def _is_gbk_as_western(text: str) -> bool:
    """A run that mixes letters with signs: one of letters alone may be an alphabet, and one of signs alone a rule."""
    for run in _GBK_AS_WESTERN.findall(text):
        signs = len(_SIGN.findall(run))
        if signs >= _FEWEST_SIGNS and len(run) - signs >= _FEWEST_LETTERS:
            return True
    return False


def _is_utf8_as_gb18030(sample: str) -> bool:
    """Encoded as GB 18030 again, most of its bytes are UTF-8; of good text a tenth is, by chance."""
    encoded = sample.encode("gb18030", "ignore")
    foreign = sum(byte >= 0x80 for byte in encoded)
    recovered = _HAN.findall(encoded.decode("utf-8", "ignore"))
    return len(recovered) * 3 * 2 >= foreign

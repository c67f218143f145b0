"""Widths of text and bytes in rows."""

from typing import Annotated

Code16 = Annotated[bytes, "16s"]
Code32 = Annotated[bytes, "32s"]
Code40 = Annotated[bytes, "40s"]
Bytes256 = Annotated[bytes, "256s"]

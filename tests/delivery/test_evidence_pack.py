import io
import zipfile

import pytest

from exchange.delivery.canonical import canonical_json
from exchange.delivery.evidence_pack import MANIFEST, EvidencePackError, build_pack, read_pack

FILES = {"croissant.json": b"{}", "licences/LICENSE": b"MIT License"}


@pytest.fixture
def packed():
    return build_pack({"code": "QA"}, FILES, {"evidence/contract.pdf": "private"})


def repacked(pack, **changes):
    """The pack's files with changes; None takes one out."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    files |= {name.replace("__", "."): content for name, content in changes.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            if content is not None:
                archive.writestr(name, content)
    return buffer.getvalue()


def refused(content, code):
    with pytest.raises(EvidencePackError) as caught:
        read_pack(content)
    assert caught.value.code == code, str(caught.value)


def test_a_pack_is_read_as_it_was_built_and_is_built_alike_each_time(packed):
    read = read_pack(packed)
    assert read.files == FILES
    assert read.about["code"] == "QA"
    assert read.about["left_out"] == {"evidence/contract.pdf": "private"}
    assert build_pack({"code": "QA"}, dict(reversed(FILES.items())), {"evidence/contract.pdf": "private"}) == packed


def test_a_pack_that_was_changed_on_its_way_is_found_out(packed):
    refused(repacked(packed, croissant__json=b"[]"), "PACK_ALTERED")
    refused(repacked(packed, croissant__json=None), "PACK_INCOMPLETE")
    refused(repacked(packed, more__json=b"{}"), "PACK_INCOMPLETE")


@pytest.mark.parametrize(
    "manifest", [None, b"", b"[]", b'{"files": {}}', b'{"files":{}}', canonical_json({"files": {}, "format": "x"})]
)
def test_a_zip_that_is_no_pack_is_refused(packed, manifest):
    refused(repacked(packed, manifest__json=manifest), "PACK_MALFORMED")
    assert MANIFEST == "manifest.json"


def test_bytes_that_are_no_zip_are_refused(packed):
    refused(b"", "PACK_MALFORMED")
    refused(packed[:-30], "PACK_MALFORMED")
    refused(packed.replace(b"PK\x01\x02", b"PK\x01\x03", 1), "PACK_MALFORMED")

from exchange.delivery.vault import Vault
from exchange.operations.notes import keep_note, read_note
from exchange.vocabulary.codec import NO_DIGEST


def test_a_note_is_read_by_its_digest(tmp_path):
    vault = Vault(tmp_path)
    digest = keep_note(vault, " 两份文件撤回 \n")
    assert read_note(vault, digest) == "两份文件撤回"
    assert keep_note(vault, "两份文件撤回") == digest


def test_no_note_is_no_evidence(tmp_path):
    vault = Vault(tmp_path)
    assert keep_note(vault, " \n") == NO_DIGEST
    assert read_note(vault, NO_DIGEST) == ""


def test_evidence_of_another_kind_is_no_note(tmp_path):
    vault = Vault(tmp_path)
    for content in (b"\xff\xfe", b"[]", b"null", b'{"format": "tlx-decision/1", "note": "x"}', b"{}"):
        assert read_note(vault, bytes.fromhex(vault.put(content))) == ""
    assert read_note(vault, b"\x01" * 32) == ""

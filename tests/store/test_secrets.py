import base64
import logging
import shutil
import sqlite3

import pytest

from exchange.store.secrets import VENUE_SUBJECT, SecretsError, SecretStore, subject_of

CLEAR = b"Zhang Wei, 13812345678, zhang.wei@firm.cn"


@pytest.fixture
def store(tmp_path):
    opened = SecretStore.open(tmp_path)
    yield opened
    opened.close()


def refused(code, *arguments):
    with pytest.raises(SecretsError) as caught:
        SecretStore.open(*arguments)
    assert caught.value.code == code
    return str(caught.value)


def at_rest(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_what_is_put_comes_back_after_reopening(tmp_path, store):
    person = store.add_person(CLEAR)
    store.put(VENUE_SUBJECT, "assayer", b"seed")
    store.close()
    again = SecretStore.open(tmp_path)
    assert again.person(person) == CLEAR
    assert again.get(VENUE_SUBJECT, "assayer") == b"seed"
    again.close()


def test_what_was_never_put_is_nothing(store):
    assert store.get(VENUE_SUBJECT, "unheard") is None
    assert store.person(bytes(15) + b"\x01") is None


def test_a_second_put_replaces_the_first(store):
    subject = subject_of("api-key", "k1")
    store.put(subject, "hmac", b"first")
    store.put(subject, "hmac", b"second")
    assert store.get(subject, "hmac") == b"second"


def test_a_made_secret_is_made_once(store):
    made = iter([b"one", b"two"])
    assert store.get_or_make(VENUE_SUBJECT, "dataset", lambda: next(made)) == b"one"
    assert store.get_or_make(VENUE_SUBJECT, "dataset", lambda: next(made)) == b"one"


def test_nothing_is_readable_at_rest(tmp_path, store):
    store.add_person(CLEAR)
    store.put(subject_of("api-key", "k1"), "hmac", CLEAR)
    disk = at_rest(tmp_path)
    for readable in (CLEAR, b"13812345678", CLEAR.hex().encode(), base64.b64encode(CLEAR)):
        assert readable not in disk


def test_nothing_is_logged(tmp_path, caplog):
    with caplog.at_level(logging.DEBUG):
        store = SecretStore.open(tmp_path)
        store.add_person(CLEAR)
        store.close()
    assert caplog.text == ""
    assert "Zhang" not in repr(store)


def test_an_erased_person_is_gone_and_the_others_stay(store):
    gone, stays = store.add_person(CLEAR), store.add_person(b"someone else")
    assert store.erase(gone)
    assert store.person(gone) is None
    assert store.person(stays) == b"someone else"
    assert not store.erase(gone)


def test_erasing_leaves_no_trace_of_the_row(tmp_path, store):
    person = store.add_person(CLEAR)
    with sqlite3.connect(tmp_path / "secrets.db") as reader:
        (sealed,) = reader.execute("SELECT sealed FROM secret WHERE subject = ?", (person,)).fetchone()
    reader.close()
    assert sealed in at_rest(tmp_path)
    store.erase(person)
    assert sealed not in at_rest(tmp_path)
    assert person not in at_rest(tmp_path)


def test_an_old_copy_of_the_values_is_unreadable_after_erasure(tmp_path, store):
    person = store.add_person(CLEAR)
    store.close()
    copy = tmp_path / "copy.db"
    shutil.copy(tmp_path / "secrets.db", copy)
    erasing = SecretStore.open(tmp_path)
    erasing.erase(person)
    erasing.close()
    shutil.copy(copy, tmp_path / "secrets.db")
    restored = SecretStore.open(tmp_path)
    assert restored.person(person) is None
    restored.put(person, "description", b"new")
    assert restored.person(person) == b"new"
    restored.close()


def test_the_files_are_for_their_owner_alone(tmp_path, store):
    for name in ("secrets.key", "secrets.db", "secrets.keys.db"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_a_key_file_that_others_may_read_is_refused(tmp_path, store):
    store.close()
    (tmp_path / "secrets.key").chmod(0o644)
    refused("SECRETS_KEY_EXPOSED", tmp_path)


def test_values_without_their_key_are_refused_and_no_new_key_is_made(tmp_path, store):
    store.close()
    (tmp_path / "secrets.key").unlink()
    refused("SECRETS_KEY_MISSING", tmp_path)
    assert not (tmp_path / "secrets.key").exists()


def test_values_without_the_subjects_keys_are_refused(tmp_path, store):
    store.close()
    (tmp_path / "secrets.keys.db").unlink()
    refused("SECRETS_KEY_MISSING", tmp_path)


def test_another_master_key_is_refused(tmp_path, store):
    store.close()
    refused("SECRETS_KEY_WRONG", tmp_path, bytes(32))
    refused("SECRETS_KEY_WRONG", tmp_path, b"short")


def test_a_master_key_from_outside_leaves_no_key_file(tmp_path):
    store = SecretStore.open(tmp_path, b"k" * 32)
    store.put(VENUE_SUBJECT, "assayer", b"seed")
    store.close()
    assert not (tmp_path / "secrets.key").exists()
    again = SecretStore.open(tmp_path, b"k" * 32)
    assert again.get(VENUE_SUBJECT, "assayer") == b"seed"
    again.close()


def test_a_value_moved_to_another_place_does_not_open(tmp_path, store):
    subject = subject_of("api-key", "k1")
    store.put(subject, "hmac", b"one")
    with sqlite3.connect(tmp_path / "secrets.db") as writer:
        writer.execute("UPDATE secret SET name = 'other'")
    writer.close()
    with pytest.raises(SecretsError, match="SECRETS_DAMAGED"):
        store.get(subject, "other")


def test_a_file_that_is_no_database_is_refused(tmp_path, store):
    store.close()
    (tmp_path / "secrets.db").write_bytes(b"not a database at all" * 100)
    refused("SECRETS_DAMAGED", tmp_path)

import pytest

from exchange.store.key_secrets import KeySecrets
from exchange.store.secrets import SecretStore


@pytest.fixture
def keys(tmp_path):
    store = SecretStore.open(tmp_path)
    yield KeySecrets(store)
    store.close()


def test_a_new_keys_secret_can_be_read_back_and_its_passphrase_checked(keys):
    new = keys.create()
    assert keys.hmac_secret(new.public_id) == new.secret
    assert keys.is_passphrase(new.public_id, new.passphrase)


def test_a_wrong_passphrase_is_wrong_before_and_after_the_right_one(keys):
    new = keys.create()
    assert not keys.is_passphrase(new.public_id, "wrong")
    assert keys.is_passphrase(new.public_id, new.passphrase)
    assert not keys.is_passphrase(new.public_id, "wrong")
    assert keys.is_passphrase(new.public_id, new.passphrase)


def test_an_unknown_key_has_no_secret_and_no_passphrase(keys):
    assert keys.hmac_secret("unknown") is None
    assert not keys.is_passphrase("unknown", "")


def test_two_keys_share_nothing(keys):
    one, two = keys.create(), keys.create()
    assert one.public_id != two.public_id
    assert one.secret != two.secret
    assert not keys.is_passphrase(one.public_id, two.passphrase)


def test_an_erased_key_signs_nothing_more(keys):
    new = keys.create()
    assert keys.is_passphrase(new.public_id, new.passphrase)
    assert keys.erase(new.public_id)
    assert keys.hmac_secret(new.public_id) is None
    assert not keys.is_passphrase(new.public_id, new.passphrase)


def test_neither_secret_nor_passphrase_lies_readable_on_disk_or_in_a_repr(keys, tmp_path):
    new = keys.create()
    disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert new.secret not in disk
    assert new.passphrase.encode() not in disk
    assert new.passphrase not in repr(new)

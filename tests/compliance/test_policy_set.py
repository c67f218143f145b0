import shutil

import pytest

from exchange.compliance.errors import PolicyError
from exchange.compliance.gate import Gate
from exchange.compliance.policy_set import load_policy_set, shipped_folder

GOOD = """
@id("T-1") @law("none") @outcome("refuse") @text("For a test.")
forbid (principal, action == Action::"list", resource) unless { resource.source_statement };
"""
APPROVAL = """
@id("T-2") @law("none") @outcome("approval:seal") @text("For a test.")
forbid (principal, action == Action::"list", resource) unless { context.approvals.contains("seal") };
"""


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "policies"
    shutil.copytree(str(shipped_folder()), copy)
    return copy


def check_refused(folder, code):
    with pytest.raises(PolicyError) as refusal:
        Gate.load(folder=folder)
    assert refusal.value.code == code
    return refusal.value.detail


BROKEN = [
    ("POLICY_SYNTAX", GOOD.replace("unless", "provided")),
    ("POLICY_INVALID", GOOD.replace("source_statement", "source_statment")),
    ("POLICY_INVALID", GOOD.replace('"list"', '"lsit"')),
    ("POLICY_INVALID", GOOD.replace("resource.source_statement", "resource.persons")),
    ("POLICY_INVALID", GOOD.replace('action == Action::"list"', "action").replace("resource.s", "context.s")),
    ("POLICY_UNLABELLED", GOOD.replace('@id("T-1")', "")),
    ("POLICY_UNLABELLED", GOOD.replace('@law("none")', "")),
    ("POLICY_UNLABELLED", GOOD.replace('@outcome("refuse")', "")),
    ("POLICY_UNLABELLED", GOOD.replace('@text("For a test.")', '@text("")')),
    ("POLICY_UNLABELLED", GOOD.replace('"refuse"', '"perhaps"')),
    ("POLICY_UNLABELLED", GOOD.replace('"refuse"', '"permit"')),
    ("POLICY_UNLABELLED", APPROVAL.replace("approval:seal", "approval:Seal !")),
    ("POLICY_UNLABELLED", APPROVAL.replace("approval:seal", "approval:stamp")),
    ("POLICY_UNLABELLED", GOOD.replace("(principal,", "(principal == ?principal,")),
    ("POLICY_DUPLICATE_ID", GOOD.replace("T-1", "CN-01")),
]


@pytest.mark.parametrize(("code", "policy"), BROKEN)
def test_a_policy_that_cannot_be_relied_on_keeps_the_gate_from_starting(folder, code, policy):
    (folder / "more.cedar").write_text(policy)
    check_refused(folder, code)


@pytest.mark.parametrize("policy", [GOOD, APPROVAL])
def test_a_sound_policy_of_the_operator_is_taken_in(folder, policy):
    (folder / "more.cedar").write_text(policy)
    assert {"T-1", "T-2"} & load_policy_set(folder).rules.keys()


def test_the_refusal_names_what_is_wrong(folder):
    (folder / "more.cedar").write_text(GOOD.replace("source_statement", "source_statment"))
    assert "source_statment" in check_refused(folder, "POLICY_INVALID")


def test_a_schema_that_does_not_parse_is_refused(folder):
    (folder / "tlx.cedarschema").write_text("entity Participant = {")
    check_refused(folder, "SCHEMA_INVALID")


@pytest.mark.parametrize("name", ["tlx.cedarschema", "profiles.toml", "licences.toml"])
def test_a_folder_that_lacks_a_file_is_refused_and_says_which(folder, name):
    (folder / name).unlink()
    assert name in check_refused(folder, "POLICY_FOLDER_EMPTY")


def test_a_folder_without_policies_is_refused(folder):
    for policy in folder.glob("*.cedar"):
        policy.unlink()
    check_refused(folder, "POLICY_FOLDER_EMPTY")


def test_no_folder_and_a_file_that_is_no_text_are_refused(folder):
    (folder / "more.cedar").write_bytes(b"\xff\xfe\x00")
    check_refused(folder, "POLICY_FOLDER_EMPTY")
    check_refused(folder / "absent", "POLICY_FOLDER_EMPTY")


@pytest.mark.parametrize("name", ["sources.cedar", "licences.toml", "profiles.toml", "tlx.cedarschema"])
def test_a_change_in_any_file_changes_the_hash(folder, name):
    before = load_policy_set(folder).sha256
    assert before == load_policy_set().sha256
    comment = "# x\n" if name.endswith(".toml") else "// x\n"
    (folder / name).write_text((folder / name).read_text() + comment)
    assert load_policy_set(folder).sha256 != before


def test_an_article_is_corrected_without_code(folder):
    path = folder / "levels.cedar"
    path.write_text(path.read_text().replace("DSL Art. 21", "DSL Art. 21(2)"))
    assert load_policy_set(folder).rules["CN-03"].law == "DSL Art. 21(2)"

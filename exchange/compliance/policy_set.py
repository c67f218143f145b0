"""A folder of Cedar policies, read once: parsed, validated against its schema, labelled, hashed.

Only this module and `gate` know Cedar. A rule is known by its annotations: `@id`, `@law` (the article), `@outcome`
(`refuse`, `approval:<evidence>`, or `permit` for what is allowed in general), `@text` (a sentence for the vendor), and,
where it helps, `@shows` (the fact about the dataset that names what is at fault).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

import cedarpy

from exchange.compliance.decisions import APPROVAL, Action, evidence_of
from exchange.compliance.errors import PolicyError

SCHEMA_FILE: Final = "tlx.cedarschema"
PROFILES_FILE: Final = "profiles.toml"
LICENCES_FILE: Final = "licences.toml"
POLICY_SUFFIX: Final = ".cedar"
EVIDENCE_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Rule:
    rule_id: str
    law: str
    outcome: str
    text: str
    shows: str
    actions: tuple[Action, ...]

    @property
    def evidence(self) -> str | None:
        """The evidence that lifts the rule, or None where nothing does."""
        return evidence_of(self.outcome)


@dataclass(frozen=True)
class PolicySet:
    """`sha256` covers every file of the folder, so that a changed article or licence changes it as a rule does."""

    policies: cedarpy.PolicySet
    schema: cedarpy.Schema
    rules: Mapping[str, Rule]
    profiles_toml: str
    licences_toml: str
    sha256: str


def shipped_folder() -> Traversable:
    return resources.files("exchange.compliance") / "policies"


def load_policy_set(folder: Traversable | None = None) -> PolicySet:
    """Read, check and parse a folder; raises PolicyError with a code where anything in it cannot be relied on."""
    files = _read(folder or shipped_folder())
    policy_text = "\n".join(text for name, text in files.items() if name.endswith(POLICY_SUFFIX))
    schema = _schema(files[SCHEMA_FILE])
    try:
        policies = cedarpy.PolicySet.from_str(policy_text)
    except ValueError as error:
        raise PolicyError("POLICY_SYNTAX", str(error)) from error
    validation = cedarpy.validate_policies(policy_text, schema)
    if not validation.validation_passed:
        raise PolicyError("POLICY_INVALID", "; ".join(error.error for error in validation.errors))
    return PolicySet(
        policies=policies,
        schema=schema,
        rules=_rules(json.loads(cedarpy.policies_to_json_str(policy_text))),
        profiles_toml=files[PROFILES_FILE],
        licences_toml=files[LICENCES_FILE],
        sha256=_hash(files),
    )


def _read(folder: Traversable) -> dict[str, str]:
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
        files = {
            entry.name: entry.read_text(encoding="utf-8")
            for entry in entries
            if entry.name.endswith((POLICY_SUFFIX, ".cedarschema", ".toml"))
        }
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError("POLICY_FOLDER_EMPTY", str(error)) from error
    absent = {SCHEMA_FILE, PROFILES_FILE, LICENCES_FILE} - files.keys()
    if absent or not any(name.endswith(POLICY_SUFFIX) for name in files):
        raise PolicyError("POLICY_FOLDER_EMPTY", f"{folder} lacks {sorted(absent) or POLICY_SUFFIX}")
    return files


def _schema(text: str) -> cedarpy.Schema:
    try:
        return cedarpy.Schema.from_str(text)
    except ValueError as error:
        raise PolicyError("SCHEMA_INVALID", str(error)) from error


def _hash(files: Mapping[str, str]) -> str:
    whole = hashlib.sha256()
    for name, text in files.items():
        content = hashlib.sha256(text.encode()).hexdigest()
        whole.update(f"{name}\0{content}\n".encode())
    return whole.hexdigest()


def _rules(parsed: Mapping[str, Any]) -> dict[str, Rule]:
    if parsed["templates"]:
        raise PolicyError("POLICY_UNLABELLED", "templates have no place here")
    rules: dict[str, Rule] = {}
    for policy in parsed["staticPolicies"].values():
        rule = _rule(policy)
        if rule.rule_id in rules:
            raise PolicyError("POLICY_DUPLICATE_ID", rule.rule_id)
        rules[rule.rule_id] = rule
    return dict(sorted(rules.items()))


def _rule(policy: Mapping[str, Any]) -> Rule:
    labels = policy.get("annotations", {})
    absent = [name for name in ("id", "law", "outcome", "text") if not labels.get(name)]
    if absent:
        raise PolicyError("POLICY_UNLABELLED", f"{labels.get('id') or 'a policy'} lacks @{', @'.join(absent)}")
    rule_id, outcome = labels["id"], labels["outcome"]
    if (policy["effect"] == "permit") != (outcome == "permit"):
        raise PolicyError("POLICY_UNLABELLED", f"{rule_id}: effect and @outcome contradict each other")
    if problem := _outcome_problem(outcome, policy):
        raise PolicyError("POLICY_UNLABELLED", f"{rule_id}: {problem}")
    return Rule(
        rule_id=rule_id,
        law=labels["law"],
        outcome=outcome,
        text=labels["text"],
        shows=labels.get("shows") or "",
        actions=tuple(_actions(policy["action"])),
    )


def _outcome_problem(outcome: str, policy: Mapping[str, Any]) -> str | None:
    """An approval that the rule itself never looks for could not lift it."""
    if outcome in {"permit", "refuse"}:
        return None
    evidence = outcome.removeprefix(APPROVAL)
    if not outcome.startswith(APPROVAL) or not EVIDENCE_ID.fullmatch(evidence):
        return f"@outcome {outcome!r} is neither refuse nor approval:<evidence>"
    if json.dumps(evidence) not in json.dumps(policy["conditions"]):
        return f"the condition never looks for {evidence!r}"
    return None


def _actions(scope: Mapping[str, Any]) -> Iterator[Action]:
    if scope["op"] == "All":
        yield from Action
        return
    entities = scope.get("entities") or [scope["entity"]]
    for entity in entities:
        yield Action(entity["id"])

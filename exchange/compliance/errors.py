"""Errors of the gate that a caller may see; each has a stable code."""


class PolicyError(Exception):
    """The policies, or the data beside them, cannot be used: the gate refuses to start.

    Codes: POLICY_FOLDER_EMPTY, POLICY_SYNTAX, POLICY_INVALID (does not validate against the schema), POLICY_UNLABELLED
    (an annotation is missing or wrong), POLICY_DUPLICATE_ID, SCHEMA_INVALID, PROFILE_UNKNOWN, PROFILE_INVALID,
    LICENCES_INVALID.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class ApprovalError(Exception):
    """Evidence that cannot be attached as it was given.

    Codes: EVIDENCE_MALFORMED (no evidence id), EVIDENCE_UNKNOWN (no rule asks for it), DIGEST_MALFORMED (not 32 bytes),
    VALIDITY_EMPTY (it ends before it begins).
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

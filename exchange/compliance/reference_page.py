"""The tables of `docs/reference/compliance.md`, written from the rules themselves.

`python -m exchange.compliance.reference_page` prints them; a test holds the page to them.
"""

import sys
from collections.abc import Iterable, Sequence

from exchange.compliance.gate import FAILED, MISSING, NOT_ADOPTED, NOTHING_PERMITS, Gate
from exchange.compliance.licences import Licences, purpose_names
from exchange.compliance.policy_set import Rule, load_policy_set
from exchange.compliance.pools import RULES
from exchange.compliance.profiles import Profile, mode_names, profile_names, read_profile


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def rule_table(rules: Iterable[Rule]) -> str:
    rows = [[rule.rule_id, " ".join(rule.actions), rule.law, rule.outcome, rule.text] for rule in rules]
    return table(("Id", "Actions", "Law", "Outcome", "Reason given"), rows)


def own_reasons_table() -> str:
    return table(("Id", "Reason given"), [NOT_ADOPTED, MISSING, FAILED, NOTHING_PERMITS])


def pool_table() -> str:
    return table(("Id", "Reason given"), list(RULES.items()))


def profile_table(profiles: Iterable[Profile]) -> str:
    rows = [
        [
            profile.name,
            " ".join(mode_names(profile.modes)),
            "required" if profile.require_sampling_report else "judged where there is one",
            str(profile.min_days),
            str(profile.max_holders or "no limit"),
        ]
        for profile in profiles
    ]
    return table(("Profile", "Modes", "Sampling report", "Days between opposite trades", "Holders"), rows)


def licence_table(licences: Licences) -> str:
    rows = []
    for licence in licences:
        traits = {
            "attribution": licence.attribution,
            "non-commercial": not licence.commercial,
            "no derivatives": not licence.derivatives,
        }
        rows.append(
            [
                licence.spdx,
                ", ".join(name for name, holds in traits.items() if holds) or "none",
                ", ".join(sorted(licence.passes_to)) if licence.share_alike else "any",
                " ".join(purpose_names(licence.purposes)),
            ]
        )
    return table(("SPDX id", "Conditions", "May be sold under", "Purposes"), rows)


def tables() -> list[str]:
    """Every table of the page, in its order, for the shipped policies."""
    policy_set = load_policy_set()
    profiles = [read_profile(policy_set.profiles_toml, name) for name in profile_names(policy_set.profiles_toml)]
    return [
        rule_table(Gate.load().rules),
        own_reasons_table(),
        pool_table(),
        profile_table(profiles),
        licence_table(Licences.parse(policy_set.licences_toml)),
    ]


if __name__ == "__main__":
    sys.stdout.write("\n".join(tables()))

"""Datasets into the market: handed in by a vendor, admitted or refused, and the right to trade them asked for."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from exchange.vocabulary.instruments import Side
from simulations.market.books import Product
from simulations.market.client import RefusedError, Venue
from simulations.market.credentials import Credentials, read_private, write_private
from simulations.market.enrolment import Member
from simulations.market.papers import APPROVAL, Papers, is_liftable, with_papers
from simulations.market.submission import Submission

REGISTER: Final = "market.json"
COPIES: Final = 2_000
"""So many that claims do not run out: each participant takes every lot at most once."""
PURPOSE: Final = "training"


@dataclass(frozen=True, slots=True)
class Register:
    """What became of each dataset by name, in the market's folder."""

    path: Path

    @classmethod
    def of(cls, folder: Path) -> "Register":
        return cls(folder / REGISTER)

    def outcome(self, name: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = read_private(self.path).get(name)
        return found

    def keep(self, name: str, outcome: dict[str, Any]) -> None:
        write_private(self.path, read_private(self.path) | {name: outcome})

    def forget_refusals(self) -> None:
        """So that what was refused is handed in again: an approval may have been attached since."""
        kept = read_private(self.path)
        write_private(self.path, {name: outcome for name, outcome in kept.items() if "product_id" in outcome})


async def submit(
    venue: Venue, operator: Credentials, register: Register, vendor: Member, submission: Submission
) -> str | None:
    """The product that the dataset trades as; None where it was refused, now or on an earlier start.

    What only papers stand against is handed in a second time, with them. Raises AwayError; the exchange admits the
    same metadata once, so that this may simply be called again.
    """
    known = register.outcome(submission.name)
    outcome = known
    if outcome is None:
        outcome = await _submitted(venue, vendor, submission)
        if is_liftable(outcome):
            _tell(venue, vendor, submission, outcome)
            papers = await asyncio.to_thread(with_papers, submission)
            await _attach(venue, operator, papers)
            outcome = await _submitted(venue, vendor, papers.submission)
        register.keep(submission.name, outcome)
    _tell(venue, vendor, submission, outcome, earlier=known is not None)
    product: str | None = outcome.get("product_id")
    return product


def _tell(
    venue: Venue, vendor: Member, submission: Submission, outcome: dict[str, Any], *, earlier: bool = False
) -> None:
    """Who was admitted as what, or refused by which rule and law, now or on an earlier start."""
    log = venue.log.bind(dataset=submission.name, vendor=vendor.plan.name)
    if "product_id" in outcome:
        log.info("admitted earlier" if earlier else "admitted", product=outcome["product_id"])
        return
    log.warning("refused earlier" if earlier else "refused", code=outcome["code"], message=outcome["message"])
    if earlier:
        return
    for reason in outcome["reasons"]:
        log.warning("refused by", rule=reason.get("rule"), law=reason.get("law"), text=reason.get("text"))


async def _attach(venue: Venue, operator: Credentials, papers: Papers) -> None:
    """The operator attaches the assessment, for this edition of the dataset."""
    files = [("document", ("assessment.txt", papers.assessment))]
    form = {"dataset": papers.dataset, "evidence": APPROVAL}
    await venue.call("POST", "/approvals", operator, form=form, files=files)
    venue.log.info("attached", evidence=APPROVAL, dataset=papers.submission.name)


async def _submitted(venue: Venue, vendor: Member, submission: Submission) -> dict[str, Any]:
    files = [
        ("croissant", ("croissant.json", submission.croissant)),
        *(("files", (path, content)) for path, content in submission.files.items()),
        *(("evidence", (path, content)) for path, content in submission.evidence.items()),
    ]
    venue.log.info("submitting", dataset=submission.name, vendor=vendor.plan.name, bytes=submission.size_bytes)
    try:
        told = await venue.call("POST", "/datasets", vendor.credentials, form={"copies": str(COPIES)}, files=files)
    except RefusedError as refused:
        if refused.code == "ALREADY_LISTED":
            return {"product_id": await _listed_as(venue, submission)}
        reasons = list(refused.details.get("reasons", []))
        return {"code": refused.code, "message": refused.message, "reasons": reasons}
    return {"product_id": told["product_id"]}


async def _listed_as(venue: Venue, submission: Submission) -> str:
    """The product of a dataset whose admission was answered to nobody: found by the SHA-256 of its metadata."""
    digest = hashlib.sha256(submission.croissant).hexdigest()
    listed = await venue.surely("GET", "/datasets")
    return next(str(each["product_id"]) for each in listed if each["dataset"] == digest)


async def product_named(venue: Venue, product_id: str) -> Product:
    return Product.of(await venue.surely("GET", f"/products/{product_id}"))


async def entitle(venue: Venue, member: Member, product_id: str) -> frozenset[Side]:
    """The sides that the gate lets the member trade, asked for where it has no grant yet."""
    sides = [Side.SELL] if member.plan.roles == ["vendor"] else [Side.BUY, Side.SELL]
    held = await venue.surely("GET", "/entitlements", member.credentials)
    granted = {each["side"] for each in held if each["product_id"] == product_id}
    for side in sides:
        if side.name.lower() not in granted and await _is_granted(venue, member.credentials, product_id, side):
            granted.add(side.name.lower())
    return frozenset(side for side in sides if side.name.lower() in granted)


async def _is_granted(venue: Venue, credentials: Credentials, product_id: str, side: Side) -> bool:
    """A vendor that never held the dataset may not be entitled to sell it; that is the gate's to say."""
    body = {"product_id": product_id, "side": side.name.lower(), "purpose": PURPOSE}
    try:
        await venue.surely("POST", "/entitlements", credentials, body)
    except RefusedError as refused:
        venue.log.warning("not entitled", product=product_id, side=body["side"], code=refused.code)
        return False
    return True

"""Facts for the gate, collected in one place: of the participant, of the dataset, of what is asked.

What is not known stays None, and the gate denies on it.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import Listing
from exchange.compliance.assay_facts import AssayFacts, SamplingFacts
from exchange.compliance.facts import (
    Acquisition,
    DataLevel,
    DatasetFacts,
    LegalBasis,
    ParticipantFacts,
    SourceFacts,
)
from exchange.compliance.pools import PoolClass
from exchange.operations.admission import profile_of
from exchange.operations.dossier import Dossier, read_dossier
from exchange.operations.entries import AccountEntry, BaseEntry, ParticipantEntry
from exchange.operations.refusals import OperationRefused
from exchange.operations.statements import read_sampling, read_sector, read_statements
from exchange.runtime import Exchange
from exchange.store.secrets import subject_of
from exchange.vocabulary.participants import ParticipantState

Evidences = Mapping[str, bytes]

WORLDWIDE: Final = "worldwide"
SAMPLING_REPORT: Final = "sampling-report"
AUTHORITY: Final[Mapping[Acquisition, frozenset[str]]] = {
    Acquisition.OPEN: frozenset(),
    Acquisition.SELF_COLLECTED: frozenset({"collection-record"}),
    Acquisition.COMMERCIAL: frozenset({"contract", "proof-of-rights"}),
    Acquisition.CRAWLED: frozenset({"licence-file"}),
    Acquisition.SYNTHETIC: frozenset({"generation-record"}),
    Acquisition.PUBLIC_DATA: frozenset({"authorisation"}),
}
"""Evidence that shows a right-holder's authority where the vendor says nothing else; an open licence is one itself."""

_LEGAL_BASES: Final = frozenset(str(basis) for basis in LegalBasis)
_VERIFIED: Final = (ParticipantState.VERIFIED, ParticipantState.ACTIVE, ParticipantState.SUSPENDED)


def account_of(exchange: Exchange, account: int) -> AccountEntry:
    entry = exchange.directory.accounts.get(account)
    if entry is None:
        raise OperationRefused("UNKNOWN_ACCOUNT", f"there is no account {account}")
    return entry


def participant_facts(exchange: Exchange, account: AccountEntry, at_ns: int) -> ParticipantFacts:
    """Of the account's participant, as the machine and its profile have it now."""
    entry: ParticipantEntry = exchange.directory.participants[account.participant]
    in_time = entry.expires_at_ns == 0 or at_ns < entry.expires_at_ns
    return ParticipantFacts(
        participant=str(entry.participant),
        identity_verified=entry.state in _VERIFIED and in_time,
        blocked=bool(account.blocked) or entry.state in (ParticipantState.SUSPENDED, ParticipantState.LEFT),
        jurisdiction=profile_of(exchange, entry.participant).jurisdiction,
    )


def dataset_facts(croissant: bytes, listing: Listing, assay: Mapping[str, Any], evidence: Evidences) -> DatasetFacts:
    """Of a listing, its assay's body, and the evidence by path; what is named but absent or empty is not shown."""
    shown = {each.kind for each in listing.evidence if evidence.get(each.path)}
    stated = read_statements(croissant, listing)
    sources = tuple(
        SourceFacts(
            name=source.id,
            licence=source.licence or listing.licence,
            acquisition=_acquisition(source.acquisition),
            evidence=frozenset(shown),
        )
        for source in listing.sources
    )
    authority = stated.right_holder_authority
    if authority is None:
        authority = all(AUTHORITY[source.acquisition] <= shown for source in sources)
    return DatasetFacts(
        dataset=listing.sha256,
        licence=listing.licence,
        offered_purposes=listing.terms.purposes,
        territories=frozenset(listing.terms.territory or (WORLDWIDE,)),
        sources=sources,
        origin=stated.origin,
        data_level=DataLevel(listing.data_level),
        source_statement=bool(sources and listing.collection),
        right_holder_authority=authority,
        human_genetic=stated.human_genetic,
        declares_personal=listing.declares_personal_data,
        declares_sensitive=stated.declares_sensitive,
        declares_under_14=stated.declares_under_14,
        anonymised=stated.anonymised,
        persons=stated.persons,
        legal_bases=frozenset(LegalBasis(kind) for kind in shown & _LEGAL_BASES),
        assay=AssayFacts.of_certificate(assay),
        sampling=_sampling(listing, evidence),
        sector=read_sector(listing),
        prohibitions=frozenset(listing.terms.prohibitions),
    )


def listed_facts(exchange: Exchange, base: BaseEntry, dossier: Dossier) -> DatasetFacts:
    """Of a dataset that was admitted: the same documents, read again out of the vault."""
    known = exchange.dataset_facts.get(base.base)
    if known is None:
        croissant = exchange.vault.get(dossier.croissant)
        certificate = json.loads(exchange.vault.get(dossier.certificate))
        evidence = kept_evidence(exchange, dossier.evidence)
        known = dataset_facts(croissant, read_listing(croissant), certificate["body"]["assay"], evidence)
        exchange.dataset_facts[base.base] = known
    return known


def traded_facts(exchange: Exchange, asset: int) -> DatasetFacts:
    """Of what claims of this asset are on: a dataset, or the class of a pool."""
    entry = exchange.directory.claimed(asset)
    if isinstance(entry, BaseEntry):
        return listed_facts(exchange, entry, read_dossier(exchange.vault, entry.listing))
    return PoolClass.read(exchange.vault.get(entry.listing.hex())).facts()


def keep_evidence(exchange: Exchange, listing: Listing, evidence: Evidences) -> dict[str, str]:
    """Store the evidence, the digests by path. What shows consent shows people: it goes to the erasable store."""
    consent = {each.path for each in listing.evidence if each.kind in _LEGAL_BASES}
    digests = {}
    for path, content in sorted(evidence.items()):
        digest = hashlib.sha256(content).hexdigest()
        if path in consent:
            exchange.secrets.put(subject_of("consent", digest), "evidence", content)
        else:
            exchange.vault.put(content)
        digests[path] = digest
    return digests


def kept_evidence(exchange: Exchange, digests: Mapping[str, str]) -> dict[str, bytes]:
    """The evidence by path, without what was erased since."""
    kept = {}
    for path, digest in digests.items():
        if exchange.vault.has(digest):
            kept[path] = exchange.vault.get(digest)
        elif content := exchange.secrets.get(subject_of("consent", digest), "evidence"):
            kept[path] = content
    return kept


def _acquisition(stated: str) -> Acquisition:
    try:
        return Acquisition(stated)
    except ValueError:
        ways = ", ".join(Acquisition)
        raise OperationRefused("BAD_STATEMENT", f"a source is acquired {stated[:40]!r}, not in one of {ways}") from None


def _sampling(listing: Listing, evidence: Evidences) -> SamplingFacts | None:
    for path in listing.evidence_of(SAMPLING_REPORT):
        if report := evidence.get(path):
            try:
                return SamplingFacts(**read_sampling(report))
            except TypeError as error:
                raise OperationRefused("BAD_EVIDENCE", f"sampling report: {error}") from None
    return None

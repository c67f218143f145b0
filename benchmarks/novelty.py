"""Novelty held against the truth: known shares of a dataset planted in a corpus, exact and perturbed, under many keys.

    python benchmarks/novelty.py [--folder FOLDER] [--keys 100] [--documents 300] [--rate-log2 4] [--seed 1]

FOLDER holds the real sets that `simulations/listings` describes, each in a folder of its name. Of each set, some
documents are what is listed, as many others are the buyer's own, and of the listed ones a share is planted among them.
A line tells the true share held, the mean of the estimates, the bounds' mean distance from it, and how many keys put
the truth below the lower or above the upper bound: at most 5 of 100 each.
"""

import argparse
from pathlib import Path

from exchange.assay.sketches import KEY_BYTES, ListedSketch, sketch_dataset
from simulations.planted.overlaps import DATA, LISTINGS, Outcome, measure, planted_corpora, real_set


def _line(name: str, listed: ListedSketch, outcome: Outcome) -> str:
    planted = outcome.planted
    kind = "perturbed" if planted.perturbed else "exact"
    facts = (
        outcome.truth_ppm,
        outcome.mean_ppm,
        outcome.mean_ppm - outcome.low_ppm,
        outcome.high_ppm - outcome.mean_ppm,
    )
    told = " | ".join(f"{each / 10_000:.2f}" for each in facts)
    hashes = len(listed.sketch.hashes)
    return f"| {name} | {hashes} | {planted.share_percent} {kind} | {told} | {outcome.below} | {outcome.above} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=DATA)
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--rate-log2", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1, help="Draws documents, copies and keys")
    asked = parser.parse_args()
    print("| set | hashes | planted % | held % | estimate | - | + | below | above |")
    print("|---|---|---|---|---|---|---|---|---|")
    for path in sorted(LISTINGS.glob("*.croissant.json")):
        name = path.name.removesuffix(".croissant.json")
        found = real_set(name, asked.documents, asked.folder, asked.seed)
        if found is None:
            continue
        documents, own = found
        corpora = list(planted_corpora([text for text, _ in documents], own, asked.seed))
        listed = sketch_dataset(bytes(KEY_BYTES), documents, asked.rate_log2)
        for outcome in measure(documents, corpora, asked.keys, asked.rate_log2, asked.seed):
            print(_line(name, listed, outcome), flush=True)


if __name__ == "__main__":
    main()

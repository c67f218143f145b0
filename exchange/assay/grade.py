"""From indicators to a grade: by the weakest dimension, never the mean.

Indicators and dimensions follow TC609's scheme (0101–0104 documentation, 0201–0208 data, 0301–0305 model). An
indicator's score is the share without defects; of a sample, its one-sided 95 % lower bound (Wilson 1927). A dimension's
score is the plain mean of its measured indicators, rounded down once. All arithmetic is exact, so that two machines
sign the same bytes.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import isqrt
from typing import Literal, NamedTuple

Dimension = Literal["documentation", "data", "model"]
DIMENSIONS: tuple[Dimension, ...] = ("documentation", "data", "model")
ONE_PPM = 1_000_000
GRADE_FLOORS_PPM = (("G1", 950_000), ("G2", 900_000), ("G3", 800_000))
UNGRADED = "ungraded"
# z of the one-sided 95 % bound.
Z = Fraction(1645, 1000)

INDICATORS: Mapping[str, tuple[Dimension, str]] = {
    "0101": ("documentation", "basic information"),
    "0102": ("documentation", "content features"),
    "0103": ("documentation", "construction process"),
    "0104": ("documentation", "application"),
    "0201": ("data", "format"),
    "0202": ("data", "safety"),
    "0203": ("data", "annotation"),
    "0204": ("data", "structure"),
    "0205": ("data", "authenticity and traceability"),
    "0206": ("data", "content consistency"),
    "0207": ("data", "type consistency"),
    "0208": ("data", "cleanliness"),
    "0301": ("model", "diversity"),
    "0302": ("model", "scale"),
    "0303": ("model", "timeliness"),
    "0304": ("model", "label accuracy"),
    "0305": ("model", "model fit"),
}

HardFailure = Literal[
    "SECRET_FOUND",
    "PERSONAL_DATA_UNREMEDIATED",
    "MISSING_LICENCE_EVIDENCE",
    "HASH_MISMATCH",
    "TOKENIZER_DISAGREEMENT",
    "SENSITIVE_WORDS_OVER_LIMIT",
]


class Measurement(NamedTuple):
    """`defects` of `n` (documents, tokens or fields); `sampled` where n is a sample of the whole."""

    code: str
    n: int
    defects: int
    sampled: bool = False

    def score(self) -> Fraction:
        """Exact of a full scan, so that a dimension just at a grade's floor has that grade; of a sample, whole ppm."""
        good = self.n - self.defects
        return Fraction(wilson_lower_ppm(good, self.n), ONE_PPM) if self.sampled else Fraction(good, self.n)

    def score_ppm(self) -> int:
        return int(self.score() * ONE_PPM)


class Grading(NamedTuple):
    """`scores_ppm` of the dimensions that have a measured indicator, and the grade they give."""

    scores_ppm: dict[str, int]
    unmeasured: list[str]
    grade: str


def wilson_lower_ppm(good: int, n: int) -> int:
    """The one-sided 95 % lower bound of a share of which `good` of `n` were seen, in ppm, rounded down.

    (p + z²/2n − z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n), here multiplied by n above and below.
    """
    assert 0 <= good <= n > 0
    under_root = Fraction(good * (n - good), n) + Z * Z / 4
    # Rounded up in its 12th place, so that the bound itself never rounds up.
    scaled = under_root.numerator * 10**24 // under_root.denominator
    root = Fraction(isqrt(scaled) + 1, 10**12)
    bound = (good + Z * Z / 2 - Z * root) / (n + Z * Z)
    return max(0, int(bound * ONE_PPM))


def grade_of(measurements: Iterable[Measurement]) -> Grading:
    """The grade by the weakest measured dimension; one without any measured indicator caps it at G2."""
    scores: dict[Dimension, list[Fraction]] = {dimension: [] for dimension in DIMENSIONS}
    measured = {measurement.code: measurement for measurement in measurements if measurement.n}
    for code, measurement in measured.items():
        scores[INDICATORS[code][0]].append(measurement.score())
    means: dict[str, int] = {
        name: int(sum(shares) * ONE_PPM / len(shares)) for name, shares in scores.items() if shares
    }
    unmeasured = [code for code in INDICATORS if code not in measured]
    return Grading(means, unmeasured, _grade_by_weakest(means))


def _grade_by_weakest(scores_ppm: Mapping[str, int]) -> str:
    if not scores_ppm:
        return UNGRADED
    weakest = min(scores_ppm.values())
    grade = next((name for name, floor in GRADE_FLOORS_PPM if weakest >= floor), UNGRADED)
    return "G2" if grade == "G1" and len(scores_ppm) < len(DIMENSIONS) else grade

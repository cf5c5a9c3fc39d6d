"""Which of the answers that are sure enough to say deserves the lesson."""

from collections.abc import Collection, Sequence

__all__ = ["lesson_answer", "lesson_class"]

# Answers that together make a class with a page of its own; the first row that holds is taken.
_CLASSES = (
    (("spiral.yes", "bar.yes"), ("galaxy10_decals", "barred")),
    (("spiral.yes", "bar.no", "arm-winding.tight"), ("galaxy10_decals", "unbarred-tight")),
    (("spiral.yes", "bar.no", "arm-winding.medium"), ("galaxy10_decals", "unbarred-loose")),
    (("spiral.yes", "bar.no", "arm-winding.loose"), ("galaxy10_decals", "unbarred-loose")),
)

# The rarest and most telling first: what is odd about a galaxy teaches more than that it is a disc.
_QUESTIONS = (
    "odd-feature.",
    "edge-on-bulge.",
    "roundness.",
    "arm-winding.",
    "spiral.",
    "bar.yes",
    "edge-on.",
    "smooth-or-features.",
)


def lesson_class(kept: Collection[str]) -> tuple[str, str] | None:
    """Taxonomy and class that a set of answers amounts to, unless an odd feature is among them."""
    if any(a.startswith("odd-feature.") for a in kept):
        return None
    return next((c for answers, c in _CLASSES if all(a in kept for a in answers)), None)


def lesson_answer(kept: Sequence[str]) -> str:
    """The most telling of these answers; empty where none is."""
    ranked = (a for q in _QUESTIONS for a in kept if a.startswith(q))
    return next(ranked, "")

"""Decision trees as data: questions, their answers, and which answer leads to which question.

Everything is keyed by stable ids (`question.answer`), never by display text or position.

Sources: Willett et al. 2013, MNRAS 435, 2835, table 2 (the Galaxy Zoo 2 tree); the Kaggle Galaxy Zoo challenge
(its column names); Walmsley et al. 2022, MNRAS 509, 3966, figure 4 (the GZ DECaLS tree); Lintott et al. 2008, MNRAS 389, 1179
(the sense of rotation).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

__all__ = ["DECALS", "GZ2", "KAGGLE", "SKYFORM", "TREES", "Answer", "Question", "Tree"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of one question.

    `id` is `question.answer`; `text` is what a person reads; `next` is the id of the question it leads to, or None at the
    end of the tree; `column` is the name in the data set that the tree comes from.
    """

    id: str
    text: str
    next: str | None
    column: str

    @property
    def question(self) -> str:
        """Id of the question that this answers."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Question:
    """One question and its answers, in the order of the data set."""

    id: str
    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Tree:
    """A decision tree. The first question is the root.

    Parameters
    ----------
    id, name : str
        Stable id and display name.
    questions : tuple of Question
        In the data set's own order, which is also the order of columns in every array of answers.
    always_asked : frozenset of str
        Questions whose cumulative answers sum to 1 whatever the tree says (question 6 in Kaggle's file).
    also_asked : mapping of question id to answer ids
        Questions asked beside the flow of `Answer.next`, whenever one of those answers is given.
    """

    id: str
    name: str
    questions: tuple[Question, ...]
    always_asked: frozenset[str] = frozenset()
    also_asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """All answers, in column order."""
        return tuple(a for q in self.questions for a in q.answers)

    @cached_property
    def index(self) -> dict[str, int]:
        """Column of each answer id."""
        return {a.id: i for i, a in enumerate(self.answers)}

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Columns of each question id."""
        out: dict[str, slice] = {}
        start = 0
        for q in self.questions:
            out[q.id] = slice(start, start + len(q.answers))
            start += len(q.answers)
        return out

    @cached_property
    def question(self) -> dict[str, Question]:
        """Question by id."""
        return {q.id: q for q in self.questions}

    @cached_property
    def parents(self) -> dict[str, tuple[int, ...]]:
        """Columns of the answers that lead to each question; empty for the root."""
        out: dict[str, list[int]] = {q.id: [] for q in self.questions}
        for i, a in enumerate(self.answers):
            if a.next is not None:
                out[a.next].append(i)
        for asked, answers in self.also_asked.items():
            out[asked] += [self.index[a] for a in answers]
        return {q: tuple(p) for q, p in out.items()}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Question ids such that every question comes after all its parents."""
        done: list[str] = []
        waiting = [q.id for q in self.questions]
        while waiting:
            ready = [
                q for q in waiting if all(self.answers[p].question in done for p in self.parents[q])
            ]
            if not ready:
                raise ValueError(f"tree {self.id!r} has a cycle among {waiting}")
            done += ready
            waiting = [q for q in waiting if q not in ready]
        return tuple(done)

    @property
    def root(self) -> str:
        """Id of the first question."""
        return self.questions[0].id

    @cached_property
    def needed(self) -> dict[str, tuple[str, ...]]:
        """Answers that everyone gave who is asked each question, from the root down.

        With several routes to a question, only what all routes share: both answers to "bar" lead to "spiral", so none is needed.
        """
        out: dict[str, tuple[str, ...]] = {}
        for q in self.order:
            parents = [self.answers[p] for p in self.parents[q]]
            routes = [(*out[a.question], a.id) for a in parents]
            shared = set[str].intersection(*map(set, routes)) if routes else set[str]()
            out[q] = tuple(a for a in routes[0] if a in shared) if routes else ()
        return out

    def implied(self, answer: str) -> tuple[str, ...]:
        """Answers that everyone must have given who gave this one, from the root down, itself last."""
        return (*self.needed[answer.partition(".")[0]], answer)

    def _repr_html_(self) -> str:
        # Notebooks call it; nothing else loads it.
        from skyform.schema.display import tree_html

        return tree_html(self)


def _question(number: int, id: str, text: str, *answers: tuple[str, str, str | None]) -> Question:
    return Question(
        id,
        text,
        tuple(
            Answer(f"{id}.{a}", words, to, f"Class{number}.{k}")
            for k, (a, words, to) in enumerate(answers, start=1)
        ),
    )


_GZ2_QUESTIONS = (
    _question(
        1,
        "smooth-or-features",
        "Is the galaxy simply smooth and rounded, with no sign of a disc?",
        ("smooth", "smooth", "roundness"),
        ("features", "features or disc", "edge-on"),
        ("star", "star or artefact", None),
    ),
    _question(
        2,
        "edge-on",
        "Could this be a disc viewed edge-on?",
        ("yes", "edge-on", "edge-on-bulge"),
        ("no", "not edge-on", "bar"),
    ),
    _question(
        3,
        "bar",
        "Is there a sign of a bar feature through the centre?",
        ("yes", "a bar", "spiral"),
        ("no", "no bar", "spiral"),
    ),
    _question(
        4,
        "spiral",
        "Is there any sign of a spiral arm pattern?",
        ("yes", "spiral arms", "arm-winding"),
        ("no", "no spiral arms", "bulge"),
    ),
    _question(
        5,
        "bulge",
        "How prominent is the central bulge?",
        ("none", "no bulge", "odd"),
        ("just-noticeable", "a just noticeable bulge", "odd"),
        ("obvious", "an obvious bulge", "odd"),
        ("dominant", "a dominant bulge", "odd"),
    ),
    _question(
        6,
        "odd",
        "Is there anything odd?",
        ("yes", "something odd", "odd-feature"),
        ("no", "nothing odd", None),
    ),
    _question(
        7,
        "roundness",
        "How rounded is it?",
        ("round", "completely round", "odd"),
        ("in-between", "in between", "odd"),
        ("cigar", "cigar shaped", "odd"),
    ),
    _question(
        8,
        "odd-feature",
        "What is the odd feature?",
        ("ring", "a ring", None),
        ("lens", "a lens or arc", None),
        ("disturbed", "disturbed", None),
        ("irregular", "irregular", None),
        ("other", "something else", None),
        ("merger", "a merger", None),
        ("dust-lane", "a dust lane", None),
    ),
    _question(
        9,
        "edge-on-bulge",
        "What shape is the bulge, seen from the side?",
        ("rounded", "a rounded bulge", "odd"),
        ("boxy", "a boxy bulge", "odd"),
        ("none", "no bulge", "odd"),
    ),
    _question(
        10,
        "arm-winding",
        "How tightly wound do the spiral arms appear?",
        ("tight", "tightly wound arms", "arm-number"),
        ("medium", "medium wound arms", "arm-number"),
        ("loose", "loosely wound arms", "arm-number"),
    ),
    _question(
        11,
        "arm-number",
        "How many spiral arms are there?",
        ("1", "one arm", "bulge"),
        ("2", "two arms", "bulge"),
        ("3", "three arms", "bulge"),
        ("4", "four arms", "bulge"),
        ("more", "more than four arms", "bulge"),
        ("cant-tell", "an uncountable number of arms", "bulge"),
    ),
)

GZ2 = Tree("gz2", "Galaxy Zoo 2", _GZ2_QUESTIONS)
KAGGLE = Tree("kaggle", "Kaggle Galaxy Zoo", _GZ2_QUESTIONS, always_asked=frozenset({"odd"}))

_SENSE = Question(
    "sense",
    "Which way do the arms wind?",
    (
        Answer("sense.clockwise", "clockwise", None, "GZ1.clockwise"),
        Answer("sense.anticlockwise", "anticlockwise", None, "GZ1.anticlockwise"),
    ),
)
# What our networks answer: the GZ2 tree with Kaggle's convention for question 6, its 37 columns first, and Galaxy Zoo 1's sense
# of rotation beside it.
SKYFORM = Tree(
    "skyform",
    "Galaxy Zoo 2 with Galaxy Zoo 1's sense of rotation",
    (*_GZ2_QUESTIONS, _SENSE),
    always_asked=frozenset({"odd"}),
    also_asked={"sense": ("spiral.yes",)},
)


def _decals(id: str, text: str, *answers: tuple[str, str, str | None]) -> Question:
    return Question(
        id, text, tuple(Answer(f"{id}.{a}", words, to, f"{id}_{a}") for a, words, to in answers)
    )


# In GZ DECaLS one answer opens several questions side by side, and two answers lead to "merging".
DECALS = Tree(
    "decals",
    "Galaxy Zoo DECaLS",
    (
        _decals(
            "smooth-or-featured",
            "Is the galaxy simply smooth and rounded, or does it have features?",
            ("smooth", "smooth", "how-rounded"),
            ("featured-or-disk", "features or disc", "disk-edge-on"),
            ("artifact", "star or artefact", None),
        ),
        _decals(
            "disk-edge-on",
            "Could this be a disc viewed edge-on?",
            ("yes", "edge-on", "edge-on-bulge"),
            ("no", "not edge-on", "has-spiral-arms"),
        ),
        _decals(
            "has-spiral-arms",
            "Is there any sign of a spiral arm pattern?",
            ("yes", "spiral arms", "spiral-winding"),
            ("no", "no spiral arms", None),
        ),
        _decals(
            "bar",
            "Is there a sign of a bar feature through the centre?",
            ("strong", "a strong bar", None),
            ("weak", "a weak bar", None),
            ("no", "no bar", None),
        ),
        _decals(
            "bulge-size",
            "How large is the central bulge?",
            ("dominant", "a dominant bulge", None),
            ("large", "a large bulge", None),
            ("moderate", "a moderate bulge", None),
            ("small", "a small bulge", None),
            ("none", "no bulge", None),
        ),
        _decals(
            "how-rounded",
            "How rounded is it?",
            ("round", "completely round", None),
            ("in-between", "in between", None),
            ("cigar-shaped", "cigar shaped", None),
        ),
        _decals(
            "edge-on-bulge",
            "What shape is the bulge, seen from the side?",
            ("boxy", "a boxy bulge", None),
            ("none", "no bulge", None),
            ("rounded", "a rounded bulge", None),
        ),
        _decals(
            "spiral-winding",
            "How tightly wound do the spiral arms appear?",
            ("tight", "tightly wound arms", "spiral-arm-count"),
            ("medium", "medium wound arms", "spiral-arm-count"),
            ("loose", "loosely wound arms", "spiral-arm-count"),
        ),
        _decals(
            "spiral-arm-count",
            "How many spiral arms are there?",
            ("1", "one arm", None),
            ("2", "two arms", None),
            ("3", "three arms", None),
            ("4", "four arms", None),
            ("more-than-4", "more than four arms", None),
            ("cant-tell", "an uncountable number of arms", None),
        ),
        _decals(
            "merging",
            "Is the galaxy merging or disturbed?",
            ("none", "neither merging nor disturbed", None),
            ("minor-disturbance", "a minor disturbance", None),
            ("major-disturbance", "a major disturbance", None),
            ("merger", "a merger", None),
        ),
    ),
    also_asked={
        "bar": ("disk-edge-on.no",),
        "bulge-size": ("disk-edge-on.no",),
        "merging": ("smooth-or-featured.smooth", "smooth-or-featured.featured-or-disk"),
    },
)

TREES: Mapping[str, Tree] = MappingProxyType({t.id: t for t in (GZ2, KAGGLE, SKYFORM, DECALS)})

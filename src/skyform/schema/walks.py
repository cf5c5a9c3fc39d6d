"""A person's walk through a tree: whether answers follow it, and what they decide."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from skyform.schema.taxonomies import Rule
from skyform.schema.trees import Tree

__all__ = ["check_consistent", "check_walk", "holds", "required_answers"]


def check_walk(tree: Tree, answers: Sequence[str]) -> Mapping[str, str]:
    """Answers in the order in which they were given, as answer ids by question.

    A walk begins at the root and may end anywhere. Each later question was opened by an answer given before.

    Parameters
    ----------
    tree : Tree
    answers : sequence of answer ids

    Raises
    ------
    ValueError
        If an answer is none of the tree's, a question is answered twice, or nothing opened it.
    """
    given: dict[str, str] = {}
    for answer in answers:
        question = _question_of(tree, answer)
        if question in given:
            raise ValueError(f"{question} is answered twice, {given[question]!r} and {answer!r}")
        openers = {tree.answers[p].id for p in tree.parents[question]}
        if question != tree.root and not openers & set(given.values()):
            wanted = " or ".join(sorted(openers))
            raise ValueError(f"{answer!r} comes without {wanted}, which leads to its question")
        given[question] = answer
    if not given:
        raise ValueError("there is no answer")
    return MappingProxyType(given)


def check_consistent(tree: Tree, answers: Collection[str]) -> Mapping[str, str]:
    """Answers without an order and perhaps with gaps, as answer ids by question.

    Raises
    ------
    ValueError
        If an answer is none of the tree's, a question is answered twice, or one answer contradicts what another rests on.
    """
    given: dict[str, str] = {}
    for answer in answers:
        question = _question_of(tree, answer)
        if question in given:
            raise ValueError(f"{question} is answered twice, {given[question]!r} and {answer!r}")
        given[question] = answer
    for question, answer in given.items():
        for needed in tree.needed[question]:
            found = given.get(needed.partition(".")[0], needed)
            if found != needed:
                raise ValueError(f"{answer!r} contradicts {found!r}: its question needs {needed!r}")
    return MappingProxyType(given)


def holds(rule: Rule, given: Mapping[str, str]) -> bool | None:
    """Whether a rule holds for the answers by question; None where they stop before they decide."""
    verdicts = [_any([_all(alternative, given) for alternative in factor]) for factor in rule]
    return False if False in verdicts else None if None in verdicts else True


def required_answers(rule: Rule) -> Mapping[str, str]:
    """The answers, by question, that everything that fits a rule has given."""
    required: dict[str, str] = {}
    for factor in rule:
        shared = set[str].intersection(*map(set, factor))
        required |= {a.partition(".")[0]: a for a in sorted(shared)}
    return MappingProxyType(required)


def _question_of(tree: Tree, answer: str) -> str:
    if answer not in tree.index:
        raise ValueError(f"{answer!r} is no answer of the tree {tree.id!r}")
    return answer.partition(".")[0]


def _all(alternative: Sequence[str], given: Mapping[str, str]) -> bool | None:
    found = [given.get(a.partition(".")[0]) for a in alternative]
    if any(f is not None and f != a for f, a in zip(found, alternative, strict=True)):
        return False
    return None if None in found else True


def _any(verdicts: Sequence[bool | None]) -> bool | None:
    return True if True in verdicts else None if None in verdicts else False

"""What a person should know of a set before training on it, in sentences."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skyform.evaluation.wording import count_text
from skyform.explore.balance import MAJORITY
from skyform.explore.duplicates import Group
from skyform.explore.exploration import Exploration
from skyform.explore.words import number, percent, plural

__all__ = ["Finding", "findings_of", "imbalance", "unread_reasons"]

_BALANCED, _UNBALANCED = 1.5, 3.0  # largest class over smallest
_FEW = 20  # pictures of a class: too few to measure anything on a tenth of them
_TELLING = 0.25  # above chance, of the way to certainty
_FLAGGED = 0.05


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, what to do about it, and how much it matters.

    A `problem` spoils results, a `notice` should be known, `fine` is reassuring.
    """

    level: Literal["problem", "notice", "fine"]
    text: str
    advice: str = ""


def findings_of(exploration: Exploration) -> tuple[Finding, ...]:
    """All findings, problems first."""
    order = ("problem", "notice", "fine")
    found = [
        *_pictures(exploration),
        *_duplicates(exploration),
        *_classes(exploration),
        *_label_errors(exploration),
        *_style(exploration),
    ]
    return tuple(sorted(found, key=lambda f: order.index(f.level)))


def imbalance(exploration: Exploration) -> Finding:
    """The balance of the classes in words, and what to do about it."""
    balance = exploration.balance
    present = [c for c in balance.counts if c.count]
    if not present:
        return Finding("problem", "No picture has a class.")
    if len(present) == 1:
        return Finding("notice", "There is one class only: nothing can be told apart.")
    largest = max(present, key=lambda c: c.count)
    smallest = min(present, key=lambda c: c.count)
    if largest.count == smallest.count:
        return Finding(
            "fine",
            f"The {count_text(len(present))} classes are equally large, {plural(largest.count, 'picture')} each.",
            "Accuracy is a fair measure.",
        )
    ratio = (
        f"the largest class, {largest.name} ({count_text(largest.count)}), is {number(balance.ratio)} times as large as the smallest, "
        f"{smallest.name} ({count_text(smallest.count)}); effective number of classes {number(balance.effective)} of {len(present)}."
    )
    if balance.ratio < _BALANCED:
        return Finding("fine", f"The classes are balanced: {ratio}", "Accuracy is a fair measure.")
    if balance.ratio < _UNBALANCED:
        return Finding(
            "fine", f"The imbalance is mild: {ratio}", "Report balanced accuracy beside accuracy."
        )
    return Finding(
        "notice",
        f"The classes are unbalanced: {ratio}",
        "Accuracy would mostly measure the large classes: report balanced accuracy or macro-F1. Train with the suggested weights, or "
        "cap the large classes; both only repeat what the small classes have, and more pictures of them help most.",
    )


def unread_reasons(exploration: Exploration) -> str:
    """Unread pictures by reason: "3 truncated-image, 1 empty-file"."""
    reasons = Counter(u.code for u in exploration.readings.unread)
    return ", ".join(f"{count_text(n)} {code}" for code, n in reasons.most_common())


def _pictures(exploration: Exploration) -> Iterator[Finding]:
    unread, n = exploration.readings.unread, len(exploration.dataset)
    if len(unread) == n:
        yield Finding(
            "problem",
            f"None of the {plural(n, 'picture')} could be read: {unread_reasons(exploration)}.",
        )
        return
    if unread:
        yield Finding(
            "problem",
            f"{plural(len(unread), 'picture')} of {count_text(n)} could not be read: {unread_reasons(exploration)}.",
        )
    else:
        yield Finding("fine", "Every picture could be read.")
    left_out = exploration.dataset.problems
    if left_out:
        yield Finding(
            "notice",
            f"{plural(len(left_out), 'row')} of the source were left out, for example {left_out[0].id}: {left_out[0].what}.",
        )


def _duplicates(exploration: Exploration) -> Iterator[Finding]:
    found = exploration.duplicates
    kinds = (
        (found.exact, "identical pictures"),
        (found.near, "near-identical pictures"),
        (found.objects, "several pictures of one object"),
    )
    for groups, what in kinds:
        if not groups:
            continue
        members = sum(len(g.members) for g in groups)
        text = f"{plural(len(groups), 'group')} of {what}, {count_text(members)} pictures in all"
        wrong = _wrongs(groups)
        if wrong:
            yield Finding("problem", f"{text}; {' and '.join(wrong)}.", _TOGETHER)
        elif groups is not found.objects:
            yield Finding("notice", f"{text}.", _TOGETHER)
    if not found.exact and not found.near and exploration.readings.ok.sum() > 1:
        yield Finding("fine", "No picture is in the set twice.")


_TOGETHER = "Keep each group on one side of every split."


def _wrongs(groups: Sequence[Group]) -> list[str]:
    straddling = sum(g.straddles for g in groups)
    contradicting = sum(g.contradicts for g in groups)
    wrong: list[str] = []
    if contradicting:
        wrong.append(f"{count_text(contradicting)} with contradicting labels")
    if straddling:
        wrong.append(f"{count_text(straddling)} on more than one side of a split")
    return wrong


def _classes(exploration: Exploration) -> Iterator[Finding]:
    balance, classes = exploration.balance, exploration.classes
    if not classes.names:
        yield Finding(
            "notice", "The set has no labels and no votes: nothing can be trained on it as it is."
        )
        return
    if classes.derived:
        yield Finding(
            "notice",
            f"The set has votes and no labels. Where classes are shown, they are those of the first questions with over "
            f"{percent(MAJORITY)} of the votes; {plural(balance.unlabelled, 'picture')} have none.",
        )
    elif balance.unlabelled:
        yield Finding("notice", f"{plural(balance.unlabelled, 'picture')} without a label.")
    empty = [c.name for c in balance.counts if not c.count]
    if empty:
        yield Finding("notice", f"Classes without a picture: {', '.join(empty)}.")
    few = [c for c in balance.counts if 0 < c.count < _FEW]
    if few and not classes.derived:
        named = ", ".join(f"{c.name} ({c.count})" for c in few)
        yield Finding("problem", f"Too few pictures to learn from or to measure on: {named}.")
    yield imbalance(exploration)


def _label_errors(exploration: Exploration) -> Iterator[Finding]:
    found = exploration.errors.found
    if found is None:
        return
    text = (
        f"{plural(len(found.rows), 'label')} of {count_text(found.searched)} searched look wrong; confident learning puts the share "
        f"of wrong labels at {percent(found.share)}, with a classifier that names {percent(found.accuracy)} of the given ones."
    )
    yield Finding(
        "notice",
        text,
        "Look at them before believing it: what the classifier cannot tell apart counts as wrong.",
    )


def _style(exploration: Exploration) -> Iterator[Finding]:
    shortcut, names = exploration.shortcut, exploration.classes.names
    if shortcut.classes and (shortcut.balanced - shortcut.chance) > _TELLING * (
        1 - shortcut.chance
    ):
        best = int(np.argmax(shortcut.recalls))
        yield Finding(
            "notice",
            f"The class shows in the style: from brightness, contrast, sharpness, colour and size alone a small decision tree gets "
            f"a balanced accuracy of {percent(shortcut.balanced)} (chance {percent(shortcut.chance)}), most of all on "
            f"{names[shortcut.classes[best]].name} ({percent(shortcut.recalls[best])}).",
            "If the classes come from different sources, a model may learn the source: test it on pictures from one source.",
        )
    ok = int(exploration.readings.ok.sum())
    flags = Counter(f for own in exploration.readings.flags for f in own)
    for flag, n in flags.most_common():
        if n > _FLAGGED * ok:
            yield Finding("notice", f"{plural(n, 'picture')} ({percent(n / ok)}): {flag.text}.")

"""Gather the pictures of web pages into the folder of one class.

  skyform collect https://example.org/nebulae.html --into deepsky/nebula --label N

Every picture of the pages is fetched, checked and saved as N-0001.jpg, N-0002.png and so on, with the bytes that the site sent.
Left out are pictures that are too small, cannot be decoded, or are in the folder already, even saved again or resized. The file
provenance.csv says where each picture came from. The same command again goes on: nothing is fetched or saved twice.

robots.txt is respected, and requests to one host are a second apart. That a picture can be fetched does not mean that you may use
or pass it on: that is between you and whoever made it, and docs/collecting.md says what to look for.
"""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyform.cli.console import Exit, at_least_one, say

if TYPE_CHECKING:
    from skyform.datasets.collect import Collected

__all__ = ["arguments", "run"]

_SHORTEST_DELAY = 0.2  # s


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("urls", nargs="+", metavar="URL", help="pages with pictures, or pictures")
    add("--into", type=Path, required=True, metavar="DIR", help="the folder of the class")
    add("--label", required=True, metavar="NAME", help="what the file names start with")
    add("--limit", type=at_least_one, metavar="N", help="stop after this many new pictures")
    add(
        "--min-side",
        type=at_least_one,
        default=100,
        metavar="N",
        help="pixels that the shorter side must have (default: 100)",
    )
    add(
        "--max-megabytes",
        type=at_least_one,
        default=20,
        metavar="N",
        help="the largest picture to fetch (default: 20)",
    )
    add(
        "--delay",
        type=_delay,
        default=1.0,
        metavar="SECONDS",
        help=f"pause between two requests to one host, at least {_SHORTEST_DELAY} (default: 1)",
    )
    add(
        "--contact",
        type=_contact,
        default="",
        metavar="WHO",
        help="your e-mail address or page, told to the sites so that they can reach you",
    )
    add(
        "--allow-local",
        action="store_true",
        help="also visit this machine and private networks",
    )
    add("--quiet", action="store_true", help="say nothing but errors")


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    from skyform.datasets.collect import collect
    from skyform.datasets.web import Visitor

    with Visitor(
        delay=options.delay, contact=options.contact, allow_local=options.allow_local
    ) as visitor:
        collected = collect(
            options.urls,
            options.into,
            label=options.label,
            visitor=visitor,
            limit=options.limit,
            min_side=options.min_side,
            most_bytes=options.max_megabytes * 1_000_000,
            fingerprint=_fingerprint,
            tell=(lambda _: None) if options.quiet else say,
        )
    if not options.quiet:
        _report(collected, options.into)
    return _exit(collected)


def _fingerprint(data: bytes) -> Any:
    from skyform.images import decode
    from skyform.images.fingerprint import picture_hash

    return picture_hash(decode(data).rgb)


def _report(collected: "Collected", into: Path) -> None:
    say(f"{len(collected.files):,} new pictures in {into}.")
    for kind, count in collected.reasons.items():
        example = next(s for s in collected.skipped if s.kind == kind)
        say(f"  {count:>5,} {kind}, such as {example.url}: {example.why}")


def _exit(collected: "Collected") -> Exit:
    unread = any(s.kind == "page not read" for s in collected.skipped)
    if not unread:
        return Exit.OK
    return Exit.SOME_FAILED if collected.pages else Exit.FAILED


def _delay(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not _SHORTEST_DELAY <= seconds <= 3600:
        raise ArgumentTypeError(
            f"{text!r} is not a number of seconds of at least {_SHORTEST_DELAY}"
        )
    return seconds


def _contact(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ArgumentTypeError(f"{text!r} cannot be sent to a site: use plain ASCII characters")
    return text

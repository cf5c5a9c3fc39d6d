"""Classify a survey: any number of pictures, on one machine or many, into tables that the field's tools open.

SOURCE is a folder (with all below it), a pattern in quotes, a list or catalogue (CSV, Parquet, FITS, VOTable) of paths or
addresses, or pictures inside HDF5, Parquet, tar, zip or FITS files; several may be given. With --cut-from or --survey, it is a
catalogue of positions on the sky. All of them may lie on the web or in a bucket (s3://…).

The work is done in parts. Each part is written to DEST/parts when it is complete, so that whatever ends the command, the same
command goes on where it stopped. A picture that cannot be classified is a row that says why; --retry-failed tries the parts with
such rows anew. At the end DEST/summary.md tells what was found.

Jobs of an array share one DEST: give the first of ten --part 1/10, and so on.
"""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyform.cli.console import MODEL, MODELS, Exit, at_least_one, say

if TYPE_CHECKING:
    from skyform.batch.engine import Engine
    from skyform.batch.items import Source
    from skyform.batch.run import Outcome, Settings
    from skyform.images import Limits

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("source", nargs="+", metavar="SOURCE", help="what to classify")
    add("--to", required=True, metavar="DEST", help="folder or address for the results")
    _result_arguments(parser)
    _run_arguments(parser)
    _source_arguments(parser)
    _cutout_arguments(parser)


def _result_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("results").add_argument
    add(
        "--format",
        choices=("parquet", "fits", "votable", "csv"),
        default="parquet",
        help="besides the Parquet parts, one file with all rows (default: parquet, the parts alone)",
    )
    add(
        "--schema",
        choices=("friendly", "full"),
        default="friendly",
        help="friendly: sentence, kind, classes, first questions; full: every question with bounds, every probability",
    )
    add(
        "--embeddings",
        action="store_true",
        help="write the network's features to DEST/embeddings, for `skyform index`",
    )
    add(
        "--model",
        metavar=MODEL,
        default="small",
        help=f"{MODELS} (default: small)",
    )


def _run_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("how to run").add_argument
    add("--engine", choices=("local", "ray"), default="local", help="default: local")
    add("--address", metavar="ADDRESS", help="of the Ray cluster, such as auto or head:6379")
    add(
        "--workers",
        type=at_least_one,
        metavar="N",
        help="processes at once (default: one for each core)",
    )
    add("--no-pin", action="store_true", help="do not bind processes to cores")
    add("--part", type=_share, metavar="I/N", help="do one of N shares of the parts")
    add(
        "--part-size",
        type=at_least_one,
        default=2048,
        metavar="N",
        help="pictures in a part (default: 2048)",
    )
    add(
        "--batch-size",
        type=at_least_one,
        default=16,
        metavar="N",
        help="pictures that go through the network together (default: 16)",
    )
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument(
        "--resume",
        action="store_true",
        help="go on although the source or Skyform's version has changed, with the pictures planned at first",
    )
    begin.add_argument(
        "--restart", action="store_true", help="remove what a run has left in DEST, and begin anew"
    )
    add(
        "--retry-failed",
        action="store_true",
        help="do those parts anew that have rows with errors, and all that are not done yet",
    )
    add(
        "--progress",
        choices=("auto", "json", "none"),
        default="auto",
        help="auto: a line on a terminal; json: lines of JSON on standard output",
    )
    for name in ("pixels", "bytes"):
        add(
            f"--limit-{name}",
            type=at_least_one,
            metavar="N",
            help=f"refuse pictures with more {name} than this",
        )


def _source_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("reading the source").add_argument
    add("--path-column", metavar="NAME", help="the catalogue's column of paths or addresses")
    add("--id-column", metavar="NAME", help="the catalogue's column of ids")
    add("--ra-column", metavar="NAME", help="right ascension in degrees")
    add("--dec-column", metavar="NAME", help="declination in degrees")
    add(
        "--keep",
        action="append",
        default=[],
        metavar="NAME",
        help="a column of the catalogue to carry into the table; may be given again, * for all",
    )
    add("--images", metavar="DIR", help="where the catalogue's relative paths start")
    add("--image-column", metavar="NAME", help="the column of pictures in a Parquet file")
    add("--dataset", metavar="NAME", help="the array of pictures in an HDF5 file")
    add("--cube", choices=("pictures", "bands"), help="what the planes of a FITS cube are")
    add(
        "--connections",
        type=at_least_one,
        default=8,
        metavar="N",
        help="remote files that each process fetches at once (default: 8)",
    )


def _cutout_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("cut-outs at the positions of a catalogue").add_argument
    add(
        "--cut-from",
        action="append",
        default=[],
        metavar="IMAGE",
        help="a FITS image of the sky; again for each further band",
    )
    add("--survey", metavar="NAME", help="a public service: desi, sdss or panstarrs")
    add("--side", type=float, metavar="ARCSEC", help="side of the cut-outs on the sky")
    add(
        "--side-px",
        type=at_least_one,
        metavar="N",
        help="their side in pixels: of an image's, or of the pictures that a service draws",
    )
    add("--size-column", default="", metavar="NAME", help="a radius or size in arcsec")
    add("--size-factor", type=float, metavar="F", help="the side is so many sizes")
    for axis in "xy":
        add(
            f"--{axis}-column",
            default="",
            metavar="NAME",
            help=f"{axis} in the image's pixels, instead of positions on the sky",
        )
    add("--one-based", action="store_true", help="those count the first pixel as 1, as FITS does")
    add("--layer", default="", metavar="NAME", help="the service's data set, such as ls-dr10")
    add("--bands", default="", metavar="LETTERS", help="its filters from blue to red, such as grz")
    add("--flux", action="store_true", help="ask the service for FITS instead of JPEG")
    add("--site", default="", metavar="ADDRESS", help="a mirror of the service")
    add(
        "--interval",
        type=_positive,
        metavar="S",
        help="least seconds between two requests (default: what the service asks for)",
    )
    add("--cache", type=Path, metavar="DIR", help="where a service's answers are kept")
    add(
        "--cache-days",
        type=_positive,
        metavar="DAYS",
        help="ask again for what is older (default: keep for ever)",
    )
    add("--contact", default="", metavar="EMAIL", help="tells a service whom to write to")
    add(
        "--ignore-robots",
        action="store_true",
        help="ask a service although its robots.txt says no; with its operators' consent only",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    if options.address is not None and options.engine != "ray":
        parser.error("--address is of a Ray cluster: add --engine ray")
    if options.cut_from and options.survey is not None:
        parser.error("cut-outs come from --cut-from or from --survey, not from both")
    if options.restart and options.retry_failed:
        parser.error("--restart does all parts anew; --retry-failed is for going on")
    from skyform.cli.session import stopped_by_signals

    try:
        with stopped_by_signals():
            return _run(options)
    except KeyboardInterrupt:
        say("Stopped. What is done is kept: the same command goes on from there.")
        return Exit.INTERRUPTED


def _run(options: Namespace) -> Exit:
    from contextlib import closing

    from skyform.batch.run import run_batch

    source = _source(options)
    settings = _settings(options)
    engine = _engine(options)
    with closing(engine), _watched(options) as said:
        outcome = run_batch(source, to=options.to, engine=engine, settings=settings, said=said)
    say(_told(outcome))
    if options.survey is not None:
        say(_thanks(options.survey))
    if outcome.tally is None:
        return Exit.SOME_FAILED if outcome.failed else Exit.OK
    if outcome.tally.rows == outcome.tally.failed:
        return Exit.FAILED
    return Exit.SOME_FAILED if outcome.tally.failed else Exit.OK


def _source(options: Namespace) -> "Source":
    from skyform.batch.sources import SourceOptions, open_source

    reading = SourceOptions(
        path_column=options.path_column,
        id_column=options.id_column,
        ra_column=options.ra_column,
        dec_column=options.dec_column,
        keep=tuple(options.keep),
        images=options.images,
        image_column=options.image_column,
        dataset=options.dataset,
        cube=options.cube,
        # What an earlier run has left is no source.
        skip=() if "://" in options.to else (options.to,),
        connections=options.connections,
        limits=_limits(options),
    )
    if not options.cut_from and options.survey is None:
        return open_source(options.source, options=reading)
    return _cutouts(options, reading)


def _cutouts(options: Namespace, reading: Any) -> Any:
    from skyform.batch.cutouts.opening import CutoutOptions, open_cutouts
    from skyform.errors import DataError

    if len(options.source) > 1:
        raise DataError(
            f"{len(options.source)} sources were given; cut-outs are made at the positions of one catalogue."
        )
    given = {"size_factor": options.size_factor} if options.size_factor else {}
    how = CutoutOptions(
        side_arcsec=options.side,
        size_px=options.side_px,
        size_column=options.size_column,
        x_column=options.x_column,
        y_column=options.y_column,
        from_one=True if options.one_based else None,
        layer=options.layer,
        bands=options.bands,
        format="fits" if options.flux else "jpeg",
        site=options.site,
        cache=options.cache,
        most_days=options.cache_days,
        interval=options.interval,
        contact=options.contact,
        robots=not options.ignore_robots,
        **given,
    )
    return open_cutouts(
        options.source[0],
        images=options.cut_from,
        service=options.survey,
        options=how,
        source_options=reading,
    )


def _settings(options: Namespace) -> "Settings":
    from skyform.batch.locks import Share
    from skyform.batch.run import Settings

    return Settings(
        model=options.model,
        schema=options.schema,
        embeddings=options.embeddings,
        format=options.format,
        share=Share(*(options.part or (1, 1))),
        part_size=options.part_size,
        batch_size=options.batch_size,
        limits=_limits(options),
        begin="restart" if options.restart else "resume" if options.resume else "continue",
        retry_failed=options.retry_failed,
    )


def _limits(options: Namespace) -> "Limits":
    from skyform.images import Limits

    given = {"max_pixels": options.limit_pixels, "max_bytes": options.limit_bytes}
    return Limits(**{k: v for k, v in given.items() if v is not None})


def _engine(options: Namespace) -> "Engine":
    if options.engine == "ray":
        from skyform.batch.ray_engine import RayEngine

        return RayEngine(address=options.address, workers=options.workers)
    from skyform.batch.local import LocalEngine

    return LocalEngine(workers=options.workers, pin=not options.no_pin)


def _watched(options: Namespace) -> Any:
    """A context with what shows the progress."""
    import sys

    from skyform.cli.batch_progress import JsonLines, ProgressLine

    if options.progress == "json":
        return JsonLines(sys.stdout)
    return ProgressLine(sys.stderr, enabled=options.progress == "auto")


def _told(outcome: "Outcome") -> str:
    """What happened, in a few lines."""
    from skyform.batch.summary import repeats_text
    from skyform.evaluation.wording import counted, duration_text

    rate = outcome.rows / max(outcome.seconds, 1e-6)
    lines = [
        f"{counted(outcome.rows, 'row')} in {duration_text(outcome.seconds)} ({rate:,.0f} images/s), {outcome.failed:,} of them with an error."
    ]
    if not outcome.rows:
        lines = ["There was nothing left to classify."]
    if not outcome.parts:
        lines = ["This share has no parts: a smaller --part-size makes more of them."]
    if outcome.earlier:
        lines.append(f"{outcome.earlier:,} were done before.")
    if outcome.tally is None:
        lines.append("Other shares are not done yet; the last one writes the summary.")
    else:
        lines.append(
            f"In all {counted(outcome.tally.rows, 'row')}, {outcome.tally.failed:,} with an error."
        )
        if outcome.tally.misplaced:
            lines.append(
                f"The position of {counted(outcome.tally.misplaced, 'row')} could not be read."
            )
    if outcome.repeated:
        lines.append(repeats_text(outcome.repeated))
    lines += [f"  {path}" for path in outcome.files]
    return "\n".join(lines)


def _thanks(survey: str) -> str:
    """What a service's users are asked to do."""
    from skyform.batch.cutouts.services import service_named

    service = service_named(survey)
    return f"Pictures: {service.title}. {service.licence} {service.acknowledgement}"


def _positive(text: str) -> float:
    """A number above zero."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def _share(text: str) -> tuple[int, int]:
    """`i/n` as two numbers."""
    number, slash, of = text.partition("/")
    try:
        share = int(number), int(of)
    except ValueError:
        share = 0, 0
    if not slash or not 1 <= share[0] <= share[1]:
        raise ArgumentTypeError(f"{text!r} is not i/n with i from 1 to n, such as 3/10")
    return share

"""Carry out every step of the Dockerfile in bare Debian roots, where no container engine is at hand, and use what comes out.

`FROM debian:…` becomes a root made by debootstrap, `RUN` a command inside of it, `COPY` a copy. The last stage is then started as its
`USER` with its `CMD`, asked by its `HEALTHCHECK`, given a picture, stopped with SIGTERM, and weighed. Needs root and debootstrap:

    sudo python deploy/prove.py --work /var/tmp/skyform-prove

What a machine needs to reach its package mirrors is passed on by name: `--env PIP_INDEX_URL --bind /etc/ssl/certs`.
"""

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
LIMIT_MB = 600
# What every container has from its engine.
KERNEL = ("/proc", "/dev")
# What debian:bookworm-slim leaves out of a root.
NOT_IN_SLIM = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "var/cache/apt",
    "var/lib/apt/lists",
)


@dataclass
class Stage:
    """One FROM and what follows it."""

    name: str
    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    user: str = "root"
    folder: str = "/"
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def main() -> None:
    """Prove, print, and fail where something does not hold."""
    options = arguments()
    stages = build(options)
    final = stages[-1]
    size = weigh(final.root)
    print(f"image: {size:.0f} MB (limit {LIMIT_MB})")
    with shown(final.root, [*KERNEL]):
        start_and_use(final, options)
    if size > LIMIT_MB:
        sys.exit(f"The image takes {size:.0f} MB, over the limit of {LIMIT_MB}.")
    print("every step holds")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--work", type=Path, required=True, help="an empty folder with 3 GB of room")
    add("--mirror", default="http://deb.debian.org/debian", help="Debian's mirror")
    add("--env", action="append", default=[], metavar="NAME", help="pass this variable on to RUN")
    add("--bind", action="append", default=[], metavar="PATH", help="show this folder to RUN")
    add("--port", type=int, default=8765, help="for the started server (default: 8765)")
    return parser.parse_args()


def build(options: argparse.Namespace) -> list[Stage]:
    """All stages, one after the other."""
    stages: list[Stage] = []
    for word, rest in instructions((HERE / "Dockerfile").read_text("utf-8")):
        print(f"{word} {rest}"[:150], flush=True)
        if word == "FROM":
            stages.append(begun(rest, options, number=len(stages)))
            continue
        stage = stages[-1]
        match word:
            case "RUN":
                run(stage, ["/bin/sh", "-c", rest], options=options)
            case "COPY":
                copy(stage, rest, stages)
            case "ENV":
                stage.env |= dict(pair.split("=", 1) for pair in shlex.split(rest))
            case "USER":
                stage.user = rest
            case "WORKDIR":
                stage.folder = rest
                (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "CMD":
                stage.command = json.loads(rest)
            case "HEALTHCHECK":
                stage.health = json.loads(rest[rest.index("CMD") + 3 :])
            case "VOLUME" | "EXPOSE" | "STOPSIGNAL":
                pass  # they say how to run it, and change no file
            case _:
                sys.exit(f"{word} is not something that this script knows how to prove.")
    return stages


def instructions(text: str) -> list[tuple[str, str]]:
    """Words and rests, without comments, continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (word.upper(), rest.strip())
        for word, _, rest in (line.strip().partition(" ") for line in joined.splitlines())
        if word
    ]


def begun(rest: str, options: argparse.Namespace, *, number: int) -> Stage:
    """A fresh root for a stage."""
    image, _, name = rest.partition(" AS ")
    suite = image.partition(":")[2].removesuffix("-slim")
    bare = options.work / f"bare-{suite}"
    if not bare.exists():
        made = bare.with_suffix(".part")
        command = ["debootstrap", "--variant=minbase", suite, str(made), options.mirror]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for path in NOT_IN_SLIM:
            shutil.rmtree(made / path, ignore_errors=True)
        made.rename(bare)
    root = options.work / f"stage-{number}"
    if root.exists():
        sys.exit(f"{root} is there already; give an empty --work.")
    subprocess.run(["cp", "--archive", str(bare), str(root)], check=True)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    return Stage(name or str(number), root)


def run(stage: Stage, command: list[str], *, options: argparse.Namespace) -> None:
    """Run a command in the root, with what it needs to reach its mirrors."""
    passed = {name: os.environ[name] for name in options.env if name in os.environ}
    with shown(stage.root, [*KERNEL, *options.bind]):
        subprocess.run(inside(stage, command), check=True, env={**stage.env, **passed})


@contextmanager
def shown(root: Path, paths: list[str]) -> Iterator[None]:
    """These paths of the machine are also in the root, as long as the block lasts."""
    with ExitStack() as stack:
        for path in paths:
            target = root / path.lstrip("/")
            if not target.exists():
                stack.callback(shutil.rmtree, target, ignore_errors=True)
                target.mkdir(parents=True)
            subprocess.run(["mount", "--bind", path, str(target)], check=True)
            stack.callback(subprocess.run, ["umount", str(target)], check=True)
        yield


def inside(stage: Stage, command: list[str]) -> list[str]:
    """The command as it is given to chroot."""
    script = f"cd {shlex.quote(stage.folder)} && exec {shlex.join(command)}"
    return [
        shutil.which("chroot") or "/usr/sbin/chroot",
        f"--userspec={stage.user}",
        str(stage.root),
        "/bin/sh",
        "-c",
        script,
    ]


def copy(stage: Stage, rest: str, stages: list[Stage]) -> None:
    """COPY, from the repository or from an earlier stage."""
    words = shlex.split(rest)
    origin = REPOSITORY
    if words[0].startswith("--from="):
        name = words.pop(0).partition("=")[2]
        origin = next(s.root for s in stages if s.name == name)
    *sources, target = words
    into = (
        stage.root / target.lstrip("/")
        if target.startswith("/")
        else stage.root / stage.folder.lstrip("/") / target
    )
    for source in sources:
        path = origin / source.lstrip("/")
        if path.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(
                path, into, symlinks=True, ignore=ignored if origin == REPOSITORY else None
            )
        else:
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, into)


def weigh(root: Path) -> float:
    """Megabytes of all files in the root, each counted once."""
    text = subprocess.run(
        ["du", "-sx", "--apparent-size", "--block-size=1", str(root)],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(text.stdout.split()[0]) / 1e6


def start_and_use(stage: Stage, options: argparse.Namespace) -> None:
    """Start the server as its own user, ask it, stop it."""
    stage.env |= {"SKYFORM_PORT": str(options.port), "SKYFORM_HOST": "127.0.0.1"}
    process = subprocess.Popen(inside(stage, stage.command), env=stage.env)
    try:
        seconds = wait_until_healthy(stage, process)
        print(f"healthy after {seconds:.1f} s")
        use(f"http://127.0.0.1:{options.port}")
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    finally:
        process.kill()
    # uvicorn ends in an orderly way, and then hands the signal on.
    if code not in (0, -signal.SIGTERM):
        sys.exit(f"The server ended with {code} after SIGTERM.")
    owner = (stage.root / "data/skyform.db").stat().st_uid
    if owner == 0:
        sys.exit("The database belongs to root.")
    print(f"stopped on SIGTERM; the database belongs to user {owner}")


def wait_until_healthy(stage: Stage, process: subprocess.Popen[bytes]) -> float:
    """Seconds until the HEALTHCHECK succeeds."""
    begun_at = time.monotonic()
    while time.monotonic() - begun_at < 60:
        if process.poll() is not None:
            sys.exit(f"The server ended by itself with {process.returncode}.")
        asked = subprocess.run(
            inside(stage, stage.health), env=stage.env, check=False, capture_output=True
        )
        if asked.returncode == 0:
            return time.monotonic() - begun_at
        time.sleep(0.3)
    sys.exit("The server was not healthy within 60 s.")


def use(address: str) -> None:
    """Open the site and classify a picture."""
    with urllib.request.urlopen(f"{address}/", timeout=10) as answer:
        if b'id="root"' not in answer.read():
            sys.exit("The first page is not the site's.")
    picture = next((REPOSITORY / "src/skyform/samples").glob("*.jpg"))
    request = urllib.request.Request(
        f"{address}/api/v1/classify",
        data=picture.read_bytes(),
        headers={"Content-Type": "image/jpeg"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        print(f"{picture.stem}: {json.load(answer)['sentence']}")


if __name__ == "__main__":
    main()

"""The page on all models: `python -m skyform.models.listing > docs/models.md`."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import yaml

from skyform.models.features import FEATURES
from skyform.models.morphology import MEASUREMENTS
from skyform.models.registry import MODELS, build_network

__all__ = ["models_page", "read_recipes"]


def read_recipes(folder: Path) -> list[dict[str, Any]]:
    """The experiments of a folder, in the order of their names; recipes of another form are left out."""
    found = [yaml.safe_load(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.yaml"))]
    return [recipe for recipe in found if "task" in recipe]


def models_page(recipes: Sequence[Mapping[str, Any]]) -> str:
    """Markdown: networks, classical models with their features, measurements, and the recipes that use them."""
    parts = [_INTRODUCTION, "## Networks\n", _networks(), _MORE_NETWORKS, "## Classical models\n"]
    parts += [_classical(), _features(), "## Measured morphology\n", _MEASURED, _measurements()]
    parts += ["## Recipes\n", _RECIPES, _recipes(recipes)]
    return "\n".join(parts)


def _networks() -> str:
    rows: list[Sequence[str]] = []
    for entry in MODELS.values():
        if entry.family == "network":
            with torch.device("meta"):
                network = build_network(entry.name, outputs=entry.outputs)
            counted = f"{network.parameter_count:,}"
            image = f"{entry.size}x{entry.size}, {'grey' if network.grey else 'RGB'}"
            rows.append(
                (f"`{entry.name}`", entry.source, entry.layers, image, str(entry.outputs), counted)
            )
    return _table(("Name", "Source", "Layers", "Input, px", "Outputs", "Parameters"), rows)


def _classical() -> str:
    rows = [(f"`{e.name}`", e.source, e.layers) for e in MODELS.values() if e.family == "classical"]
    return _table(("Name", "Source", "By default"), rows)


def _features() -> str:
    kinds = [
        (f"`{name}`", (kind.__doc__ or "").partition("\n")[0]) for name, kind in FEATURES.items()
    ]
    return _FEATURES + "\n" + _table(("Features", "What they are"), kinds)


def _measurements() -> str:
    rows = [(f"`{m.name}`", m.title, m.description, m.source) for m in MEASUREMENTS]
    return _table(("Name", "Title", "Meaning", "Source"), rows)


def _recipes(recipes: Sequence[Mapping[str, Any]]) -> str:
    rows: list[Sequence[str]] = []
    for r in recipes:
        reported = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in r.get("reported", {}).items())
        on = f" ({r['reported_on']})" if r.get("reported_on") else ""
        link = f"[{r['name']}](../recipes/{r['name']}.yaml)"
        rows.append((link, r["title"], f"`{r['model']}`", r["task"], reported + on, r["source"]))
    return _table(("Recipe", "What", "Model", "Task", "Reported", "Source"), rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell for cell in line)} |" for line in lines) + "\n"


_INTRODUCTION = """# Models

Every model that a recipe can name. This page is generated: `python -m skyform.models.listing > docs/models.md`. R1 to R5 are
earlier systems that this laboratory reproduces; where their description leaves something open, the source says that the choice is ours.
"""

_MORE_NETWORKS = """
Three prefixes make more of them:

- `timm/<backbone>`: any backbone of [timm](https://github.com/huggingface/pytorch-image-models), from scratch or with `weights` from a
  file. Options: `head` (`linear` or `mlp`), `hidden`, `dropout`, `drop_path`.
- `hf-hub:<owner>/<name>`: a pretrained backbone from the Hugging Face hub in timm's format, such as the Galaxy Zoo encoders
  `hf-hub:mwalmsley/zoobot-encoder-convnext_nano` (Walmsley et al. 2023, JOSS 8, 5312). It is fetched once and kept.
- `orbit/<network>`: any network of the above with features averaged over the eight flips and rotations (`group: d4`) or the four
  rotations (`group: c4`) of the picture.

Parameters are counted at the outputs of the source. All networks take RGB in 0..1 and do their own conversion to grey and normalisation.
`freeze: backbone` trains the head alone.
"""

_FEATURES = """
Each works on one or several kinds of features, such as `features: {hog: {cell: 16}, morphology: {}}`; other options are
scikit-learn's own. The ensembles take `members`, a list of such models with their options, and `folds`.
"""

_MEASURED = """What `morphology` measures, through statmorph (Rodriguez-Gomez et al. 2019, MNRAS 483, 4140), or with `method: fast` through our own
code, which leaves out the Sérsic fit, the three statistics of Freeman et al. and the shape asymmetry. Colour pictures are stretched:
the numbers compare pictures of one survey with each other.
"""

_RECIPES = """Figures under "Reported" are the source's own, on its own data.
"""


def main() -> None:
    """Write the page of the recipes in the current folder's `recipes/` to standard output."""
    sys.stdout.write(models_page(read_recipes(Path("recipes"))))


if __name__ == "__main__":
    main()

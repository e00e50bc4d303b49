"""Write the datalist of a data set: which image is trained, validated and tested on, and as which class."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.cli._table import table
from mammo_monai.errors import MammoError


def datalist(
    dataset: str,
    *,
    root: Path,
    out: Path,
    labels: str,
    split: str = "random",
    ratios: str = "70,15,15",
    seed: int = 0,
    **options: str,
) -> None:
    """Write the datalist of DATASET (see 'mammo-monai datasets') as one JSON file.

    Patients are never divided between training, validation and test; images without a file or a class are
    left out and counted. The same input gives the same bytes.

    Args:
        dataset: name of the data set.
        root: its folder.
        out: the JSON file to write.
        labels: label map (see 'mammo-monai labels'), or a .json file of your own.
        split: "random" (patients drawn by the ratios) or "official" (the data set's own test; its training is
            divided by the first two ratios).
        ratios: training,validation,test; only the proportions count.
        seed: of the draw.
        options: the data set's own (see 'mammo-monai datasets DATASET').
    """
    from mammo_monai.datasets import adapters
    from mammo_monai.datasets import labels as maps
    from mammo_monai.datasets.datalist import build, write
    from mammo_monai.datasets.records import SECTIONS

    proportions, label_map = _numbers(ratios), maps.load(labels)
    records = adapters.read(dataset, root, **options)
    made = build(records, label_map, root, name=dataset, method=split, ratios=proportions, seed=seed)
    write(made, out)

    rows = [
        (section, *made["counts"][section].values(), len(items), len({item["patient"] for item in items}))
        for section in SECTIONS
        for items in [made[section]]
    ]
    print(table([("", *(f"class {name}" for name in made["classes"]), "images", "patients"), *rows]))
    for reason, count in made["left_out"].items():
        print(f"left out: {count} {reason}")
    print(f"labels {label_map.name}: {label_map.note}")
    print(f"{dataset}: {sum(row[-2] for row in rows)} of {len(records)} images, digest {made['digest'][:12]}, in {out}")


def _numbers(text: str) -> list[float]:
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise MammoError(f"option --ratios: expected numbers such as 70,15,15, found {text!r}", "usage") from None

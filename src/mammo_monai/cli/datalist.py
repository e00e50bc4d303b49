"""Write the datalist of a data set: which image is trained, validated and tested on, and as which class."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.cli._progress import bar
from mammo_monai.cli._words import names
from mammo_monai.errors import MammoError


def datalist(
    dataset: str,
    *,
    root: Path,
    out: Path,
    labels: str,
    level: str = "stated",
    views: str = "",
    kinds: str = "",
    split: str = "random",
    ratios: str = "70,15,15",
    folds: int = 0,
    by: str = "",
    test: str = "",
    stratify: str = "class,density,view,finding,vendor",
    seed: int = 0,
    leaks: str = "error",
    fingerprints: str = "all",
    labels_only: bool = False,
    name: str = "",
    **options: str,
) -> None:
    """Write the datalist of DATASET (see 'mammo-monai datasets') as one JSON file.

    Patients are never divided between training, validation and test, nor are exams, equal files and
    near-duplicates; images without a file or a class are left out and counted, so are equal files with different
    labels; images that no table names are counted. The same input gives the same bytes.

    Args:
        dataset: name of the data set.
        root: its folder.
        out: the JSON file to write; fingerprints of the images are kept beside it for the next time.
        labels: label map (see 'mammo-monai labels'), or a .json file of your own.
        level: what a label speaks of: "stated" (as the data set says), "image" (the worst of the findings marked in
            this view; the stated label where they have none of their own; without a finding the stated label only if
            it is negative, else none), "breast" or "exam" (the worst stated of all its images), "finding" (one item
            per finding with its own label; an image without one is an item if it is negative).
        views: only images of these views, separated by commas, such as CC.
        kinds: only images with a finding of these kinds, separated by commas, or with no finding at all: mass,
            calcification, "mass and calcification", other.
        split: "random" (all drawn by the ratios), "official" (the data set's own test; its training is divided by
            the first two ratios) or "holdout" (test on all images of some values of an attribute, divide the rest).
        ratios: training,validation,test; only the proportions count.
        folds: 3 or more: that many lists, OUT with .fold-0, .fold-1, ... before its suffix.
        by: for holdout: the attribute, such as vendor or site.
        test: for holdout: its values to test on, separated by commas.
        stratify: attributes to spread evenly, separated by commas.
        seed: of the draw.
        leaks: "error", or "drop" to keep the test and leave out of the rest what leaks into it.
        fingerprints: "all", or "none" to read no image: then equal and similar images are not looked for.
        labels_only: do not look at files at all.
        name: what the list calls the data set (DATASET if not given).
        options: the data set's own (see 'mammo-monai datasets DATASET').
    """
    import functools

    from mammo_monai.cli import _summary
    from mammo_monai.datasets import adapters
    from mammo_monai.datasets import labels as maps
    from mammo_monai.datasets.datalist import build_all, write
    from mammo_monai.datasets.fingerprints import fingerprints as make

    if fingerprints not in ("all", "none"):
        raise MammoError(f"option --fingerprints: expected all or none, found {fingerprints!r}", "usage")
    proportions, label_map = _numbers(ratios), maps.load(labels)
    records = adapters.read(dataset, root, **options)
    table = out.parent / f"{out.stem}.fingerprints.csv"
    look = fingerprints == "all" and not labels_only
    lists = build_all(
        records,
        label_map,
        root,
        name=name or dataset,
        level=level,
        views=names(views),
        kinds=names(kinds),
        method=split,
        split_options={key: text for key, text in {"by": by, "test": test}.items() if text},
        ratios=proportions,
        folds=folds,
        seed=seed,
        stratify=names(stratify),
        leaks=leaks,
        files=not labels_only,
        fingerprints=functools.partial(make, root, table=table, progress=bar("fingerprints")) if look else None,
    )
    for made in lists:
        file = out.parent / f"{out.stem}.fold-{made['fold']}{out.suffix}" if folds else out
        write(made, file)
        print(_summary.counts(made))
        print(f"{made['name']}: {_summary.size(made)} of {len(records)}, digest {made['digest'][:12]}, in {file}")
        if folds:
            print(_summary.furthest(made))
    print(_summary.balance(lists[0]))
    print(*_summary.remarks(lists[0]), sep="\n")


def _numbers(text: str) -> list[float]:
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise MammoError(f"option --ratios: expected numbers such as 70,15,15, found {text!r}", "usage") from None

"""Show what in an image a bundle's network looks at, and where it sees a finding."""

from __future__ import annotations

from pathlib import Path

from mammo_monai.errors import MammoError


def explain(
    bundle: Path,
    *,
    image: Path,
    out: Path,
    method: str = "gradcam",
    layer: str = "",
    box: str = "",
    turn: int = 0,
    heat_map: bool = False,
    window: int = 0,
    stride: int = 0,
    count: int = 5,
    **options: str,
) -> None:
    """Explain what the network of BUNDLE says of one image.

    Writes the map over the film as it is stored (source.png), over the breast that was cut out of it (crop.png), over
    the patch (patch.png, with --box) and over what the network was given (input.png; no heat map has one), and map.npy
    and explanation.json, into a folder. A map shows what the network used, not where the disease is.

    Args:
        bundle: folder of the bundle; its configs/inference.json is used as inference uses it.
        image: DICOM, PNG or whatever inference reads.
        out: folder to write.
        method: gradcam, gradient, occlusion or smoothgrad.
        layer: of gradcam: the module whose feature map is weighed; without one the last.
        box: ROW_MIN,COL_MIN,ROW_MAX,COL_MAX in pixels of the source: the patch, for bundles that classify patches.
        turn: of a copy of that patch: how it is laid down, 0 to 7, as the column "turn" of predictions.csv says.
        heat_map: slide such a bundle over the whole breast instead; needs --class.
        window: of the heat map: pixels of a window's side; without it the network's own.
        stride: of the heat map: pixels from one window to the next; without it half a window.
        count: of the heat map: findings to name at most.
        options: --class NAME, without which the most probable class is explained; and ids of the config to set
            anew, such as --weights FILE or --device cpu.
    """
    class_name = options.pop("class", "")
    patch = _box(box) if box else None

    from mammo_monai.bundle_config import as_values
    from mammo_monai.evaluation.explain import methods
    from mammo_monai.evaluation.explain.explanation import explain_heat_map, explain_saliency, write
    from mammo_monai.inference.classifier import read_classifier

    methods.load(method)
    classifier = read_classifier(bundle, {**as_values(options), "engine": "torch"})  # the others have no gradients
    if heat_map:
        explanation = explain_heat_map(
            classifier,
            image,
            class_name,
            (window, window) if window else None,
            (stride, stride) if stride else None,
            count,
        )
    else:
        of_method = {"layer": layer} if layer else {}
        explanation = explain_saliency(classifier, image, class_name, method, patch, turn, **of_method)
    write(explanation, classifier, image, out)
    regions = [f"{p:.3f} at {', '.join(map(str, box))}" for box, p in explanation.regions]
    print(
        f"{explanation.method}: {explanation.class_name}, probability {explanation.probability:.3f}",
        *(regions or ["the map is zero everywhere: nothing in the image speaks for this class"]),
        f"pictures and explanation.json in {out}",
        sep="\n",
    )


def _box(text: str) -> tuple[float, ...]:
    try:
        edges = tuple(float(edge) for edge in text.split(","))
    except ValueError:
        edges = ()
    if len(edges) != 4:
        raise MammoError(f"--box {text}: expected ROW_MIN,COL_MIN,ROW_MAX,COL_MAX", "usage")
    return edges

"""Export a bundle's network for another engine, and show what that changes."""

from __future__ import annotations

from pathlib import Path


def export(bundle: Path, *, engine: str, images: str = "", **options: str) -> None:
    """Write the network of BUNDLE for an engine, beside its weights, with a card that binds it to them.

    Inference uses it when it is told to: --engine NAME. An exact engine is written only if its probabilities are
    torch's to within 0.0001; others (bf16) change probabilities and may change decisions: give images to see.

    Args:
        bundle: folder of the bundle; its configs/inference.json is used as inference uses it.
        engine: openvino (exact), openvino_bf16 or torch_bf16; the last needs no files and is only compared.
        images: folder of mammograms on which torch and the engine are compared.
        options: ids of the config to set anew, such as --weights FILE or --tta flip.
    """
    from mammo_monai.bundle_config import as_values
    from mammo_monai.inference.export import export as write

    made = write(bundle, engine, Path(images) if images else None, as_values(options))
    for file in made.files:
        print(file)
    print(f"noise: largest difference of a probability {made.largest:.2g}")
    if made.change:
        print(made.change)

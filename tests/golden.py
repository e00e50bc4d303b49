"""One exam, one set of weights and the probabilities they give: what every environment of the project must agree on.

Pixels and weights come from whole-number formulas: no generator of random numbers and no function that another version
of a library may compute otherwise. ``python -m tests.golden`` writes ``golden.json``, which nothing but a change of the
bundle's preprocessing or network can ask for; it says with what it was made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .small_bundle import CLASSES, network, write_bundle

FILE = Path(__file__).with_suffix(".json")
TOLERANCE = 1e-5
"""Of a probability. Measured: 2e-16 between the three environments, 2e-6 with batches of one or without oneDNN."""
ROWS, COLS = 160, 128
VIEWS = {
    ("L", "CC"): "1.2.840.10008.1.2.4.70",
    ("L", "MLO"): "1.2.840.10008.1.2.4.80",
    ("R", "CC"): "1.2.840.10008.1.2.4.90",
    ("R", "MLO"): "1.2.840.10008.1.2.1",
}
"""Transfer syntax of each view: JPEG Lossless, JPEG-LS, JPEG 2000, and native pixels."""
PACKAGES = ("torch", "monai", "numpy", "opencv-python-headless", "pydicom", "imagecodecs")


@dataclass(frozen=True)
class Golden:
    """The folder of the exam and that of the bundle."""

    exam: Path
    bundle: Path

    def check(self, result: Mapping[str, Any]) -> None:
        """Fail where the JSON of a result has other probabilities than the file."""
        expected, found = json.loads(FILE.read_text())["probabilities"], probabilities(result)
        assert found.keys() == expected.keys()
        differences = {name: abs(found[name] - expected[name]) for name in expected}
        assert max(differences.values()) <= TOLERANCE, differences


def make(folder: Path) -> Golden:
    """Exam and bundle in an empty folder; the bundle has a decision, so that there are calibrated probabilities."""
    from mammo_monai.evaluation.decisions import storage
    from mammo_monai.evaluation.decisions.decision import Decision
    from mammo_monai.networks.checkpoints import sha256

    made = Golden(write_exam(folder / "exam"), write_bundle(folder, state(network())))
    weights = made.bundle / "models" / "model.pt"
    storage.write(Decision(sha256(weights), CLASSES, 1.5, 0.0, (), 100), weights)
    return made


def probabilities(result: Mapping[str, Any]) -> dict[str, float]:
    """Every probability in the JSON of a result, such as "R-MLO calibrated 045"."""
    units = {f"{image['laterality']}-{image['view']}": image for image in result["images"]}
    units |= {breast["laterality"]: breast for breast in result["breasts"]} | {"exam": result["whole"]}
    return {
        f"{name} {kind} {class_name}": value
        for name, unit in units.items()
        for kind in ("probabilities", "calibrated")
        for class_name, value in unit["outcome"][kind].items()
    }


def film(laterality: str, view: str) -> Any:
    """Stored values 0 to 4095 (rows, columns): half an ellipse at the chest wall, in it a pattern and a disc."""
    import numpy as np

    turn = list(VIEWS).index((laterality, view)) + 1
    r, c = np.mgrid[:ROWS, :COLS].astype(np.int64)
    breast = (r - 80) ** 2 * 104**2 + c**2 * 72**2 <= 72**2 * 104**2
    pattern = 900 + 12 * ((r * r + 3 * turn * r * c + c * c) // 64 % 101)
    disc = (r - 50 - 12 * turn) ** 2 + (c - 70 + 8 * turn) ** 2 <= (8 + 2 * turn) ** 2
    values = np.where(breast, pattern + 900 * disc, 0)
    return values if laterality == "L" else values[:, ::-1]


def write_exam(folder: Path) -> Path:
    """The four views as DICOM files, one of them MONOCHROME1."""
    from mammo_monai.phantom.dicom_writer import Encoding, write_dicom
    from mammo_monai.phantom.plan import plan_exams
    from mammo_monai.phantom.presentation import HIGHEST, VOIS
    from mammo_monai.phantom.transfer_syntax import TRANSFER_SYNTAXES

    (plan,) = plan_exams(1, 0)
    syntaxes = {one.uid: one for one in TRANSFER_SYNTAXES}
    folder.mkdir()
    for (laterality, view), uid in VIEWS.items():
        how = Encoding(syntaxes[uid], VOIS[0], inverted=(laterality, view) == ("R", "CC"))
        brightness = film(laterality, view) / HIGHEST
        write_dicom(folder / f"{laterality}-{view}.dcm", plan, laterality, view, brightness, how)
    return folder


def state(of: Any) -> dict[str, Any]:
    """Weights of a network: kernels of variance 1.5 / inputs, batch norms that leave everything as it is."""
    import torch

    made = of.state_dict()
    for name, tensor in made.items():
        if tensor.ndim > 1:
            values = mixed(tensor.numel()) * (18 / tensor[0].numel()) ** 0.5
            made[name] = torch.from_numpy(values.reshape(tensor.shape)).float()
        elif tensor.ndim == 1:
            made[name] = torch.full_like(tensor, name.endswith(("weight", "running_var")))
    return made


def mixed(count: int) -> Any:
    """Float64 from -1/2 to 1/2 without pattern: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) of 1, 2, 3, ..."""
    import numpy as np

    bits = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    return (bits >> np.uint64(32)) / 2.0**32 - 0.5


def main() -> None:
    """Write the file."""
    import tempfile
    from importlib.metadata import version

    from mammo_monai.inference.predictor import Predictor

    with tempfile.TemporaryDirectory() as folder:
        golden = make(Path(folder))
        result = Predictor(golden.bundle, device="cpu").predict(golden.exam).to_json()
    made_with = {name: version(name) for name in PACKAGES}
    content = {"made by": "python -m tests.golden", "with": made_with, "probabilities": probabilities(result)}
    FILE.write_text(json.dumps(content, indent=4) + "\n")


if __name__ == "__main__":
    main()

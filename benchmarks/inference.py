"""One exam from files to its result: where the time goes, and what the engines of inference make of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import torch

from benchmarks._chain import BUNDLE, SIZE
from benchmarks._films import SYNTAXES
from benchmarks._table import Line, Target, at_most, timed, times_faster
from benchmarks._timing import Seconds, elapsed, interleaved
from mammo_monai.inference.export import export
from mammo_monai.inference.predictor import Predictor
from mammo_monai.networks.birads_net import BiradsNet
from mammo_monai.networks.exports import EXACT
from mammo_monai.phantom.dicom_writer import Encoding, write_dicom
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.plan import plan_exams
from mammo_monai.phantom.presentation import VOIS
from mammo_monai.phantom.transfer_syntax import TRANSFER_SYNTAXES

SHAPE = (4096, 3328)
ENGINES = {"openvino": times_faster(1.35), "openvino_bf16": times_faster(2.5), "torch_bf16": times_faster(2.5)}
PARTS = ("decode", "transform", "network", "output")
RUNS, COLD_RUNS = 7, 3
COLD = (
    "import sys; from mammo_monai import Predictor; bundle, weights, exam = sys.argv[1:]; "
    "Predictor(bundle, weights=weights, device='cpu').predict(exam)"
)
IMPORTS = {"ours": "from mammo_monai import Predictor", "against": "import torch, torchvision, monai"}


def lines(folder: Path) -> Iterator[Line]:
    """Four views of 4096 x 3328 in JPEG Lossless through BiradsNet with ResNet-50 at 512 x 512, on the CPU."""
    exam, weights = written_exam(folder / "inference-exam"), saved_weights(folder / "inference-models" / "model.pt")
    of = {"torch": predictor(weights, "torch")}
    of["torch"].predict(exam)
    results = [(elapsed_parts(of["torch"], exam)) for _ in range(RUNS)]
    whole = Seconds(tuple(sum(parts.values()) for parts in results))
    what = "exam of four JPEG Lossless 4096x3328, resnet50 at 512, CPU"
    for part in PARTS:
        seconds = Seconds(tuple(parts[part] for parts in results))
        yield Line(f"{what}: {part}", str(seconds), f"{whole} all parts", median(seconds.values) / median(whole.values))
    yield Line(f"{what}: warm, loaded and asked before", str(whole), "3 s", median(whole.values) / 3, at_most(1))
    cold = Seconds(tuple(elapsed(lambda: run_python(COLD, BUNDLE, weights, exam)) for _ in range(COLD_RUNS)))
    yield Line(f"{what}: cold, from the start of the process", str(cold), "3 s", median(cold.values) / 3)
    for name, target in ENGINES.items():
        yield from engine_lines(name, target, of, weights, exam)
    pairs = interleaved(*(lambda code=code: run_python(code) for code in IMPORTS.values()), least=3, most=3)
    yield timed(f"start-up: {IMPORTS['ours']}", pairs, IMPORTS["against"])


def engine_lines(name: str, target: Target, of: dict[str, Predictor], weights: Path, exam: Path) -> Iterator[Line]:
    """The network alone and the whole exam against PyTorch in float32, and how far its probabilities are from them."""
    made = export(BUNDLE, name, exam, {"weights": str(weights), "device": "cpu"})
    of[name] = predictor(weights, name)
    images = torch.randn(4, 3, *SIZE)
    ours, eager = ((lambda one=of[one]: one.classifier.probabilities(images)) for one in (name, "torch"))
    yield timed(f"network of four images, {name}", interleaved(ours, eager), "PyTorch float32", target)
    ours, eager = ((lambda one=of[one]: one.predict(exam)) for one in (name, "torch"))
    yield timed(f"whole exam, {name}", interleaved(ours, eager), "PyTorch float32")
    promised = at_most(EXACT) if name == "openvino" else Target()
    largest = max(made.largest, made.change.largest if made.change else 0.0)
    yield Line(f"{name}: largest difference of a probability", f"{largest:.2g}", "PyTorch float32", largest, promised)


def predictor(weights: Path, engine: str) -> Predictor:
    """The BI-RADS bundle as it is, with weights that say nothing."""
    return Predictor(BUNDLE, weights=str(weights), engine=engine, device="cpu")


def elapsed_parts(predictor: Predictor, exam: Path) -> dict[str, float]:
    """Seconds by part, and in ``output`` whatever else of the call took time."""
    parts: dict[str, float] = {}
    whole = elapsed(lambda: parts.update(predictor.predict(exam).seconds))
    return parts | {"output": whole - sum(parts[name] for name in PARTS[:-1])}


def written_exam(folder: Path) -> Path:
    """Four views of one exam."""
    folder.mkdir()
    syntax = next(one for one in TRANSFER_SYNTAXES if one.uid == SYNTAXES["JPEG Lossless"])
    (plan,) = plan_exams(1, 0)
    for laterality in ("L", "R"):
        for view in ("CC", "MLO"):
            film = expose(plan, laterality, view, *SHAPE).brightness
            path = folder / f"{laterality}-{view}.dcm"
            write_dicom(path, plan, laterality, view, film, Encoding(syntax, VOIS[0], False))
    return folder


def saved_weights(file: Path) -> Path:
    """Random weights whose batch norms have seen images."""
    torch.manual_seed(0)
    network = BiradsNet("resnet50", 3, SIZE)
    with torch.no_grad():
        for _ in range(2):
            network(torch.randn(4, 3, *SIZE))
    file.parent.mkdir()
    torch.save(network.state_dict(), file)
    return file


def run_python(code: str, *arguments: Path) -> None:
    """A process of its own."""
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)

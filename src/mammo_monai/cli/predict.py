"""Predict exams with a trained bundle: structured reports, pictures and JSON."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from mammo_monai.errors import MammoError, line


def predict(
    bundle: Path,
    *,
    images: Path,
    out: Path,
    report: str = "tid1500",
    overlays: bool = False,
    bundle_sha256: str = "",
    **options: str,
) -> int:
    """Predict every exam below a folder and write a DICOM report and a JSON of each.

    Exams are found by their Study Instance UID; files that are in none are named with the reason. An exam that fails
    leaves no half-written file and does not stop the others; the command then ends with 1.

    Args:
        bundle: folder of the bundle; its configs/inference.json is used as inference uses it.
        images: folder with exams, at any depth, or one file.
        out: folder to write.
        report: tid1500 (Comprehensive 3D SR), text (Basic Text SR) or none; needs the extra 'sr'.
        overlays: a Secondary Capture per image too, with Grad-CAM of the predicted class.
        bundle_sha256: refuse a bundle with another checksum than this one; every result prints it.
        options: ids of the config set anew, such as --weights FILE, --engine openvino or --device cpu.
    """
    from mammo_monai.dicom.output import write_outputs
    from mammo_monai.dicom.output.writing import Report

    kinds = get_args(Report)
    if report not in kinds:
        raise MammoError(f"option --report: no {report!r}; choose one of {', '.join(kinds)}", "usage")
    from mammo_monai.bundle_config import as_values
    from mammo_monai.inference.exam import find_exams
    from mammo_monai.inference.overlays import overlays as draw
    from mammo_monai.inference.predictor import Predictor

    found = find_exams(images)
    predictor = Predictor(bundle, bundle_sha256=bundle_sha256, **as_values(options))
    failed = 0
    for exam in found.exams:
        try:
            result = predictor.predict(exam)
            pictures, notes = draw(predictor, exam, result) if overlays else ({}, [])
            files = write_outputs(result, exam.root, out, report=cast(Report, report), overlays=pictures)
        except Exception as error:  # whatever one exam makes them raise, the others go on
            failed += 1
            print(f"{exam.exam}: {line(error)}")
            continue
        whole = result.whole.outcome if result.whole else None
        said = f"{whole.decision or whole.predicted}, {len(exam.images)} image(s)" if whole else "no result"
        print(f"{exam.exam}: {said}: {', '.join(file.name for file in files)}", *result.remarks, *notes, sep="\n  ")
    for path, why in found.left_out.items():
        print(f"left out {path}: {why}")
    print(f"{len(found.exams) - failed} of {len(found.exams)} exams in {out}")
    return int(failed > 0 or not found.exams)

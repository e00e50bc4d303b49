"""Real mammograms all the way: files, the Predictor, every kind of document, the checkers, and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("highdicom", reason="reports need the extra sr")

from mammo_monai.dicom.output import read_report, write_outputs

PICTURE = np.full((16, 16, 3), 200, np.uint8)


@pytest.mark.real
def test_real_files_to_reports_and_back(mg_dicom, small_bundle, tmp_path, complaints):
    from mammo_monai.inference.exam import find_exams
    from mammo_monai.inference.predictor import Predictor

    predictor = Predictor(small_bundle(), device="cpu")
    results = {}
    for exam in find_exams(mg_dicom).exams:
        result = predictor.predict(exam)
        pictures = {image.path: PICTURE for image in result.images if image.outcome}
        *objects, twin = write_outputs(result, exam.root, tmp_path / "out", overlays=pictures)
        assert len(objects) == len(pictures) + 1, twin.read_text()
        assert [complaints("dciodvfy", path) for path in objects] == [[]] * len(objects)
        assert complaints("dsrdump", objects[-1]) == []
        assert read_report(objects[-1]) == replace(result, seconds={})
        results |= {image.path: image for image in result.images}
    judged = {path for path, image in results.items() if image.outcome}
    assert judged == {"GH133.dcm", "MG1_J2KI"}

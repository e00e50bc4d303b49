from __future__ import annotations

import numpy as np
import pytest

from mammo_monai.errors import MammoError
from mammo_monai.evaluation.predictions import Prediction, read, write

CLASSES = ["045", "1", "23"]


def test_round_trip_keeps_text_as_text_and_errors_without_scores(tmp_path):
    rows = [
        Prediction("a/1.dcm", "007", "e,1", "L", "CC", "045", (0.25, 0.5, 0.25)),
        Prediction("b 2.png", error="truncated-pixels: cut short"),
    ]
    write(tmp_path / "p.csv", rows, CLASSES)
    assert read(tmp_path / "p.csv") == (rows, CLASSES)
    header, first, second = (tmp_path / "p.csv").read_text().splitlines()
    assert header == "path,patient,exam,laterality,view,label,predicted,decision,p_045,p_1,p_23,conflict,error"
    assert first == 'a/1.dcm,007,"e,1",L,CC,045,1,,0.25,0.5,0.25,,'
    assert second == "b 2.png,,,,,,,,,,,,truncated-pixels: cut short"


def test_a_finding_without_a_box_is_kept(tmp_path):
    """Two findings of one image are two rows that a column has to tell apart."""
    rows = [Prediction("1.png", finding=f, label="a", probabilities=(1.0, 0.0)) for f in ("0", "1")]
    write(tmp_path / "p.csv", rows, ["a", "b"])
    assert read(tmp_path / "p.csv")[0] == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rows"),
        ("path,label\n1,2\n", "missing"),
        ("path,patient,exam,laterality,view,label\na,b,c,d,e,f\n", "p_<class>"),
    ],
)
def test_other_tables_are_named_errors(tmp_path, text, message):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(MammoError, match=message):
        read(tmp_path / "p.csv")


def test_missing_table(tmp_path):
    with pytest.raises(MammoError, match="expected a predictions table"):
        read(tmp_path / "none.csv")


def test_a_file_name_that_is_no_unicode_does_not_lose_the_table(tmp_path):
    write(tmp_path / "p.csv", [Prediction("M\udcfcller.png", probabilities=(1.0, 0, 0))], CLASSES)
    assert read(tmp_path / "p.csv")[0][0].path == "M\\udcfcller.png"


def test_decisions_come_back(tmp_path):
    rows = [Prediction("1", probabilities=(0.5, 0.5), decision="abstain"), Prediction("2", error="x: y")]
    write(tmp_path / "p.csv", rows, ["a", "b"])
    assert read(tmp_path / "p.csv")[0] == rows


def test_probabilities_of_a_network_come_back_exactly(tmp_path):
    """float32 has 24 bits, which nine significant decimals hold; six decimals made ties and zeros of small ones."""
    scores = np.random.default_rng(0).dirichlet([0.05] * 3, 200).astype(np.float32)
    assert (scores < 1e-6).any()
    rows = [Prediction(str(i), probabilities=tuple(map(float, row))) for i, row in enumerate(scores)]
    write(tmp_path / "p.csv", rows, CLASSES)
    again = np.float32([row.probabilities for row in read(tmp_path / "p.csv")[0]])
    assert np.array_equal(again, scores)

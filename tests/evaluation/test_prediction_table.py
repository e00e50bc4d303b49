from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo_monai.errors import MammoError
from mammo_monai.evaluation import predictions
from mammo_monai.evaluation.prediction_table import from_predictions, read
from mammo_monai.evaluation.predictions import Prediction, write
from mammo_monai.evaluation.scored import Scored

TABLE = """path,patient,laterality,label,p_a,p_b,error
1.png,x,L,a,0.9,0.1,
2.png,x,R,b,0.2,0.8,
3.png,y,L,b,0.6,0.4,
"""


@pytest.fixture
def table(tmp_path):
    def written(text: str):
        (tmp_path / "p.csv").write_text(text)
        return read(tmp_path / "p.csv")

    return written


def test_what_a_table_holds(table):
    scored = table(TABLE)
    assert scored.class_names == ("a", "b")
    assert scored.labels.tolist() == [0, 1, 1]
    assert scored.probabilities.tolist() == [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]
    assert scored.patients.tolist() == ["x", "x", "y"]
    assert scored.columns["laterality"] == ("L", "R", "L")
    assert set(scored.columns) == {"path", "patient", "laterality", "error"}
    assert (len(scored), scored.called.tolist(), dict(scored.notes)) == (3, [0, 1, 0], {})


def test_anybodys_table_needs_no_more_than_labels_and_probabilities(table):
    scored = table("p_m;label;p_b\n0.25;m;0.75\n0.5;b;0.5\n")
    assert scored.class_names == ("m", "b")
    assert len(set(scored.patients)) == 2
    assert scored.notes == {"without-patient": 2}


@pytest.mark.parametrize("name", ["none", "na", "unknown", "NaN"])
def test_a_class_may_be_called_what_means_unknown_elsewhere(table, name):
    scored = table(f"path,label,p_{name},p_mass\n1,{name},0.9,0.1\n2,mass,0.2,0.8\n3,,0.2,0.8\n")
    assert scored.class_names == (name, "mass")
    assert scored.labels.tolist() == [0, 1]
    assert scored.notes["without-label"] == 1


def test_patients_of_two_data_sets_are_two_patients(table):
    scored = table("dataset,patient,label,p_a,p_b\nvindr,1,a,1,0\ninbreast,1,b,0,1\n,1,b,0,1\n")
    assert scored.patients.tolist() == ["vindr/1", "inbreast/1", "1"]


def test_rows_left_out_are_counted(table):
    scored = table(
        TABLE
        + "4.png,y,R,,0.6,0.4,\n5.png,y,R,a,,,\n6.png,y,R,a,,,unreadable: cut\n3.png,y,L,b,0.6,0.4,\n7.png,,,a,1,0,\n"
    )
    assert scored.columns["path"] == ("1.png", "2.png", "3.png", "7.png")
    assert scored.notes == {
        "error": 1,
        "without-label": 1,
        "without-prediction": 1,
        "duplicate": 1,
        "without-patient": 1,
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("4.png,y,L,c,0.5,0.5,", r"line 5, column 'label': expected one of the classes a, b, found 'c'"),
        ("4.png,y,L,a,nan,0.5,", r"line 5, column 'p_a': expected a probability from 0 to 1, found 'nan'"),
        ("4.png,y,L,a,-0.1,1.1,", r"line 5, column 'p_a': expected a probability from 0 to 1, found '-0.1'"),
        ("4.png,y,L,a,0.5,,", r"column 'p_b': expected a probability from 0 to 1, found ''"),
        ("4.png,y,L,a,high,0.5,", r"column 'p_a': expected a probability"),
        ("4.png,y,L,a,0.5,inf,", r"column 'p_b': expected a probability"),
        ("4.png,y,L,a,0.9,0.3,", r"line 5: expected probabilities that sum to 1, found 1.2 \(1 of 4 rows\)"),
        ("3.png,y,L,b,0.3,0.7,", r"lines 4 and 5: 3.png is there twice and differs"),
        ("3.png,y,L,a,0.6,0.4,", r"lines 4 and 5: 3.png is there twice and differs"),
        ("3.png,z,L,b,0.6,0.4,", r"lines 4 and 5: 3.png is there twice and differs"),
        ("4.png,y,L", r"p.csv"),
    ],
)
def test_a_bad_row_is_named(table, row, message):
    with pytest.raises(MammoError, match=message) as caught:
        table(TABLE + row + "\n")
    assert "\n" not in str(caught.value)
    assert "p.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("label,p_a,p_b\n", "no row"),
        ("label,p_a\na,1\n", "a column p_<class> per class, two or more, found p_a"),
        ("p_a,p_b\n1,0\n", "label"),
        ("label,p_a,p_b\n,1,0\na,,\n", r"no image has both a label and a prediction \(1 without-label, 1 without-pred"),
    ],
)
def test_a_table_that_is_none_is_named(table, text, message):
    with pytest.raises(MammoError, match=message):
        table(text)


def test_rounding_is_no_fault_and_the_same_image_may_vary_with_the_batch(table):
    scored = table(TABLE + "3.png,y,L,b,0.600002,0.399998,\n4.png,y,L,a,0.333,0.666,\n")
    assert scored.notes == {"duplicate": 1}
    assert scored.probabilities[-1].tolist() == [0.333, 0.666]  # as written: nothing is made to sum to 1


def test_boxes_and_findings_of_one_image_are_rows_of_their_own(table):
    head = "path,row_min,col_min,row_max,col_max,finding,label,p_a,p_b\n"
    scored = table(head + "1,0,0,9,9,0,a,1,0\n1,0,0,9,9,1,b,0,1\n1,0,5,9,9,0,b,0,1\n1,0,0,9,9,0,a,1,0\n")
    assert (len(scored), scored.notes["duplicate"]) == (3, 1)


def test_copies_of_a_patch_are_rows_of_their_own(tmp_path):
    rows = [
        Prediction("1", "x", label="a", probabilities=(p, 1 - p), box=(0, 0, 9, 9), turn=turn)
        for turn, p in enumerate((0.5, 0.6, 0.7))
    ]
    write(tmp_path / "p.csv", rows, ["a", "b"])
    scored = read(tmp_path / "p.csv")
    assert scored.probabilities[:, 0].tolist() == [0.5, 0.6, 0.7] and scored.columns["turn"] == ("0", "1", "2")
    assert [row.turn for row in predictions.read(tmp_path / "p.csv")[0]] == [0, 1, 2]
    older = "path,row_min,col_min,row_max,col_max,finding,label,predicted,p_a,p_b,patient,exam,laterality,view\n"
    (tmp_path / "p.csv").write_text(older + "1,0,0,9,9,0,a,a,1,0,x,,,\n")
    assert predictions.read(tmp_path / "p.csv")[0][0].turn == 0


def test_a_patient_in_two_sections_is_leakage(table):
    with pytest.raises(MammoError, match="patient x stands in the sections train and test"):
        table("path,patient,section,label,p_a,p_b\n1,x,train,a,1,0\n2,y,test,b,0,1\n3,x,test,b,0,1\n")
    assert len(table("path,patient,section,label,p_a,p_b\n1,x,train,a,1,0\n2,y,test,b,0,1\n")) == 2


def test_predictions_in_memory_are_those_of_their_table(tmp_path):
    rows = [
        Prediction("1", "x", "e", "L", "CC", "a", (2 / 3, 1 / 3)),
        Prediction("2", "x", label="b", probabilities=(0.1, 0.9), finding="0"),
        Prediction("2", "x", label="a", probabilities=(0.8, 0.2), finding="1"),
        Prediction("3", "y", label="b", error="unreadable: cut"),
    ]
    write(tmp_path / "p.csv", rows, ["a", "b"])
    ours, written = from_predictions(rows, ["a", "b"]), read(tmp_path / "p.csv")
    assert np.array_equal(ours.probabilities, written.probabilities)
    assert (ours.labels.tolist(), ours.columns, ours.notes) == (written.labels.tolist(), written.columns, written.notes)
    assert ours.notes == {"error": 1}
    with pytest.raises(MammoError, match="no image has both"):
        from_predictions([], ["a", "b"])


def test_twenty_thousand_rows(table):
    random = np.random.default_rng(0)
    p = random.dirichlet(np.ones(3), 20000)
    lines = [f"{i},{i // 4},{i % 3},{a:.6f},{b:.6f},{c:.6f}" for i, (a, b, c) in enumerate(p)]
    scored = table("path,patient,label,p_0,p_1,p_2\n" + "\n".join(lines) + "\n")
    assert (len(scored), len(set(scored.patients))) == (20000, 5000)


cell = st.one_of(
    st.sampled_from(
        ["", "a", "b", "0", "1", "0.5", "-1", "nan", "1e999", "٠.٥", "x", "a,b", '"', "1.png", "\n", "\x00"]
    ),
    st.text(max_size=4),
)
titles = st.lists(
    st.sampled_from(["path", "patient", "label", "p_a", "p_b", "p_", "section", "error", "row_min", "label"]),
    max_size=8,
)


@settings(deadline=None)
@given(titles, st.lists(st.lists(cell, max_size=8), max_size=6), st.booleans())
def test_any_table_is_read_or_refused_in_one_line(tmp_path_factory, header, rows, square):
    text = io.StringIO()
    rows = [(row + [""] * 8)[: len(header)] for row in rows] if square else rows
    csv.writer(text).writerows([header, *rows])
    path = tmp_path_factory.mktemp("hostile") / "p.csv"
    path.write_text(text.getvalue(), encoding="utf-8", errors="replace")
    try:
        scored = read(path)
    except MammoError as error:
        assert len(str(error).splitlines()) == 1
        return
    assert isinstance(scored, Scored)
    assert 0 < len(scored) == len(scored.probabilities) == len(scored.patients)
    assert np.allclose(scored.probabilities.sum(1), 1, atol=0.01)
    assert len(scored) + sum(scored.notes.get(code, 0) for code in ("error", "without-label", "duplicate")) <= len(rows)

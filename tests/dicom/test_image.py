from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mammo_monai.dicom.image import read_image, read_tags
from mammo_monai.errors import MammoError

Write = Callable[..., Path]


def refused(path: Path, reason: str, **options: Any) -> str:
    with pytest.raises(MammoError) as error:
        read_image(path, **options)
    assert error.value.reason == reason
    assert "\n" not in str(error.value)
    return str(error.value)


def test_no_image_at_all(tmp_path: Path) -> None:
    refused(tmp_path / "missing.dcm", "not-found")
    refused(tmp_path, "not-found")
    empty = tmp_path / "empty.dcm"
    empty.touch()
    refused(empty, "empty-file")
    for name, content in {"notes.txt": b"not an image\n" * 50, "short": b"x", "zip": b"PK\3\4" + bytes(900)}.items():
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, "unsupported-format")
        with pytest.raises(MammoError):
            read_tags(tmp_path / name)


def test_voi_is_applied_and_named(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp, WindowCenter=[2000, 3000], WindowWidth=[1000, 10], WindowCenterWidthExplanation=["A", "B"])
    image = read_image(path)
    want = np.clip((ramp - 1999.5) / 999 + 0.5, 0, 1) * 65535
    np.testing.assert_array_equal(image.pixels, np.rint(want))
    assert image.pixels.dtype == np.uint16
    assert image.meta["voi"] == "LINEAR 2000/1000 A"
    assert read_image(path, voi="b").meta["voi"] == "LINEAR 3000/10 B"
    assert read_image(path, voi="none").meta["voi"] == "none"
    exact = read_image(path, output="float32").pixels
    np.testing.assert_allclose(exact, want, rtol=1e-6)
    assert "0: LINEAR 2000/1000 A, 1: LINEAR 3000/10 B" in refused(path, "no-such-voi", voi="C")


def test_nominal_range_where_there_is_no_voi(write: Write, ramp: np.ndarray) -> None:
    image = read_image(write(ramp))
    np.testing.assert_array_equal(image.pixels, np.rint(ramp / 4095 * 65535))
    assert image.meta["voi"] == "nominal range"


def test_both_photometric_interpretations_show_the_same_picture(write: Write, ramp: np.ndarray) -> None:
    window = {"WindowCenter": 2048, "WindowWidth": 3000, "VOILUTFunction": "LINEAR_EXACT"}
    light = read_image(write(ramp, **window), output="float32").pixels
    window["WindowCenter"] = 4095 - 2048
    dark = write(4095 - ramp, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE", **window)
    np.testing.assert_allclose(read_image(dark, output="float32").pixels, light, atol=0.01)


def test_stored_values_that_only_floats_hold(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp, RescaleSlope=1, RescaleIntercept=-5)
    refused(path, "not-integer", voi="none")
    np.testing.assert_array_equal(read_image(path, voi="none", output="float32").pixels, ramp.astype(np.float32) - 5)


def test_bad_options(write: Write, ramp: np.ndarray) -> None:
    with pytest.raises(MammoError) as error:
        read_image(write(ramp), output="int8")  # type: ignore[arg-type]
    assert error.value.reason == "bad-option"


def test_source_and_size(write: Write, ramp: np.ndarray) -> None:
    path = write(ramp)
    meta = read_image(str(path)).meta
    assert meta["source"] == str(path)
    assert (meta["source_rows"], meta["source_columns"], meta["bits"]) == (67, 101, 12)


@pytest.mark.parametrize("output", ["stored", "float32"])
def test_memory_stays_below_four_times_the_stored_pixels(write: Write, output: Any) -> None:
    words = np.zeros((2000, 2000), np.uint16)
    path = write(words, WindowCenter=2048, WindowWidth=4096)
    read_image(path, output=output)
    tracemalloc.start()
    read_image(path, output=output)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * words.nbytes


def test_reading_needs_no_torch() -> None:
    code = "import sys, mammo_monai.dicom.image; print({'torch', 'monai', 'itk', 'nibabel'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("GH133.dcm", "VOI LUT NORMAL"),
        ("MG1_J2KI", "LINEAR 2047/4095"),
        ("OutOfBoundsOverlay.dcm", "special-view"),
        ("GH1376.dcm", "other-modality"),  # a CT
        ("jpeg2k_3d.dcm", "multi-frame"),
    ],
)
def test_real_files_give_an_image_or_a_named_refusal(mg_dicom: Path, name: str, outcome: str) -> None:
    try:
        got = str(read_image(mg_dicom / name).meta["voi"])
    except MammoError as error:
        got = error.reason
    assert got == outcome


@pytest.mark.real
def test_lifted_refusals_of_real_files(mg_dicom: Path) -> None:
    lifted = ["multi-frame", "special-view"]
    assert read_image(mg_dicom / "OutOfBoundsOverlay.dcm", allow=lifted).pixels.shape == (788, 1318)
    assert read_image(mg_dicom / "jpeg2k_3d.dcm", allow=lifted).pixels.shape == (128, 128)
    # Its transfer syntax says native, but whole JPEG Lossless data is encapsulated in it.
    assert read_image(mg_dicom / "GH1376.dcm", allow=[*lifted, "other-modality"]).pixels.shape == (2457, 1890)


@pytest.mark.real
def test_tags_of_real_files(mg_dicom: Path) -> None:
    ge = read_tags(mg_dicom / "GH133.dcm")
    assert (ge["laterality"], ge["view"], ge["conflict"]) == ("R", "MLO", "")
    assert ge["pixel_spacing"] == pytest.approx([0.09409090909091] * 2)
    film = read_tags(mg_dicom / "MG1_J2KI")
    assert (film["laterality"], film["view"], film["age"]) == ("L", "MLO", 75)


@pytest.mark.real
@pytest.mark.parametrize("voi", [0, 1, 2, 3, 4, 5])
def test_real_voi_agrees_with_pydicom(mg_dicom: Path, voi: int) -> None:
    """VOI LUTs 0-2 exactly; windows 3-5 where pydicom is right: its SIGMOID spans 0..4095 as ours spans 0..65535."""
    processing = pytest.importorskip("pydicom.pixels.processing")
    path = mg_dicom / "GH133.dcm"
    stored = read_image(path, voi="none", output="float32").pixels.astype(np.uint16)
    header = pydicom.dcmread(path)
    if voi < 3:
        want = processing.apply_voi(stored, header, index=voi) / 4095 * 65535
    else:
        want = processing.apply_windowing(stored, header, index=voi - 3) / 4095 * 65535
    want = np.where(stored == 0, 0, want)  # pydicom leaves padding as it is
    np.testing.assert_allclose(read_image(path, voi=voi, output="float32").pixels, want, atol=0.01)


@pytest.fixture(scope="module")
def samples(write_session: Write) -> dict[str, bytes]:
    """One small valid file per format, as bytes."""
    import cv2
    import imagecodecs

    small = np.add.outer(np.arange(24), 7 * np.arange(20)).astype(np.uint16)
    found = {
        "png": cv2.imencode(".png", small)[1].tobytes(),
        "tif": cv2.imencode(".tif", small)[1].tobytes(),
        "jpg": cv2.imencode(".jpg", small.astype(np.uint8))[1].tobytes(),
        "pgm": b"P5\n20 24\n255\n" + small.astype(np.uint8).tobytes(),
    }
    voi = {"WindowCenter": [40, 50], "WindowWidth": [80, 90], "PixelPaddingValue": 0}
    found["dcm"] = write_session(small, **voi).read_bytes()
    found["implicit"] = write_session(small, syntax="1.2.840.10008.1.2", **voi).read_bytes()
    found["deflated"] = write_session(small, syntax="1.2.840.10008.1.2.1.99", **voi).read_bytes()
    for name, uid, frame in (
        ("sv1", "70", imagecodecs.jpeg8_encode(small, lossless=True, predictor=1)),
        ("jls", "80", imagecodecs.jpegls_encode(small)),
        ("j2k", "90", imagecodecs.jpeg2k_encode(small, codecformat="j2k", reversible=True)),
        ("htj2k", "201", imagecodecs.htj2k_encode(small, reversible=True)),
    ):
        found[name] = write_session(small, syntax=f"1.2.840.10008.1.2.4.{uid}", frames=[frame], **voi).read_bytes()
    return found


FORMATS = ["png", "tif", "jpg", "pgm", "dcm", "implicit", "deflated", "sv1", "jls", "j2k", "htj2k"]


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_give_an_image_or_a_mammo_error(
    samples: dict[str, bytes], tmp_path: Path, name: str, data: st.DataObject
) -> None:
    content = bytearray(samples[name])
    for _ in range(data.draw(st.integers(0, 6), "flips")):
        content[data.draw(st.integers(0, len(content) - 1), "at")] = data.draw(st.integers(0, 255), "byte")
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))), "cut")
    path = tmp_path / "damaged"
    path.write_bytes(content[:cut])
    for read in (lambda: read_image(path, max_pixels=100_000), lambda: read_tags(path)):
        try:
            read()
        except MammoError as error:
            assert "\n" not in str(error)
            assert error.reason

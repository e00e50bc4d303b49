from __future__ import annotations

import re

import numpy as np
import pydicom
import pytest
from pydicom.sequence import Sequence

from mammo_monai.deidentification.one_file import deidentify
from mammo_monai.dicom.image import read_image
from mammo_monai.dicom.part10 import file_bytes
from mammo_monai.errors import MammoError
from mammo_monai.phantom.transfer_syntax import TRANSFER_SYNTAXES

from .conftest import STANDARD, item, survivors  # isort: skip


def stored(path):
    return read_image(path, voi="none").pixels


@pytest.fixture(scope="module")
def done(tmp_path_factory, make, pseudonyms):
    """A phantom in every transfer syntax, both photometric interpretations, with identities everywhere."""
    folder, made = tmp_path_factory.mktemp("one"), []
    for turn in range(2 * len(TRANSFER_SYNTAXES)):
        path, text, inside = make(folder / f"{turn}.dcm", turn, inverted=turn >= len(TRANSFER_SYNTAXES))
        new = deidentify(path, pseudonyms)
        (folder / f"{turn}-new.dcm").write_bytes(new.data)
        made.append((path, folder / f"{turn}-new.dcm", new, text, inside))
    return made


def test_no_text_of_the_input_survives_anywhere(done):
    for original, _, new, *_ in done:
        assert survivors(original, new.data) == []
        for word in (b"Feather", b"Wilhelm", b"Elsewhere", b"OVERLAYDRAWING", b"CURVE DATA", b"ICONFACE", b"4711"):
            assert word not in new.data
        assert not re.search(rb"195102|20200317|20191231", new.data[:4000])


def test_the_test_for_survivors_sees_them(done):
    original = done[0][0]
    found = {key for key, _ in survivors(original, original.read_bytes())}
    assert {"PatientName", "PatientID", "StudyDate", "SOPInstanceUID", "OtherPatientIDs", "AccessionNumber"} <= found
    assert "" in found  # private


def test_every_text_pixel_is_gone_and_no_breast_pixel_changed(done):
    for original, new, result, text, inside in done:
        before, after = stored(original), stored(new)
        air = np.median(before[~inside & ~text])
        assert abs(float(after[text].max()) - air) < 200 and abs(float(after[text].min()) - air) < 200
        assert len(np.unique(after[text])) == 1
        assert np.array_equal(before[inside], after[inside])
        assert result.altered and result.burned_in == ""
        assert "BurnedInAnnotation" not in pydicom.dcmread(pydicom.filebase.DicomBytesIO(result.data))


def test_changed_images_stay_in_their_own_lossless_syntax(done):
    for turn, (_, new, result, *_) in enumerate(done):
        assert result.syntax == TRANSFER_SYNTAXES[turn % 8].uid
        assert pydicom.dcmread(new, stop_before_pixels=True).file_meta.TransferSyntaxUID == result.syntax


def test_the_display_is_as_before(done):
    for original, new, _, _, inside in done:
        before, after = read_image(original), read_image(new)
        assert np.array_equal(before.pixels[inside], after.pixels[inside])
        for key in ("laterality", "view", "age", "photometric", "bits", "vendor", "model", "pixel_spacing", "voi"):
            assert before.meta[key] == after.meta[key]


def test_file_meta_and_preamble_are_new(done):
    for _, new, result, *_ in done:
        data = pydicom.dcmread(new)
        assert result.data[:128] == bytes(128)
        assert data.file_meta.MediaStorageSOPInstanceUID == data.SOPInstanceUID
        assert data.SOPInstanceUID.startswith("2.25.") and data.SOPInstanceUID.is_valid
        assert {element.keyword for element in data.file_meta} == {
            "FileMetaInformationGroupLength", "FileMetaInformationVersion", "MediaStorageSOPClassUID",
            "MediaStorageSOPInstanceUID", "TransferSyntaxUID", "ImplementationClassUID",
        }  # fmt: skip


def test_an_unchanged_stream_is_passed_on_byte_for_byte(tmp_path, make, pseudonyms):
    for turn in (0, 1, 3, 4):  # native, JPEG, JPEG-LS, RLE
        path, text, _ = make(tmp_path / f"{turn}", turn, lines=0, inverted=False)
        first = deidentify(path, pseudonyms)
        assert text.any()
        (tmp_path / "clean").write_bytes(first.data)  # now nothing is left to black out
        second = deidentify(tmp_path / "clean", pseudonyms)
        assert not second.altered and second.boxes == [] and second.burned_in == ""
        pixels = [pydicom.dcmread(pydicom.filebase.DicomBytesIO(new.data)).PixelData for new in (first, second)]
        assert pixels[0] == pixels[1]


def test_what_stands_before_and_after_the_data_set_goes(tmp_path, make, pseudonyms):
    path, *_ = make(tmp_path / "a", 0)
    data = path.read_bytes()
    path.write_bytes(b"Featherstone PREAMBLE".ljust(128, b"!") + data[128:] + b"TRAILING Featherstone")
    assert b"Feather" not in deidentify(path, pseudonyms).data


def test_burned_in_text_that_the_header_tells_of_but_is_not_found_stays_told(tmp_path, make, pseudonyms):
    path, *_ = make(tmp_path / "a", 0, lines=0)
    first = deidentify(path, pseudonyms)
    data = pydicom.dcmread(pydicom.filebase.DicomBytesIO(first.data))
    data.BurnedInAnnotation = "YES"
    path.write_bytes(file_bytes(data, STANDARD + "1.2.1", "1.2.3"))
    second = deidentify(path, pseudonyms)
    new = pydicom.dcmread(pydicom.filebase.DicomBytesIO(second.data))
    assert second.burned_in == new.BurnedInAnnotation == "YES"
    assert "113101" not in [code.CodeValue for code in new.DeidentificationMethodCodeSequence]  # nobody has looked


def test_text_that_the_window_hides_goes_too(tmp_path, make, pseudonyms):
    def hide(data):
        pixels = data.pixel_array.copy()
        pixels[pixels == 4095] = 400
        data.PixelData, data.WindowCenter, data.WindowWidth = pixels.astype("<u2").tobytes(), 2300, 3600

    path, text, _ = make(tmp_path / "a", 0, change=hide)
    assert (read_image(path).pixels[text] == 0).all() and (stored(path)[text] == 400).all()
    (tmp_path / "new").write_bytes(deidentify(path, pseudonyms).data)
    assert (stored(tmp_path / "new")[text] < 10).all()


def drop(*keywords):
    def change(data):
        for keyword in keywords:
            delattr(data, keyword)

    return change


def put(**elements):
    def change(data):
        for keyword, value in elements.items():
            setattr(data, keyword, value)

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop("PatientID"), "no-patient-id"),
        (put(PatientID="  "), "no-patient-id"),
        (drop("StudyInstanceUID"), "no-uid"),
        (put(SOPInstanceUID=""), "no-uid"),
        (put(SOPClassUID=STANDARD + "5.1.4.1.1.7"), "sop-class"),
        (put(SOPClassUID=STANDARD + "5.1.4.1.1.104.1"), "sop-class"),
        (put(NumberOfFrames="3"), "multi-frame"),
        (put(ImageType=["DERIVED", "PRIMARY", "TOMOSYNTHESIS"]), "multi-frame"),
        (put(PresentationIntentType="FOR PROCESSING"), "for-processing"),
        (put(SamplesPerPixel=3), "colour"),
        (drop("PixelData"), "no-pixel-data"),
        (put(Rows=60000, Columns=60000), "too-many-pixels"),
        (put(Rows=400), "truncated-pixels"),
        (drop("BitsAllocated"), "unreadable"),
        (put(PixelData=bytes(320 * 256 * 2)), "no-breast"),
    ],
)
def test_what_cannot_be_cleaned_is_left_out(tmp_path, make, pseudonyms, change, reason):
    path, *_ = make(tmp_path / "a", 0, change=change)
    with pytest.raises(MammoError) as caught:
        deidentify(path, pseudonyms)
    assert caught.value.reason == reason and "\n" not in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"P5 4 4 255\n" + bytes(16), bytes(400)])
def test_what_is_not_dicom_is_left_out(tmp_path, pseudonyms, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(MammoError) as caught:
        deidentify(tmp_path / "a", pseudonyms)
    assert caught.value.reason == "not-dicom"


def test_a_file_cut_anywhere_is_left_out_or_whole(tmp_path, make, pseudonyms):
    path, *_ = make(tmp_path / "a", 1)
    data = path.read_bytes()
    for end in range(0, len(data) - 200, len(data) // 40):
        path.write_bytes(data[:end])
        with pytest.raises(MammoError):
            deidentify(path, pseudonyms)


def test_deep_nesting_is_survived(tmp_path, make, pseudonyms):
    def nest(data):
        inner = item(ReferencedSOPInstanceUID="1.2.3", PatientName="Deep^Featherstone")
        for _ in range(60):
            inner = item(SourceImageSequence=Sequence([inner]))
        data.SourceImageSequence = Sequence([inner])

    path, *_ = make(tmp_path / "a", 0, change=nest)
    assert b"Deep" not in deidentify(path, pseudonyms).data


@pytest.mark.real
def test_real_files(mg_dicom, tmp_path, pseudonyms):
    outcomes = {}
    for path in sorted(mg_dicom.iterdir()):
        try:
            new = deidentify(path, pseudonyms)
        except MammoError as error:
            outcomes[path.name] = error.reason
            continue
        outcomes[path.name] = "written"
        assert survivors(path, new.data) == []
        (tmp_path / "new.dcm").write_bytes(new.data)
        kept = stored(path) == stored(tmp_path / "new.dcm")
        assert kept.mean() > 0.98  # a strip of skin below the breast goes
    assert outcomes == {
        "GH133.dcm": "written",
        "GH1376.dcm": "other-modality",
        "MG1_J2KI": "sop-class",
        "OutOfBoundsOverlay.dcm": "text-at-breast",  # a biopsy paddle over the breast
        "jpeg2k_3d.dcm": "multi-frame",
    }

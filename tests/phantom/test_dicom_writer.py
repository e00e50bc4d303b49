from __future__ import annotations

import struct
from collections import Counter
from itertools import product

import imagecodecs
import numpy as np
import pydicom
import pytest

from mammo_monai.phantom.dicom_writer import encoding, identifier, write_dicom
from mammo_monai.phantom.film import expose
from mammo_monai.phantom.plan import plan_exams

DECODERS = {
    "1.2.840.10008.1.2.4.70": imagecodecs.jpeg8_decode,
    "1.2.840.10008.1.2.4.80": imagecodecs.jpegls_decode,
    "1.2.840.10008.1.2.4.90": imagecodecs.jpeg2k_decode,
    "1.2.840.10008.1.2.4.201": imagecodecs.htj2k_decode,
}
FOUR = list(product("LR", ("CC", "MLO")))


def pixels_of(ds):
    """Stored values by pydicom (native, RLE) or by the named decoder from the one fragment of the frame."""
    decode = DECODERS.get(ds.file_meta.TransferSyntaxUID)
    if decode is None:
        return ds.pixel_array
    tag, table = struct.unpack_from("<II", ds.PixelData)
    assert tag == 0xE000FFFE
    tag, length = struct.unpack_from("<II", ds.PixelData, 8 + table)
    assert tag == 0xE000FFFE and length % 2 == 0
    return decode(ds.PixelData[16 + table : 16 + table + length])


def shown(ds):
    """Displayed brightness 0..1 after VOI (PS3.3 C.11.2) and MONOCHROME1; windows by pydicom."""
    stored = pixels_of(ds)
    assert stored.dtype == np.uint16 and stored.max() <= 4095
    if "VOILUTSequence" in ds:
        entries, first, bits = ds.VOILUTSequence[0].LUTDescriptor
        table = np.frombuffer(ds.VOILUTSequence[0].LUTData, "<u2")
        y = table[np.clip(stored.astype(int) - first, 0, entries - 1)] / (2**bits - 1)
    elif "WindowCenter" in ds:
        from pydicom.pixel_data_handlers.util import apply_voi_lut

        y = apply_voi_lut(stored, ds, index=0) / 4095
    else:
        y = stored / 4095
    return 1 - y if ds.PhotometricInterpretation == "MONOCHROME1" else y


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A cycle of eight exams, 32 small images, as (exam, laterality, view, data set)."""
    folder = tmp_path_factory.mktemp("dicom")
    result = []
    for exam in plan_exams(8, 0):
        for laterality, view in FOUR:
            path = folder / f"{exam.number}{laterality}{view}"
            film = expose(exam, laterality, view, 128, 104)
            write_dicom(path, exam, laterality, view, film.brightness, encoding(exam, laterality, view))
            result.append((exam, laterality, view, pydicom.dcmread(path)))
    return result


def test_every_encoding_shows_the_same_picture(written):
    for exam, laterality, view, ds in written:
        brightness = expose(exam, laterality, view, 128, 104).brightness
        assert np.abs(shown(ds) - brightness).max() < 0.004, ds.file_meta.TransferSyntaxUID


def test_the_cycle_meets_every_encoding_in_every_view():
    seen = {
        (laterality, view): Counter(
            (how.syntax.uid, str(how.voi), how.inverted)
            for how in (encoding(exam, laterality, view) for exam in plan_exams(8 * 7 * 3, 0))
        )
        for laterality, view in FOUR
    }
    for combinations in seen.values():
        assert len(combinations) == 8 * 7 * 2  # each with and without inversion
        assert set(combinations.values()) == {1, 2}


def test_small_sets_already_vary(written):
    data = [ds for *_, ds in written]
    assert len({ds.file_meta.TransferSyntaxUID for ds in data}) == 8
    assert {ds.PhotometricInterpretation for ds in data} == {"MONOCHROME1", "MONOCHROME2"}
    assert {ds.get("VOILUTFunction") for ds in data} == {None, "LINEAR", "LINEAR_EXACT", "SIGMOID"}


def test_header_is_that_of_a_mammogram_for_presentation(written):
    for exam, laterality, view, ds in written:
        assert ds.SOPClassUID == ds.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.1.2"
        assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
        assert (ds.Modality, ds.PresentationIntentType, ds.BurnedInAnnotation) == (
            "MG",
            "FOR PRESENTATION",
            "YES",
        )
        assert (ds.ImageLaterality, ds.ViewPosition) == (laterality, view)
        code = {"CC": "399162004", "MLO": "399368009"}[view]
        assert [(c.CodeValue, c.CodingSchemeDesignator) for c in ds.ViewCodeSequence] == [(code, "SCT")]
        assert ds.PatientAge == f"{exam.age:03d}Y" and len(ds.PatientAge) == 4
        assert (ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation) == (16, 12, 11, 0)
        assert [float(s) for s in ds.ImagerPixelSpacing] == [1.875, 1.875]  # 240 mm over 128 rows
        # Rows run away from the chest wall in a left breast; columns run from lateral to medial in CC.
        medial = {"L": "R", "R": "L"}[laterality]
        along = {"CC": medial, "MLO": f"F{medial}"}[view]
        assert list(ds.PatientOrientation) == [{"L": "A", "R": "P"}[laterality], along]
        assert ds.PresentationLUTShape == ("INVERSE" if ds.PhotometricInterpretation[-1] == "1" else "IDENTITY")


def test_uids_are_valid_unique_and_shared_within_a_study(written):
    for uid in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        values = [ds[uid].value for *_, ds in written]
        assert all(value.is_valid and value.startswith("2.25.") and len(value) <= 64 for value in values)
        assert len(set(values)) == (32 if uid == "SOPInstanceUID" else 8)
    exam, laterality, view, ds = written[0]
    assert ds.SOPInstanceUID == f"2.25.{int(identifier(exam, laterality, view).hex, 16)}"


def test_other_seeds_are_other_patients():
    first, second = plan_exams(1, 0)[0], plan_exams(1, 1)[0]
    assert identifier(first) != identifier(second) and identifier(first) != identifier(first, "series")

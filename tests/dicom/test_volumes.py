from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mammo_monai.dicom.image import read_image
from mammo_monai.errors import MammoError

itk = pytest.importorskip("itk")
nibabel = pytest.importorskip("nibabel")
Write = Callable[..., Path]


def refused(path: Path, reason: str) -> None:
    with pytest.raises(MammoError, match=path.name) as error:
        read_image(path)
    assert error.value.reason == reason


@pytest.mark.parametrize("suffix", ["nii", "nii.gz", "nrrd", "mha", "mhd"])
@pytest.mark.parametrize("depth", [2, 3])
def test_what_itk_saves_from_a_dicom_comes_back_as_the_dicom(
    write: Write, ramp: np.ndarray, tmp_path: Path, suffix: str, depth: int
) -> None:
    image = itk.imread(str(write(ramp)))
    if depth == 2:
        image = itk.image_from_array(itk.array_from_image(image)[0])
    path = tmp_path / f"x.{suffix}"
    itk.imwrite(image, str(path), compression=suffix == "nrrd")
    got = read_image(path).pixels
    np.testing.assert_array_equal(got, ramp)
    assert got.dtype == np.uint16


def test_nifti_first_axis_is_the_column(ramp: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "x.nii"
    nibabel.save(nibabel.Nifti1Image(ramp.T[..., None].astype(np.int16), np.diag([-0.1, -0.1, 1, 1])), path)
    np.testing.assert_array_equal(read_image(path).pixels, ramp)


def test_scaled_nifti(ramp: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "x.nii"
    image = nibabel.Nifti1Image(ramp.T.astype(np.int16), np.eye(4))
    image.header.set_slope_inter(0.5, -3)
    nibabel.save(image, path)
    np.testing.assert_allclose(read_image(path, output="float32").pixels, np.asarray(nibabel.load(path).dataobj).T)


def test_nifti_2(ramp: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "x.nii"
    nibabel.save(nibabel.Nifti2Image(ramp.T.astype(np.int16), np.eye(4)), path)
    np.testing.assert_array_equal(read_image(path).pixels, ramp)


@pytest.mark.parametrize("suffix", ["nii", "nii.gz"])
def test_nifti_by_content(ramp: np.ndarray, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    nibabel.save(nibabel.Nifti1Image(ramp.T.astype(np.int16), np.eye(4)), path)
    np.testing.assert_array_equal(read_image(path.rename(tmp_path / "x.dcm")).pixels, ramp)


@pytest.mark.parametrize("suffix", ["nii", "nrrd", "mha"])
def test_volume_of_several_slices(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    itk.imwrite(itk.image_from_array(np.zeros((3, 5, 7), np.uint8)), str(path))
    refused(path, "multi-frame")


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_colour(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    itk.imwrite(itk.image_from_array(np.zeros((5, 7, 3), np.uint8), is_vector=True), str(path))
    refused(path, "colour")


@pytest.mark.parametrize("suffix", ["nii", "nii.gz", "nrrd", "mha"])
def test_cut_short(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 60000, (99, 88)).astype(np.uint16)
    path = tmp_path / f"x.{suffix}"
    itk.imwrite(itk.image_from_array(noise), str(path))
    path.write_bytes(path.read_bytes()[:-500])
    refused(path, "truncated-pixels")


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
@pytest.mark.parametrize("count", [b"0", b"1", b"9", b"99", b"x"])
def test_damaged_number_of_dimensions(tmp_path: Path, suffix: str, count: bytes) -> None:
    """ITK itself aborts the process on some of these."""
    path = tmp_path / f"x.{suffix}"
    itk.imwrite(itk.image_from_array(np.zeros((5, 7), np.uint8)), str(path))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"NDims = 2", b"NDims = " + count).replace(b"dimension: 2", b"dimension: " + count))
    refused(path, "unreadable")

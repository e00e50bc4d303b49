"""One mammogram from any file: pixels by the standard, and what is known about them."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_monai.dicom import pixels
from mammo_monai.dicom.decode import check_words, decode
from mammo_monai.dicom.header import looks_like_dicom, open_header
from mammo_monai.dicom.ljpeg import is_ljpeg, read_ljpeg
from mammo_monai.dicom.rasters import RASTERS, read_raster
from mammo_monai.dicom.refusals import MAX_PIXELS, check_allow, check_header, check_size, frame_count
from mammo_monai.dicom.rendering import choose, rendering
from mammo_monai.dicom.tags import BLANK, Meta, tags
from mammo_monai.dicom.volumes import is_itk, is_nifti, read_itk, read_nifti
from mammo_monai.errors import MammoError

Output: TypeAlias = Literal["stored", "float32"]
HEAD = 352  # bytes that tell every format apart


@dataclass(frozen=True)
class MammoImage:
    """Pixels (rows, columns), as stored and never transposed, and flat meta values (keys of ``tags.BLANK``)."""

    pixels: NDArray[Any]
    meta: Meta


def read_image(
    path: str | os.PathLike[str],
    *,
    voi: str | int = "first",
    output: Output = "stored",
    allow: Collection[str] = (),
    max_pixels: int = MAX_PIXELS,
    reduce_to: int | None = None,
    threads: int | None = None,
) -> MammoImage:
    """Read a DICOM, PNG, JPEG, TIFF, PGM, NIfTI, NRRD or MetaImage file, told apart by content, or a DDSM film.

    Args:
        path: the file.
        voi: for DICOM: "first", an index or an explanation among the header's VOI LUTs and windows (in this
            order), or "none" for modality values. Without a VOI in the header "first" is the nominal range.
        output: "float32", or "stored" for whole numbers (uint8 where 8 bits are stored and suffice, else
            uint16).
        allow: reason codes to lift, see :mod:`mammo_monai.dicom.refusals`.
        max_pixels: largest rows x columns that is decoded.
        reduce_to: let JPEG 2000 and HTJ2K be decoded at the lowest resolution whose shorter side has this
            many pixels. ``meta["reduced"]`` tells by how much; pixel r of the result lies at ``r * reduced``
            of the source.
        threads: for decoding and look-up; None takes every core in a main process and one in a worker
            process.

    Returns:
        DICOM with a VOI: 0..65535 = black..white. DDSM: see :func:`mammo_monai.dicom.ljpeg.read_ljpeg`. Everything
        else: the file's own values.

    Raises:
        MammoError: with the file's name, and the reason codes of :mod:`mammo_monai.dicom.refusals`,
            ``no-such-voi``, ``not-integer`` (modality values that only float32 holds) or ``bad-option``.
    """
    check_allow(allow)
    if output not in ("stored", "float32"):
        raise MammoError(f"output={output!r}, expected 'stored' or 'float32'", "bad-option")
    threads = _free_cores() if threads is None else threads
    file = Path(path)
    with _named(file):
        head = _head(file)
        if looks_like_dicom(head):
            values, meta = _read_dicom(file, voi, output, allow, max_pixels, reduce_to, threads)
        else:
            plain = _reader_of(file, head)(file, max_pixels, allow)
            values = plain.astype(np.float32) if output == "float32" else pixels.whole(plain)
            meta = {
                **BLANK,
                "bits": plain.itemsize * 8,
                "source_rows": len(plain),
                "source_columns": plain.shape[1],
            }
    return MammoImage(values, {**meta, "source": str(path)})


def read_tags(path: str | os.PathLike[str]) -> Meta:
    """Meta values of a file without decoding a pixel (``voi`` and ``reduced`` keep their unknown values).

    Nothing is refused for what it shows: a tomosynthesis image has tags, too. A file that is not DICOM has
    only ``source``.

    Raises:
        MammoError: ``empty-file``, ``not-found``, ``unreadable`` or ``unsupported-format``.
    """
    file = Path(path)
    with _named(file):
        head = _head(file)
        if not looks_like_dicom(head):
            _reader_of(file, head)
            return {**BLANK, "source": str(path)}
        with file.open("rb") as stream:
            opened = open_header(file, stream)
        return {**tags(opened.dataset), "transfer_syntax": opened.transfer_syntax, "source": str(path)}


def _read_dicom(
    path: Path,
    voi: str | int,
    output: Output,
    allow: Collection[str],
    max_pixels: int,
    reduce_to: int | None,
    threads: int,
) -> tuple[NDArray[Any], Meta]:
    with path.open("rb") as stream:
        file = open_header(path, stream)
        header, frames = file.dataset, frame_count(file.dataset)
        if file.stream is None:
            raise MammoError("it has no pixel data; export it again with the image", "no-pixel-data")
        check_size(int(header.get("Rows") or 0), int(header.get("Columns") or 0), max_pixels, allow)
        check_words(file, frames)
        check_header(header, allow)
        # Decoders let go of the interpreter: meanwhile the table is made and the tags are read.
        with ThreadPoolExecutor(1) as pool:
            decoding = pool.submit(decode, file, frames=frames, index=frames // 2, reduce_to=reduce_to, threads=threads)
            rendered = rendering(header, big_endian=file.big_endian)
            chosen = None if voi == "none" else choose(rendered, voi)
            lut = _lut(rendered, chosen, scaled=voi != "none", output=output)
            meta = tags(header)
            words, factor = decoding.result()
    applied = "none" if voi == "none" else str(chosen or "nominal range")
    meta |= {"voi": applied, "transfer_syntax": file.transfer_syntax, "reduced": factor}
    return pixels.apply_table(words, lut, threads), meta


def _lut(
    rendered: pixels.Rendering, chosen: pixels.Lut | pixels.Window | None, *, scaled: bool, output: Output
) -> NDArray[Any]:
    """Table from stored word to pixel, in the type of the result."""
    lut = pixels.table(rendered, chosen, scaled=scaled)
    if output == "float32":
        return lut.astype(np.float32)
    return np.rint(lut).astype(np.uint16) if scaled else pixels.whole(lut, rendered.words.allocated)


def _reader_of(path: Path, head: bytes) -> Callable[[Path, int, Collection[str]], NDArray[Any]]:
    if is_ljpeg(path):
        return read_ljpeg
    if head.startswith(tuple(RASTERS)):
        return read_raster
    if is_nifti(head):
        return read_nifti
    if is_itk(head):
        return read_itk
    raise MammoError(
        "its content is none of DICOM, PNG, JPEG, TIFF, PGM, NIfTI, NRRD and MetaImage; convert it to one of these",
        "unsupported-format",
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not head:
        raise MammoError("the file is empty; copy it again", "empty-file")
    return head


def _free_cores() -> int:
    """Worker processes and ranks share the cores already: torchrun says so through OMP_NUM_THREADS."""
    if multiprocessing.parent_process() is not None:
        return 1
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdigit() and int(told) else cv2.getNumberOfCPUs()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Put the file's name before every message; whatever a damaged file makes a decoder raise is ``unreadable``."""
    try:
        yield
    except MammoError as error:
        raise MammoError(f"{path}: {error}", error.reason) from error
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise MammoError(f"{path}: there is no such file; check the path", "not-found") from error
    except Exception as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise MammoError(f"{path}: cannot be read ({why[:200]}); copy or export it again", "unreadable") from error

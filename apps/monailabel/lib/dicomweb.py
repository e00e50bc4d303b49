"""Mammograms in a PACS, by DICOMweb: found by QIDO-RS, fetched by WADO-RS when they are needed (PS3.18)."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import requests
from dicomweb_client import DICOMwebClient
from pydicom import dcmread
from pydicom.dataset import Dataset
from requests_toolbelt import MultipartDecoder, NonMultipartContentTypeException

from lib.label_rule import LabelRule
from lib.store import FolderStore
from mammo_monai.errors import MammoError
from mammo_monai.files import folder

_UID: Final = re.compile(r"[0-9.]{1,64}")
AS_STORED: Final = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
"""Without it a server transcodes to little endian, which loses time, and which Orthanc fails at for some files."""
SECONDS: Final = 60.0
"""Until a server has sent something."""
FIELDS: Final = ("StudyDate", "StudyTime", "PatientID", "Modality")


class Patience(requests.Session):
    """A session that does not wait for ever."""

    def request(self, *arguments: Any, **more: Any) -> requests.Response:
        return super().request(*arguments, **{"timeout": SECONDS, **more})


class DicomWebStore(FolderStore):
    """The images of a DICOMweb server; files and labels are kept in a folder of our own.

    The id of an image is "<Series Instance UID>/<SOP Instance UID>.dcm"; a Series Instance UID alone, as viewers send
    it, stands for all its images.

    Args:
        client: of the server, for questions.
        session: of the same server, for files.
        cache: the folder; fetched images go to ``cache/images``, labels to ``cache/labels``.
        rule: which labels are taken.
        search: QIDO-RS matching of the images, such as {"Modality": "MG"}.
        expiry: seconds for which an answer of the server is not asked for again.
    """

    def __init__(
        self,
        client: DICOMwebClient,
        session: requests.Session,
        cache: Path,
        rule: LabelRule,
        search: Mapping[str, Any],
        expiry: float,
    ) -> None:
        super().__init__(cache, ("*.dcm",), rule, folder(cache / "images"))
        client.set_http_retry_params(retry=False)  # who asks can ask again, and should not have to wait half a minute
        self._client, self._session, self._search, self._expiry = client, session, dict(search), expiry
        self._asked, self._listed = -expiry, dict[str, dict[str, str]]()

    def name(self) -> str:
        return str(self._client.base_url)

    def list_images(self) -> list[str]:
        return sorted(self._known())

    def get_image_uri(self, image_id: str) -> str:
        series, _, _ = image_id.partition("/")
        if not any(name == image_id or name.startswith(f"{image_id}/") for name in self._known()):
            raise MammoError(
                f"no image {image_id!r} in {self.name()} that matches {self._search}; "
                "GET /datastore/?output=all lists them",
                "not-found",
            )
        if not (self.images / image_id).exists():
            self._fetch(series)
        return super().get_image_uri(image_id)

    def get_image_info(self, image_id: str) -> dict[str, Any]:
        """With the UIDs by which viewers find the study."""
        return {**super().get_image_info(image_id), **self._known()[image_id]}

    def of_exam(self, image_id: str) -> list[str]:
        study = self._known()[image_id]["StudyInstanceUID"]
        return [name for name, told in self._known().items() if told["StudyInstanceUID"] == study]

    def waiting_since(self, image_id: str) -> str:
        """Date and time of the study: the server does not say when it came."""
        return "".join(self._known()[image_id].get(field, "") for field in FIELDS[:2])

    def refresh(self) -> None:
        """Ask the server anew at the next question."""
        self._asked = time.monotonic() - self._expiry

    def _known(self) -> dict[str, dict[str, str]]:
        if time.monotonic() - self._asked >= self._expiry:
            found = self._ask(
                lambda: self._client.search_for_instances(
                    search_filters=self._search, fields=list(FIELDS), get_remaining=True
                )
            )
            self._listed = dict(_entry(Dataset.from_json(item)) for item in found)
            self._asked = time.monotonic()
        return self._listed

    def _fetch(self, series: str) -> None:
        """All images of a series, or none."""
        study = next(told["StudyInstanceUID"] for told in self._known().values() if told["SeriesInstanceUID"] == series)
        parts = self._ask(lambda: self._retrieve(study, series))
        with tempfile.TemporaryDirectory(dir=self.images, prefix=".fetched-") as temporary:
            for part in parts:
                header = dcmread(io.BytesIO(part), stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
                (Path(temporary) / f"{_uid(header.get('SOPInstanceUID'))}.dcm").write_bytes(part)
            target = self.images / series
            shutil.rmtree(target, ignore_errors=True)
            Path(temporary).rename(target)
            Path(temporary).mkdir()  # what the context manager removes

    def _retrieve(self, study: str, series: str) -> list[bytes]:
        """The files of a series, byte for byte: the DICOMweb client would decode and write them anew."""
        url = "/".join(filter(None, (self._client.base_url, self._client.wado_url_prefix)))
        answer = self._session.get(f"{url}/studies/{study}/series/{series}", headers=AS_STORED)
        answer.raise_for_status()
        return [part.content for part in MultipartDecoder.from_response(answer).parts]

    def _ask(self, question: Any) -> Any:
        try:
            return question()
        except (requests.RequestException, NonMultipartContentTypeException) as error:
            raise MammoError(f"{self.name()}: did not answer as expected ({error})", "store-unreachable") from error


def _entry(found: Dataset) -> tuple[str, dict[str, str]]:
    """Id of an image, and what a viewer needs to open it."""
    uids = {name: _uid(found.get(name)) for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")}
    told = {name: str(found.get(name) or "") for name in FIELDS}
    return f"{uids['SeriesInstanceUID']}/{uids['SOPInstanceUID']}.dcm", {**uids, **told}


def _uid(text: Any) -> str:
    """A UID, which becomes the name of a file."""
    if not _UID.fullmatch(str(text)) or ".." in str(text):
        raise MammoError(f"the DICOMweb server gave {str(text)[:80]!r} as a UID; it will not be used", "bad-uid")
    return str(text)

"""A PACS that answers oddly, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

STUDY, SERIES = "2.25.1", "2.25.2"


class Client:
    """As much of a DICOMweb client as the store asks for."""

    base_url, wado_url_prefix = "http://127.0.0.1:9/dicom-web", None

    def __init__(self, sop: str = "2.25.3") -> None:
        self.sop, self.asked = sop, 0

    def set_http_retry_params(self, retry: bool) -> None:
        assert not retry

    def search_for_instances(self, **_: Any) -> list[dict[str, Any]]:
        self.asked += 1
        values = {"0020000D": STUDY, "0020000E": SERIES, "00080018": self.sop}
        return [{tag: {"vr": "UI", "Value": [uid]} for tag, uid in values.items()}]


def store(tmp_path: Path, client: Client, expiry: float = 60):
    from lib.dicomweb import DicomWebStore
    from lib.label_rule import LabelRule
    from requests import Session

    rule = LabelRule.of(["045", "1", "23"], "birads3")
    return DicomWebStore(client, Session(), tmp_path, rule, {"Modality": "MG"}, expiry)


def test_the_server_is_asked_again_only_after_a_while(tmp_path):
    client = Client()
    ours = store(tmp_path, client)
    assert ours.list_images() == ours.list_images() == [f"{SERIES}/2.25.3.dcm"] and client.asked == 1
    ours.refresh()
    ours.list_images()
    assert client.asked == 2


def test_no_answer_is_said_so(tmp_path):
    from mammo_monai.errors import MammoError

    with pytest.raises(MammoError, match=r"127\.0\.0\.1:9.*did not answer") as caught:
        store(tmp_path, Client()).get_image_uri(SERIES)
    assert caught.value.reason == "store-unreachable"
    assert not list((tmp_path / "images").iterdir()), "nothing half-fetched stays"


@pytest.mark.parametrize("uid", ["../../x", "a", "1..2", "1.2/3", "9" * 65])
def test_a_uid_that_is_none_becomes_no_file(tmp_path, uid):
    from mammo_monai.errors import MammoError

    with pytest.raises(MammoError, match="as a UID"):
        store(tmp_path, Client(uid)).list_images()

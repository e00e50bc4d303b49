"""What MONAI Label asks of a store and ours does not do: images and their places are not this server's to change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monailabel.interfaces.datastore import Datastore

from mammo_monai.errors import MammoError


class LabelsOnly(Datastore):
    """A store of which only labels and notes can be written."""

    def set_name(self, name: str) -> None:
        raise _refusal("the store is named by its place")

    def set_description(self, description: str) -> None:
        raise _refusal("the store is described by what it is")

    def add_image(self, image_id: str, image_filename: str, image_info: Mapping[str, Any]) -> str:
        raise _refusal("images come and go in the store itself; labels are what this server writes")

    def remove_image(self, image_id: str) -> None:
        raise _refusal("images come and go in the store itself; labels are what this server writes")

    def update_label_info(self, label_id: str, label_tag: str, info: Mapping[str, Any]) -> None:
        raise _refusal("a label is submitted again, not edited")

    def get_dataset_archive(self, limit_cases: int | None) -> str:
        raise _refusal("archives are not made here; images and labels are files of the store")


def _refusal(why: str) -> MammoError:
    return MammoError(why, "not-allowed")

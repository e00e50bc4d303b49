"""What made an object, and that it is not for clinical use, as every object of ours says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from highdicom.coding_schemes import CodingSchemeIdentificationItem

from mammo_monai.dicom.output.concepts import SCHEME, short
from mammo_monai.dicom.output.sources import UTF8

MAKER = "mammo-monai"
DESCRIPTION = "AI result: research use only, not for clinical use"


def equipment(context: Mapping[str, str]) -> dict[str, Any]:
    """Keyword arguments of a highdicom object: Enhanced General Equipment (PS3.3 C.7.5.2), series and character set."""
    return {
        "manufacturer": MAKER,
        "manufacturer_model_name": short(context.get("bundle", "unknown")),
        "software_versions": short(context.get("version", "unknown")),
        "device_serial_number": short(context.get("weights", "unknown")),
        "series_description": DESCRIPTION,
        "specific_character_set": UTF8,
        "coding_schemes": [CodingSchemeIdentificationItem(SCHEME, name=MAKER, responsible_organization=MAKER)],
    }

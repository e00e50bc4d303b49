"""Coded terms of mammography by code value, whichever of SNOMED's three designators (SCT, SRT, SNM3) a file uses."""

from __future__ import annotations

from typing import Final

# PS3.16 CID 4014 "View for Mammography": abbreviation of the view.
VIEWS: Final = {
    "399260004": "ML", "R-10224": "ML",
    "399368009": "MLO", "R-10226": "MLO",
    "399352003": "LM", "R-10228": "LM",
    "399099002": "LMO", "R-10230": "LMO",
    "399162004": "CC", "R-10242": "CC",
    "399196006": "FB", "R-10244": "FB",
    "399188001": "SIO", "R-102D0": "SIO",
    "441555000": "ISO", "R-40AAA": "ISO",
    "399192008": "XCCL", "R-1024A": "XCCL",
    "399101009": "XCCM", "R-1024B": "XCCM",
    "127457009": "SPECIMEN", "G-8310": "SPECIMEN",
}  # fmt: skip

# PS3.16 CID 4015 "View Modifier for Mammography".
MODIFIERS: Final = {
    "399161006": "cleavage", "R-102D2": "cleavage",
    "399011000": "axillary tail", "R-102D1": "axillary tail",
    "442580003": "axillary tissue", "R-40AB2": "axillary tissue",
    "399197002": "rolled lateral", "R-102D3": "rolled lateral",
    "399226006": "rolled medial", "R-102D4": "rolled medial",
    "414493004": "rolled inferior", "R-102CA": "rolled inferior",
    "415670009": "rolled superior", "R-102C9": "rolled superior",
    "399209000": "implant displaced", "R-102D5": "implant displaced",
    "399163009": "magnification", "R-102D6": "magnification",
    "399055006": "spot compression", "R-102D7": "spot compression",
    "399110001": "tangential", "R-102C2": "tangential",
    "442581004": "nipple in profile", "R-40AB3": "nipple in profile",
    "441752004": "anterior compression", "P2-00161": "anterior compression",
    "442593008": "infra-mammary fold", "R-40ABE": "infra-mammary fold",
}  # fmt: skip

# Modifiers under which a picture is no longer a standard projection of the whole breast.
SPECIAL_MODIFIERS: Final = frozenset(
    {"cleavage", "implant displaced", "magnification", "spot compression", "tangential"}
    | {f"rolled {way}" for way in ("lateral", "medial", "inferior", "superior")}
)

# PS3.16 CID 6001 "Overall Breast Composition from BI-RADS", as the letters of the 5th edition.
DENSITIES: Final = {
    "129716005": "A", "F-01711": "A",
    "129717001": "B", "F-01712": "B",
    "129718006": "C", "F-01713": "C",
    "129719003": "D", "F-01714": "D",
}  # fmt: skip

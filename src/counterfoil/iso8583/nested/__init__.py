"""Fields that have parts: DE48, 54, 55, 60, 61, 62, 63 of the terminal link, DE54, 55, 90 of the issuer link.

Each has a reader (DecodeError with a path such as "60.2"; offsets count from the start of the value) and a builder
(EncodeError). Layouts differ by acquirer: the codec passes these fields whole, a station that needs a part asks here.
"""

from __future__ import annotations

from counterfoil.iso8583 import tlv
from counterfoil.iso8583.nested.de48 import (
    Detail,
    Totals,
    build_de48_details,
    build_de48_totals,
    de48_details,
    de48_totals,
)
from counterfoil.iso8583.nested.de54 import Amount, build_de54, de54
from counterfoil.iso8583.nested.de60 import De60, build_de60, de60
from counterfoil.iso8583.nested.de61 import De61, build_de61, de61
from counterfoil.iso8583.nested.de62 import (
    WorkingKeys,
    build_de62_keys,
    build_de62_sequence,
    de62_keys,
    de62_sequence,
)
from counterfoil.iso8583.nested.de63 import De63, build_de63, de63
from counterfoil.iso8583.nested.de90 import De90, build_de90, de90, same_institution
from counterfoil.iso8583.nested.readers import CUP_PARTS, ISO87_PARTS

__all__ = [
    "CUP_PARTS",
    "ISO87_PARTS",
    "Amount",
    "De60",
    "De61",
    "De63",
    "De90",
    "Detail",
    "Totals",
    "WorkingKeys",
    "build_de48_details",
    "build_de48_totals",
    "build_de54",
    "build_de60",
    "build_de61",
    "build_de62_keys",
    "build_de62_sequence",
    "build_de63",
    "build_de90",
    "de48_details",
    "de48_totals",
    "de54",
    "de60",
    "de61",
    "de62_keys",
    "de62_sequence",
    "de63",
    "de90",
    "same_institution",
    "tlv",
]

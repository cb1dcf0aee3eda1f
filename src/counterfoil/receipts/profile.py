"""What a printer can do, as data. A model that is not here is one of the generic ones, with fields changed if need be.

Sources: Epson's technical references of the TM-T20III and the TM-T88 series (dots per line, characters in font A; the
TM-T88III has no GS ( H), and what Chinese 58 mm units have in common: they start in Chinese mode, have no cutter and
print two-byte GBK only. The generic profiles use nothing that is not on every unit seen.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

CUT_HERE: Final = b"\x1dV\x42\x00"  # feed to the blade, then cut
TEAR_HERE: Final = b"\x1bd\x04"  # no blade: four lines, and the slip is past the edge


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One model.

    On paper: `dots` across and `columns` of font A (12 dots each); `dots_per_cm` of the head and the feed. `codepage`
    is the n of ESC t and `codec` what it is called in Python. `chinese`: gbk in two-byte mode, raster as pictures of
    lines, none when it can do neither. `qr`: it draws QR codes itself (GS ( k).

    On the line: `status` it answers DLE EOT; `asb` it reports changes by itself; `barrier` how it says that everything
    before has been processed, gs-h with our id, gs-r without; `identifies` it answers GS I in order; `clear` it can
    empty its buffer and say so; `inverted` its hot-head bit is 1 when all is well; `cut` the bytes that end a slip.
    """

    name: str
    title: str
    dots: int
    columns: int
    dots_per_cm: int = 80
    codepage: int = 0
    codec: str = "cp437"
    chinese: Literal["gbk", "raster", "none"] = "raster"
    qr: bool = False
    status: bool = True
    asb: bool = True
    barrier: Literal["gs-h", "gs-r", "none"] = "gs-r"
    identifies: bool = True
    clear: bool = False
    inverted: bool = False
    cut: bytes = CUT_HERE


GENERIC_58: Final = Profile(
    name="generic-58", title="58 mm ESC/POS", dots=384, columns=32, asb=False, identifies=False, cut=TEAR_HERE
)
GENERIC_80: Final = Profile(name="generic-80", title="80 mm ESC/POS", dots=576, columns=48, identifies=False)
_CHINESE_58: Final = Profile(
    name="chinese-58",
    title="58 mm, Chinese character set (GBK)",
    dots=384,
    columns=32,
    chinese="gbk",
    asb=False,
    identifies=False,
    cut=TEAR_HERE,
)
_CHINESE_80: Final = Profile(
    name="chinese-80",
    title="80 mm, Chinese character set (GBK), cutter",
    dots=576,
    columns=48,
    chinese="gbk",
    qr=True,
    identifies=False,
)
_TM_T20III: Final = Profile(
    name="epson-tm-t20iii", title="Epson TM-T20III", dots=576, columns=48, qr=True, barrier="gs-h", clear=True
)
_TM_T88: Final = Profile(
    name="epson-tm-t88",
    title="Epson TM-T88V, VI, VII",
    dots=512,
    columns=42,
    dots_per_cm=71,
    qr=True,
    barrier="gs-h",
    clear=True,
)
_TM_T88III: Final = Profile(
    name="epson-tm-t88iii", title="Epson TM-T88III", dots=512, columns=42, dots_per_cm=71, barrier="gs-r"
)

PROFILES: Final[dict[str, Profile]] = {
    each.name: each for each in (GENERIC_58, GENERIC_80, _CHINESE_58, _CHINESE_80, _TM_T20III, _TM_T88, _TM_T88III)
}


def profile_of(name: str, **changes: object) -> Profile:
    """The profile of a model, with the fields changed that this printer has otherwise.

    LookupError for a name that is not in `PROFILES`; ValueError for a change that makes no profile.
    """
    if name not in PROFILES:
        raise LookupError(f"no such printer profile: {name} (there are {', '.join(PROFILES)})")
    return msgspec.convert({**msgspec.structs.asdict(PROFILES[name]), **changes}, Profile)

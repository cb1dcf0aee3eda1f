"""UnionPay POS: the terminal link. Written from public terminal code and captures, not from the official text.

Only the fields that format uses exist here; another acquirer's habits are overrides.
"""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import nested, ranges
from counterfoil.iso8583.codec import Dialect, shape
from counterfoil.iso8583.encoding import Style
from counterfoil.iso8583.fields import Align, Characters, Field, Prefix
from counterfoil.iso8583.show import amounts, clear, hidden, long_numbers, pan, words

FIXED, LL, LLL = Prefix.FIXED, Prefix.LL, Prefix.LLL
N, Z, AN, ANS, B = Characters.N, Characters.Z, Characters.AN, Characters.ANS, Characters.B

FIELDS: Final = (
    Field(2, "primary account number", N, 19, LL, pan),
    Field(3, "processing code", N, 6, FIXED, clear),
    Field(4, "amount", N, 12, FIXED, clear),
    Field(11, "systems trace audit number", N, 6, FIXED, clear, within=ranges.STAN),
    Field(12, "local time", N, 6, FIXED, clear, within=ranges.TIME),
    Field(13, "local date", N, 4, FIXED, clear, within=ranges.DATE),
    Field(14, "expiry", N, 4, FIXED, hidden, within=ranges.MONTH),
    Field(15, "settlement date", N, 4, FIXED, clear, within=ranges.DATE),
    Field(22, "entry mode", N, 3, FIXED, clear, within=ranges.ENTRY_MODE),
    Field(23, "card sequence number", N, 3, FIXED, clear, align=Align.RIGHT),
    Field(25, "condition code", N, 2, FIXED, clear),
    Field(26, "PIN capture code", N, 2, FIXED, clear, within=ranges.PIN_LENGTH),
    Field(32, "acquiring institution", N, 11, LL, clear, within=ranges.INSTITUTION),
    Field(35, "track 2", Z, 37, LL, hidden),
    Field(36, "track 3", Z, 104, LLL, hidden),
    Field(37, "retrieval reference number", AN, 12, FIXED, clear, within=ranges.CODE),
    Field(38, "authorization code", AN, 6, FIXED, clear, within=ranges.CODE),
    Field(39, "response code", AN, 2, FIXED, clear, within=ranges.LETTERS),
    Field(41, "terminal", ANS, 8, FIXED, clear, within=ranges.NAME),
    Field(42, "merchant", ANS, 15, FIXED, clear, within=ranges.NAME),
    Field(43, "merchant name", ANS, 40, FIXED, words),
    Field(44, "issuer and acquirer institution", ANS, 25, LL, words),
    # 46, 48, 57, 58, 59, 62 hold card digits in some dialects (random factors, batch upload details) or keys.
    Field(46, "acquirer's own", ANS, 999, LLL, hidden),
    Field(47, "acquirer's own", ANS, 999, LLL, hidden),
    Field(48, "additional data", N, 322, LLL, hidden),
    Field(49, "currency", AN, 3, FIXED, clear, within=ranges.NUMBER),
    Field(52, "PIN block", B, 8, FIXED, hidden),
    Field(53, "security control", N, 16, FIXED, hidden, within=ranges.SECURITY),
    Field(54, "additional amounts", AN, 40, LLL, amounts),
    Field(55, "chip data", B, 255, LLL, hidden),
    Field(56, "response text", ANS, 999, LLL, words),
    Field(57, "acquirer's own", ANS, 999, LLL, hidden),
    Field(58, "e-purse data", B, 100, LLL, hidden),
    Field(59, "terminal information", ANS, 999, LLL, hidden),
    Field(60, "type, batch and network code", N, 17, LLL, long_numbers),
    Field(61, "original message", N, 29, LLL, long_numbers),
    Field(62, "keys, status, parameters", B, 999, LLL, hidden),
    Field(63, "operator; card organisation and texts", ANS, 163, LLL, words),
    Field(64, "message authentication code", B, 8, FIXED, hidden),
)

SHAPES: Final = (
    # a card transaction and its reversal, asked and answered
    shape(
        "3 11 25 41 42 60",
        "2 4 12 13 14 15 22 23 26 32 35 36 37 38 39 43 44 46 47 48 49 52 53 54 55 56 57 58 59 61 62 63 64",
    ),
    # sign-on, sign-off, echo test, downloads
    shape("41 42 60", "11 12 13 15 32 37 39 43 46 47 48 49 53 56 57 62 63 64"),
)

CUP_POS: Final = Dialect(
    "cup-pos",
    FIELDS,
    Style(packed=True, charset="gb18030", secondary=False),
    SHAPES,
    nested.CUP_PARTS,
)

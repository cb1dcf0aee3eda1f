"""ISO 8583:1987 in ASCII: the switch-to-issuer link. Forms after the public field tables; (B) where those differ."""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import nested, ranges
from counterfoil.iso8583.codec import Dialect, shape
from counterfoil.iso8583.encoding import Style
from counterfoil.iso8583.fields import Characters, Field, Prefix
from counterfoil.iso8583.show import Show, amounts, clear, hidden, long_numbers, original, pan, words

FIXED, LL, LLL = Prefix.FIXED, Prefix.LL, Prefix.LLL
N, Z, AN, ANS, XN, B = Characters.N, Characters.Z, Characters.AN, Characters.ANS, Characters.XN, Characters.B


def _row(numbers: range, name: str, kind: Characters, size: int, prefix: Prefix, show: Show) -> tuple[Field, ...]:
    return tuple(Field(number, name, kind, size, prefix, show) for number in numbers)


FIELDS: Final = (
    Field(2, "primary account number", N, 19, LL, pan),
    Field(3, "processing code", N, 6, FIXED, clear),
    Field(4, "amount, transaction", N, 12, FIXED, clear),
    Field(5, "amount, settlement", N, 12, FIXED, clear),
    Field(6, "amount, cardholder billing", N, 12, FIXED, clear),
    Field(7, "transmission date and time", N, 10, FIXED, clear, within=ranges.MOMENT),
    Field(8, "amount, cardholder billing fee", N, 8, FIXED, clear),
    Field(9, "conversion rate, settlement", N, 8, FIXED, clear),
    Field(10, "conversion rate, cardholder billing", N, 8, FIXED, clear),
    Field(11, "systems trace audit number", N, 6, FIXED, clear, within=ranges.STAN),
    Field(12, "time, local transaction", N, 6, FIXED, clear, within=ranges.TIME),
    Field(13, "date, local transaction", N, 4, FIXED, clear, within=ranges.DATE),
    Field(14, "date, expiration", N, 4, FIXED, hidden, within=ranges.MONTH),
    Field(15, "date, settlement", N, 4, FIXED, clear, within=ranges.DATE),
    Field(16, "date, conversion", N, 4, FIXED, clear, within=ranges.DATE),
    Field(17, "date, capture", N, 4, FIXED, clear, within=ranges.DATE),
    Field(18, "merchant type", N, 4, FIXED, clear),
    Field(19, "country, acquirer", N, 3, FIXED, clear),
    Field(20, "country, primary account number", N, 3, FIXED, clear),
    Field(21, "country, forwarding institution", N, 3, FIXED, clear),
    Field(22, "point of service entry mode", N, 3, FIXED, clear, within=ranges.ENTRY_MODE),
    Field(23, "card sequence number", N, 3, FIXED, clear),
    Field(24, "network international identifier", N, 3, FIXED, clear),
    Field(25, "point of service condition code", N, 2, FIXED, clear),
    Field(26, "point of service PIN capture code", N, 2, FIXED, clear, within=ranges.PIN_LENGTH),
    Field(27, "authorization identification length", N, 1, FIXED, clear),
    *_row(range(28, 32), "fee", XN, 9, FIXED, clear),
    Field(32, "acquiring institution", N, 11, LL, clear, within=ranges.INSTITUTION),
    Field(33, "forwarding institution", N, 11, LL, clear, within=ranges.INSTITUTION),
    Field(34, "primary account number, extended", ANS, 28, LL, hidden),
    Field(35, "track 2", Z, 37, LL, hidden),
    Field(36, "track 3", Z, 104, LLL, hidden),
    Field(37, "retrieval reference number", AN, 12, FIXED, clear, within=ranges.CODE),
    Field(38, "authorization identification response", AN, 6, FIXED, clear, within=ranges.CODE),
    Field(39, "response code", AN, 2, FIXED, clear, within=ranges.LETTERS),
    Field(40, "service restriction code", AN, 3, FIXED, clear, within=ranges.LETTERS),
    Field(41, "card acceptor terminal", ANS, 8, FIXED, clear, within=ranges.NAME),
    Field(42, "card acceptor", ANS, 15, FIXED, clear, within=ranges.NAME),
    Field(43, "card acceptor name and location", ANS, 40, FIXED, words),
    Field(44, "additional response data", ANS, 25, LL, words),
    Field(45, "track 1", ANS, 76, LL, hidden),
    *_row(range(46, 49), "additional data", ANS, 999, LLL, hidden),
    Field(49, "currency, transaction", AN, 3, FIXED, clear, within=ranges.LETTERS),
    Field(50, "currency, settlement", AN, 3, FIXED, clear, within=ranges.LETTERS),
    Field(51, "currency, cardholder billing", AN, 3, FIXED, clear, within=ranges.LETTERS),
    Field(52, "PIN data", B, 8, FIXED, hidden),
    Field(53, "security related control information", N, 16, FIXED, hidden),
    Field(54, "additional amounts", AN, 120, LLL, amounts),
    Field(55, "chip data", B, 255, LLL, hidden),  # (B)
    *_row(range(56, 64), "reserved", ANS, 999, LLL, hidden),
    Field(64, "message authentication code", B, 8, FIXED, hidden),
    Field(66, "settlement code", N, 1, FIXED, clear, within=ranges.BALANCE),
    Field(67, "extended payment code", N, 2, FIXED, clear),
    Field(68, "country, receiving institution", N, 3, FIXED, clear),
    Field(69, "country, settlement institution", N, 3, FIXED, clear),
    Field(70, "network management information code", N, 3, FIXED, clear),
    Field(71, "message number", N, 4, FIXED, clear),
    Field(72, "message number, last", N, 4, FIXED, clear),
    Field(73, "date, action", N, 6, FIXED, clear, within=ranges.WHOLE_DATE),
    *_row(range(74, 82), "number of credits, debits, transfers, inquiries", N, 10, FIXED, clear),
    *_row(range(82, 86), "fees, credits and debits", N, 12, FIXED, clear),
    *_row(range(86, 90), "amounts, credits and debits", N, 16, FIXED, long_numbers),
    Field(90, "original data elements", N, 42, FIXED, original, within=ranges.ORIGINAL),
    Field(91, "file update code", AN, 1, FIXED, clear, within=ranges.LETTERS),
    Field(92, "file security code", AN, 2, FIXED, clear, within=ranges.LETTERS),
    Field(93, "response indicator", AN, 5, FIXED, clear, within=ranges.LETTERS),  # (B)
    Field(94, "service indicator", AN, 7, FIXED, clear, within=ranges.LETTERS),
    Field(95, "replacement amounts", AN, 42, FIXED, hidden),
    Field(96, "message security code", B, 8, FIXED, hidden),  # (B)
    Field(97, "amount, net settlement", XN, 17, FIXED, long_numbers),
    Field(98, "payee", ANS, 25, FIXED, words),
    Field(99, "settlement institution", N, 11, LL, clear, within=ranges.INSTITUTION),
    Field(100, "receiving institution", N, 11, LL, clear, within=ranges.INSTITUTION),
    Field(101, "file name", ANS, 17, LL, words),
    Field(102, "account identification 1", ANS, 28, LL, hidden),
    Field(103, "account identification 2", ANS, 28, LL, hidden),
    Field(104, "transaction description", ANS, 100, LLL, hidden),
    *_row(range(105, 128), "reserved", ANS, 999, LLL, hidden),
    Field(128, "message authentication code", B, 8, FIXED, hidden),
)

_ECHO = "2 12 13 14 18 22 25 32 33 37 38 41 42 43 44 48 49"

SHAPES: Final = (
    shape("3 4 7 11 64", f"{_ECHO} 23 26 35 39 52 53 54 55 60"),
    shape("3 4 7 11 90 128", f"{_ECHO} 39 95"),
    shape("7 11 70 128", "32 33 39"),
)

ISO87_ASCII: Final = Dialect(
    "iso87-ascii",
    FIELDS,
    Style(packed=False, charset="ascii", secondary=True),
    SHAPES,
    nested.ISO87_PARTS,
)

"""A dialect: the table of its fields, and the verbs decode and encode over it.

The generic loop here is the whole truth. For bitmaps of messages the dialect knows, `compiled.py` makes straight-line
code that either gives the same result or steps aside, so every error comes from this loop. Where the accelerator is in
use it stands before both, driven by the same table and under the same rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil import accelerator
from counterfoil.errors import DecodeError, EncodeError, OurError
from counterfoil.iso8583.compiled import Compiler, Encoder, Finder, Keeper, finder, keeper
from counterfoil.iso8583.encoding import Element, Flaw, Style, all_digits, decoded
from counterfoil.iso8583.fields import Align, Characters, Field, Prefix
from counterfoil.iso8583.message import NAME_OF, NUMBER_OF, Message
from counterfoil.iso8583.show import COMPILED, HARMLESS, Show, amounts, clear, hidden, long_numbers, original

# loop.md, "Never on disk": tracks, PIN blocks and what describes them, raw chip data, keys. MACs prove nothing later.
NEVER_KEPT: Final = frozenset((35, 36, 45, 52, 53, 55, 62, 64, 96, 128))
_json: Final = msgspec.json.Encoder().encode
_VARIANTS_MAX: Final = 64
_PLANS_MAX: Final = 256
# These look at a field as a whole; its parts are shown when the whole is.
_WHOLE: Final = (amounts, long_numbers, original)
_SHORTEST_CARD: Final = 13


class Shape(NamedTuple):
    """Message shape: the fields a type has to have and may have. Its bitmaps get straight-line code, others do not."""

    mandatory: frozenset[int]
    optional: frozenset[int]

    def fits(self, numbers: Iterable[int]) -> bool:
        """Whether all mandatory fields are present and every other one is at least optional."""
        present = set(numbers)
        return self.mandatory <= present and present <= self.mandatory | self.optional


def shape(mandatory: str, optional: str = "") -> Shape:
    """A `Shape` from field numbers that are separated by blanks."""
    return Shape(frozenset(map(int, mandatory.split())), frozenset(map(int, optional.split())))


Nested = Mapping[int, Callable[[Message], Any]]


class Dialect:
    """Message format of one kind of link. Immutable: `override` and `variant` return another dialect.

    `decode` and `encode` are strict: no non-digit in a numeric field, no byte left over, no value beyond its length.
    `accelerated` False keeps the dialect in pure Python even where the accelerator is in use; `compiled` is the
    accelerator's codec for it.
    """

    def __init__(
        self,
        name: str,
        fields: Iterable[Field],
        style: Style,
        shapes: Iterable[Shape],
        nested: Nested,
        *,
        accelerated: bool = True,
    ) -> None:
        self.name = name
        self.fields: Final[Mapping[int, Field]] = {field.number: field for field in fields}
        self.style: Final = style
        self._shapes = tuple(shapes)
        self._nested = nested
        self._evidence = {n: field.show for n, field in self.fields.items() if n not in NEVER_KEPT}
        self._plans: dict[tuple[str, ...], Keeper] = {}
        self.ranges: Final = {n: field.within for n, field in self.fields.items() if field.within is not None}
        self._elements = {number: Element(field, style) for number, field in self.fields.items()}
        self._compiler = Compiler(self.fields, style)
        self._decoders, self._encoders = self._compiler.decoders, self._compiler.encoders
        self._latest: dict[str, Encoder] = {}  # by message type, and nothing else is in an encoder's messages
        self._head_size = 2 if style.packed else 4
        self._short = slice(self._head_size, self._head_size + 8)
        self._long = slice(self._head_size, self._head_size + 16)
        self._finders: dict[tuple[str, ...], Finder] = {}
        self._variants: dict[object, Dialect] = {}
        self._accelerated = accelerated
        self.compiled: accelerator.Codec | None = None
        if accelerated:
            self._accelerate()

    def __repr__(self) -> str:
        return f"<Dialect {self.name}>"

    # --- bytes to message --------------------------------------------------------------------------------------------

    def decode(self, body: bytes) -> Message:
        """Decode `body`, which starts at the message type; every byte belongs to the message.

        DecodeError otherwise: `path` and `offset` of the first flaw, `partial` with the fields that could be read (also
        those behind the flaw as long as it is certain where they start).
        """
        # None is known by 8 bytes that say that 8 more follow.
        fast = self._decoders.get(body[self._short]) or self._decoders.get(body[self._long])
        if fast is not None:
            message = fast(body)
            if message is not None:
                return message
        message = self.decode_any(body)
        if fast is None:
            # Only a message that was read to its end teaches a bitmap: garbage never makes us compile.
            numbers = message.present()
            if self._known(numbers):
                bits = body[self._short]
                self._compiler.learn_decoder(body[self._long] if bits >= b"\x80" else bits, numbers)
        return message

    def receive(self, body: bytes) -> Message:
        """Decode `body` for a station, which accepts only values that exist (`Field.within`).

        DecodeError as from `decode`, and for the first value outside its range; `partial` is then the whole message.
        """
        message = self.decode(body)
        values = message.__dict__
        names = tuple(values)
        find = self._finders.get(names)
        if find is None:
            find = finder((n, self.ranges[n]) for n in message.present() if n in self.ranges)
            if len(self._finders) < _PLANS_MAX:
                self._finders[names] = find
        number = find(values)
        if number:
            reason = f"outside its range ({self.ranges[number].wanted})"
            raise DecodeError(str(number), self._place(body, number), reason, partial=message)
        return message

    def _place(self, body: bytes, wanted: int) -> int:
        """Offset at which the value of a field begins, in a body that decodes."""
        _, numbers, at = self._head(body)
        for number in numbers:
            element = self._element(number)
            if number == wanted:
                return at + element.lead
            _, at = element.read(body, at)
        raise OurError(f"DE{wanted} is not in this message")

    def decode_any(self, body: bytes) -> Message:
        """Decode by the generic loop alone; tests compare it with `decode`."""
        partial, numbers, at = self._head(body)
        failure: DecodeError | None = None
        for number in numbers:
            resume: int | None = None
            try:
                element = self._element(number)
                value, at = element.read(body, at)
                partial.set(number, value)
            except Flaw as flaw:
                failure = failure or DecodeError(str(number), at + flaw.shift, flaw.reason, partial=partial)
                resume = flaw.resume
                if resume is None:
                    break
                at = resume
        if failure is None and at != len(body):
            failure = DecodeError("end", at, f"{len(body) - at} bytes left over", partial=partial)
        if failure is not None:
            raise failure  # out here, as above
        return partial

    def _head(self, body: bytes) -> tuple[Message, list[int], int]:
        message = Message("")
        path, at = "MTI", 0
        try:
            message.mti, at = self._read_mti(body)
            path = "bitmap"
            return message, *self._read_bitmap(body, at)
        except Flaw as flaw:
            partial = message if message.mti else None
            failure = DecodeError(path, at + flaw.shift, flaw.reason, partial=partial)
        raise failure  # out here, so that the error does not carry the flaw as its context

    def _element(self, number: int) -> Element:
        element = self._elements.get(number)
        if element is None:
            raise Flaw("not a field of this dialect")
        return element

    def _read_mti(self, body: bytes) -> tuple[str, int]:
        end = self._head_size
        mti = body[:end].hex() if self.style.packed else body[:end].decode("latin-1")
        if len(mti) != 4:
            raise Flaw("cut off")
        if not all_digits(mti):
            raise Flaw("not four digits")
        return mti, end

    def _read_bitmap(self, body: bytes, at: int) -> tuple[list[int], int]:
        width = 16 if self.style.hex_bitmap else 8
        bits = self._read_bits(body[at : at + width], width, 0)
        at += width
        if bits[0] == "1":
            if not self.style.secondary:
                raise Flaw("a secondary bitmap is not used here")
            bits += self._read_bits(body[at : at + width], width, width)
            at += width
            if bits[64] == "1":
                raise Flaw("a third bitmap is not used here", width)
        return [number for number, bit in enumerate(bits, 1) if bit == "1" and number != 1], at

    def _read_bits(self, raw: bytes, width: int, shift: int) -> str:
        if len(raw) != width:
            raise Flaw("cut off", shift)
        digits = raw.decode("latin-1") if self.style.hex_bitmap else raw.hex()
        if digits.strip("0123456789abcdefABCDEF"):
            raise Flaw("not hex characters", shift)
        return f"{int(digits, 16):064b}"

    # --- message to bytes --------------------------------------------------------------------------------------------

    def encode(self, message: Message) -> bytes:
        """Encode the message, from the message type on; EncodeError names the field that does not fit.

        A shorter `ans` value of a fixed field is filled with spaces; everything else must fit exactly.
        """
        try:
            body = self._latest[message.mti](message.__dict__)
        except (KeyError, TypeError):  # no message of this type was written yet, or it is none
            body = None
        return body if body is not None else self._encode(message)

    def _encode(self, message: Message) -> bytes:
        """Encode a message whose attributes differ from the last one of its type, or that needs the generic loop."""
        values = message.__dict__
        names = frozenset(values)
        fast = self._encoders.get(names)
        if fast is not None:
            body = fast(values)
            if body is not None:
                self._latest[message.mti] = fast
                return body
        body = self.encode_any(message)
        if fast is None and None not in values.values() and self._known(message.present()):
            self._compiler.learn_encoder(names)
        return body

    def encode_any(self, message: Message) -> bytes:
        """Encode by the generic loop alone; tests compare it with `encode`."""
        mti = message.mti
        if not isinstance(mti, str) or len(mti) != 4 or not all_digits(mti):
            raise EncodeError("MTI", "not four digits")
        if message.strays():
            raise EncodeError("message", "an attribute that is no field")
        parts: list[bytes] = []
        numbers = []
        failure: EncodeError | None = None
        for number, value in message.items():
            try:
                parts.append(self._element(number).write(value))
            except Flaw as flaw:
                failure = EncodeError(str(number), flaw.reason)
                break
            numbers.append(number)
        if failure is not None:
            raise failure  # out here: an error must not carry the flaw as its context
        head = bytes.fromhex(mti) if self.style.packed else mti.encode("ascii")
        return b"".join((head, self._bitmap(numbers), *parts))

    def _bitmap(self, numbers: Iterable[int]) -> bytes:
        raw = bitmap(numbers)
        return raw.hex().upper().encode("ascii") if self.style.hex_bitmap else raw

    # --- straight-line code ------------------------------------------------------------------------------------------

    def _known(self, numbers: tuple[int, ...]) -> bool:
        return any(known.fits(numbers) for known in self._shapes)

    def _accelerate(self) -> None:
        """Replace the verbs of the class by the accelerator's where it can read this table."""
        style, fields = self.style, self.fields.values()
        plain = not (style.hex_bitmap or style.hex_binary or any(field.charset for field in fields))
        plain = plain and not (style.packed and any(field.kind is Characters.XN for field in fields))
        if accelerator.messages is not None and plain:
            compiled = accelerator.messages.Codec(
                Message,
                [_row(field) for field in fields],
                packed=style.packed,
                secondary=style.secondary,
                charset=style.charset,
                decoded=decoded,
                decode_other=self.decode,
                receive_other=self.receive,
                encode_other=self.encode,
                evidence=[
                    (n, self._shown(n), HARMLESS.get(show, 0), COMPILED.get(show, ""))
                    for n, show in self._evidence.items()
                ],
                kept_other=self.kept,
                told_other=self.told,
            )
            self.compiled = compiled
            for name in ("decode", "receive", "encode", "kept", "told"):
                setattr(self, name, getattr(compiled, name))

    # --- other dialects made from this one ---------------------------------------------------------------------------

    def override(self, changes: Mapping[str, Mapping[str, Any]]) -> Dialect:
        """A copy of this dialect with fields changed: DE number → any of type, max, prefix, align, pad, charset.

        A DE that the dialect lacks may be added with type and max; it is shown hidden. OurError for a change that means
        nothing. Equal changes return the same object (up to a bound), so its straight-line code is made once.
        """
        if not isinstance(changes, Mapping):
            raise OurError("an override is a mapping from the number of a data element to what changes")
        changed = tuple(self._changed(name, change) for name, change in changes.items())
        found = self._variants.get(changed)
        if found is None:
            fields = {**self.fields, **{field.number: field for field in changed}}
            found = self._other(fields.values(), self.style)
            self._remember(changed, found)
        return found

    def variant(self, *, hex_bitmap: bool = False, hex_binary: bool = False) -> Dialect:
        """A copy of this dialect in the all-text style of other links: bitmaps or b fields as hex characters."""
        key = (hex_bitmap, hex_binary)
        found = self._variants.get(key)
        if found is None:
            style = Style(self.style.packed, self.style.charset, self.style.secondary, hex_bitmap, hex_binary)
            found = self._other(self.fields.values(), style)
            self._remember(key, found)
        return found

    def _other(self, fields: Iterable[Field], style: Style) -> Dialect:
        return Dialect(f"{self.name}*", fields, style, self._shapes, self._nested, accelerated=self._accelerated)

    def _remember(self, key: object, dialect: Dialect) -> None:
        if len(self._variants) < _VARIANTS_MAX:
            self._variants[key] = dialect

    def _changed(self, name: str, change: Mapping[str, Any]) -> Field:
        if not isinstance(name, str) or not (name.isascii() and name.isdecimal() and len(name) <= 3):
            raise OurError("an override is keyed by the number of a data element")
        if not isinstance(change, Mapping):
            raise OurError(f"DE{int(name)}: an override is a mapping of type, max, prefix, align, pad and charset")
        number = int(name)
        field = self.fields.get(number)
        if field is None:
            if not {"type", "max"} <= set(change):
                raise OurError(
                    f"DE{number}: this dialect has no such field; an override that adds it needs type and max"
                )
            field = Field(number, "added by an override", Characters.B, 1, Prefix.FIXED, hidden)
        return field.changed(change)

    # --- for people and for evidence ---------------------------------------------------------------------------------

    def flat(self, message: Message, reveal: bool = False) -> dict[str, str]:
        """Flat form of a message: field number → text. Digits and characters as they are, bytes in upper-case hex,
        tracks with "D".

        Masked as each field's table line says, unless `reveal`; a field that is not in the dialect is hidden.
        """
        shown = {}
        for number, value in message.items():
            text = value.hex().upper() if isinstance(value, bytes) else str(value)
            if not reveal:
                field = self.fields.get(number)
                text = (field.show if field is not None else hidden)(text)
            shown[str(number)] = text
        return shown if reveal else _without_card(message, shown)

    def kept(self, message: Message) -> dict[str, str]:
        """Evidence of a message: its flat form, masked, without the fields that must never be on a disk."""
        values = message.__dict__
        names = tuple(values)
        plan = self._plans.get(names)
        if plan is None:
            plan = self._plan(message)
            if len(self._plans) < _PLANS_MAX:
                self._plans[names] = plan
        kept = plan(values)
        try:
            together = "\n".join(kept.values())
        except TypeError:  # a field that was taken out by None, or an attribute no decoder gives
            return _without_card(message, {key: text for key, text in kept.items() if text is not None})
        return _without_card(message, kept, together)

    def told(self, message: Message) -> str:
        """Evidence of a message as JSON, the message type ("mti") before the fields."""
        return _json({"mti": message.mti, **self.kept(message)}).decode()

    def _plan(self, message: Message) -> Keeper:
        """Fields kept as evidence of messages with these attributes: number and how each is shown, ascending."""
        numbers = sorted(NUMBER_OF[name] for name in message.__dict__ if name in NUMBER_OF)
        return keeper((number, self._shown(number)) for number in numbers if number not in NEVER_KEPT)

    def _shown(self, number: int) -> Show | None:
        """How a field is shown in evidence; None for text that is kept as it is."""
        show = self._evidence.get(number, hidden)
        return None if show is clear and self.fields[number].kind is not Characters.B else show

    def from_flat(self, mti: str, fields: Mapping[str, str]) -> Message:
        """The message of a revealed flat form; EncodeError for a key or a value that no message can have."""
        message = Message(mti)
        for key, text in fields.items():
            number = int(key) if isinstance(key, str) and key.isascii() and key.isdecimal() and len(key) <= 3 else 0
            field = self.fields.get(number)
            if field is None:
                raise EncodeError("message", "a key that is no field of this dialect")
            message.set(number, _bytes_of(number, text) if field.kind is Characters.B else text)
        return message

    def nested(self, message: Message, reveal: bool = False) -> dict[str, Any]:
        """Parts of the fields that have parts, masked like the whole field unless `reveal`.

        A value without the usual parts of its field is left out: layouts differ by acquirer.
        """
        parts: dict[str, Any] = {}
        for number in message.present():
            reader = self._nested.get(number)
            value = self._parts(reader, message) if reader is not None else None
            if value is None:
                continue
            show = self.fields[number].show
            if reveal:
                parts[str(number)] = value
            elif show not in _WHOLE:
                parts[str(number)] = _each(show, value)
            elif self.flat(message)[str(number)] == message.get(number):
                parts[str(number)] = value
        return parts

    def _parts(self, reader: Callable[[Message], Any], message: Message) -> Any:
        try:
            return reader(message)
        except DecodeError:
            return None


def _without_card(message: Message, shown: dict[str, str], together: str | None = None) -> dict[str, str]:
    """Shown fields, with those hidden that hold pieces of the card number of this very message."""
    card = message.de2 or (message.de35 or "").replace("=", "D").partition("D")[0]
    if len(card) >= _SHORTEST_CARD:
        begin, middle, end = card[:10], card[4:13], card[-10:]
        if together is None:
            together = "\n".join(shown.values())
        if begin in together or middle in together or end in together:
            return {
                key: hidden(text) if begin in text or middle in text or end in text else text
                for key, text in shown.items()
            }
    return shown


def _row(field: Field) -> tuple[int, str, int, int, bool, str, str | frozenset[str]]:
    """Field description for the accelerator."""
    within = field.within.compiled if field.within is not None else ""
    right = field.align is Align.RIGHT
    return field.number, field.kind.value, field.size, field.prefix.value, right, field.pad, within


def bitmap(numbers: Iterable[int]) -> bytes:
    """Bitmap of these fields: 8 bytes, or 16 with bit 1 set when a number is above 64."""
    bits = 0
    for number in numbers:
        bits |= 1 << (128 - number)
    if bits & ((1 << 64) - 1):
        return (bits | 1 << 127).to_bytes(16, "big")
    return (bits >> 64).to_bytes(8, "big")


def _bytes_of(number: int, text: str) -> bytes:
    if not isinstance(text, str) or len(text) % 2 or text.strip("0123456789ABCDEFabcdef"):
        raise EncodeError(str(number), "not hex digits in pairs")
    return bytes.fromhex(text)


def _each(show: Callable[[str], str], value: Any) -> Any:
    if isinstance(value, str):
        return show(value)
    if isinstance(value, Mapping):
        return {key: _each(show, part) for key, part in value.items()}
    return [_each(show, part) for part in value]


__all__ = ["NAME_OF", "NEVER_KEPT", "Dialect", "Shape", "bitmap", "shape"]

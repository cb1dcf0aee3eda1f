"""Message to evidence. A part of `messages.pyx`."""

from cpython.dict cimport PyDict_SetItem
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy, memset


cdef int evidence_of(Codec codec, PyObject** texts, uint64_t* bits, list made) except -2:
    """Turn the values by the number of their field, and which there are, into the texts that evidence holds; ABSENT
    when one is not plain.

    They are borrowed, from `made` when they are shown otherwise. What shows a value is Python code, but none that knows
    the message.
    """
    cdef uint64_t left, bit
    cdef int half, number
    card = card_of(texts, bits[0])
    if card is None:
        return ABSENT
    for half in range(2):
        left = bits[half]
        while left:
            number = __builtin_clzll(left)
            bit = <uint64_t>1 << (63 - number)
            left &= ~bit
            number += 64 * half + 1
            if not codec.slots[number].kept:
                bits[half] &= ~bit
                continue
            text = <object>texts[number]
            if not PyUnicode_CheckExact(text) or not PyUnicode_IS_COMPACT_ASCII(text):
                return ABSENT
            if codec.shows[number] is not None and not is_harmless(&codec.slots[number], text):
                text = shown_value(codec, number, text)
                if not PyUnicode_CheckExact(text) or not PyUnicode_IS_COMPACT_ASCII(text):
                    return ABSENT
                made.append(text)
                texts[number] = <PyObject*>text
    return ABSENT if stands_in(card, texts, bits) else 0


cdef object shown_value(Codec codec, int number, object text):
    cdef Py_ssize_t size = PyUnicode_GET_LENGTH(text)
    cdef How how = codec.slots[number].how
    if how == CARD_NUMBER and CARD <= size <= CARD_MOST and all_digits(PyUnicode_1BYTE_DATA(text), size):
        return masked(text, size)
    if how != BY_LENGTH or size > LONGEST:
        return codec.shows[number](text)
    key = number << 16 | size
    found = codec.lengths.get(key)
    if found is None:
        found = codec.lengths[key] = codec.shows[number](text)
    return found


cdef dict as_dict(Codec codec, object attributes):
    cdef PyObject* texts[HIGHEST + 1]
    cdef uint64_t bits[2]
    cdef int half, number
    made = []
    if gathered(codec, attributes, texts, bits) < 0 or evidence_of(codec, texts, bits, made) < 0:
        return None
    shown = __Pyx_PyDict_NewPresized(__builtin_popcountll(bits[0]) + __builtin_popcountll(bits[1]))
    for half in range(2):
        while bits[half]:
            number = taken(&bits[half]) + 64 * half
            PyDict_SetItem(shown, codec.keys[number], <object>texts[number])
    return shown


cdef object as_json(Codec codec, object attributes):
    cdef PyObject* texts[HIGHEST + 1]
    cdef uint64_t bits[2]
    return json_of(codec, texts, bits, []) if gathered(codec, attributes, texts, bits) == 0 else None


cdef object json_of(Codec codec, PyObject** texts, uint64_t* bits, list made):
    """The object of these values, or None when one of them is not written as it stands."""
    cdef uint64_t left[2]
    cdef int half, number
    cdef Py_ssize_t size
    cdef uint8_t* out
    if evidence_of(codec, texts, bits, made) < 0 or texts[0] is NULL or not as_it_stands(<object>texts[0]):
        return None
    size = 10 + PyUnicode_GET_LENGTH(<object>texts[0])
    left[0], left[1] = bits[0], bits[1]
    for half in range(2):
        while left[half]:
            number = taken(&left[half]) + 64 * half
            if not as_it_stands(<object>texts[number]):
                return None
            size += 6 + PyUnicode_GET_LENGTH(codec.keys[number]) + PyUnicode_GET_LENGTH(<object>texts[number])
    text = PyUnicode_New(size, 127)
    out = PyUnicode_1BYTE_DATA(text)
    memcpy(out, b'{"mti":"', 8)
    out = put_text(out + 8, <object>texts[0])
    for half in range(2):
        while bits[half]:
            number = taken(&bits[half]) + 64 * half
            memcpy(out, b'","', 3)
            out = put_text(out + 3, codec.keys[number])
            memcpy(out, b'":"', 3)
            out = put_text(out + 3, <object>texts[number])
    out[0], out[1] = 0x22, 0x7D
    return text


cdef bint is_harmless(const Slot* slot, object text) noexcept:
    cdef const uint8_t* raw = PyUnicode_1BYTE_DATA(text)
    cdef Py_ssize_t at
    cdef int found = 0
    for at in range(PyUnicode_GET_LENGTH(text)):
        found += 0x30 <= raw[at] <= 0x39
    return found < slot.harmless


cdef object masked(object text, Py_ssize_t size):
    """A card number as its last four digits."""
    shown = PyUnicode_New(size, 127)
    memset(PyUnicode_1BYTE_DATA(shown), 0x2A, size - 4)
    memcpy(PyUnicode_1BYTE_DATA(shown) + size - 4, PyUnicode_1BYTE_DATA(text) + size - 4, 4)
    return shown


cdef bint as_it_stands(object text) noexcept:
    """Whether JSON writes a text without an escape."""
    cdef const uint8_t* raw
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t size
    cdef uint64_t eight
    if not PyUnicode_CheckExact(text) or not PyUnicode_IS_COMPACT_ASCII(text):
        return False
    raw, size = PyUnicode_1BYTE_DATA(text), PyUnicode_GET_LENGTH(text)
    while size - at >= 8:
        eight = big_endian(raw + at)
        if not eight_plain(eight) or has_byte(eight, 0x22) or has_byte(eight, 0x5C):
            return False
        at += 8
    for at in range(at, size):
        if not PLAIN[raw[at]] or raw[at] == 0x22 or raw[at] == 0x5C:
            return False
    return True


cdef uint8_t* put_text(uint8_t* out, object text) noexcept:
    memcpy(out, PyUnicode_1BYTE_DATA(text), PyUnicode_GET_LENGTH(text))
    return out + PyUnicode_GET_LENGTH(text)


cdef object card_of(PyObject** values, uint64_t bits):
    """The card number of a message, "" when it has none, None when it is not plain."""
    cdef const uint8_t* raw
    cdef Py_ssize_t at
    if has(bits, 2) and <object>values[2] != "":
        card = <object>values[2]
        return card if PyUnicode_CheckExact(card) and PyUnicode_IS_COMPACT_ASCII(card) else None
    if not has(bits, 35):
        return ""
    track = <object>values[35]
    if not PyUnicode_CheckExact(track) or not PyUnicode_IS_COMPACT_ASCII(track):
        return None
    raw = PyUnicode_1BYTE_DATA(track)
    for at in range(PyUnicode_GET_LENGTH(track)):
        if raw[at] == 0x3D or raw[at] == 0x44:
            return track[:at]
    return track


cdef bint stands_in(object card, PyObject** texts, const uint64_t* bits) noexcept:
    """Whether pieces of a card number stand in a text; every text is plain."""
    cdef const uint8_t* digits = PyUnicode_1BYTE_DATA(card)
    cdef Py_ssize_t size = PyUnicode_GET_LENGTH(card)
    cdef uint64_t left
    cdef int half
    if size < CARD:
        return False
    for half in range(2):
        left = bits[half]
        while left:
            text = <object>texts[taken(&left) + 64 * half]
            if found_in(text, digits, 10) or found_in(text, digits + 4, 9) or found_in(text, digits + size - 10, 10):
                return True
    return False


cdef bint found_in(object text, const uint8_t* piece, Py_ssize_t size) noexcept:
    cdef const uint8_t* at = PyUnicode_1BYTE_DATA(text)
    cdef const uint8_t* end = at + PyUnicode_GET_LENGTH(text) - size + 1
    while at < end:
        at = <const uint8_t*>memchr(at, piece[0], end - at)
        if at is NULL:
            return False
        if memcmp(at, piece, size) == 0:
            return True
        at += 1
    return False

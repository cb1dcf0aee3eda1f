"""Requests without messages: their fields taken out of the bytes, and answers made of the bytes.

A part of `messages.pyx`.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from cpython.unicode cimport PyUnicode_CheckExact
from cython cimport final
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset


@final
cdef class Excerpts:
    """Some fields of the bodies of a dialect, with their evidence; `within`, only where all values exist.

    `other(body)` is the Python code. A short value that a field had in the body before is there already (see `Form`);
    what is long enough for a card number is not kept.
    """

    cdef Codec codec
    cdef object other
    cdef int wanted[HIGHEST + 1]
    cdef int count
    cdef uint32_t seen[HIGHEST + 1]
    cdef list short
    cdef bint within

    def __init__(self, Codec codec not None, numbers, other, bint within):
        self.codec, self.other, self.count, self.within = codec, other, 0, within
        for number in numbers:
            if not 2 <= number <= HIGHEST or self.count > HIGHEST:
                raise ValueError("a field that no dialect can have")
            self.wanted[self.count] = number
            self.count += 1
        memset(self.seen, 0, sizeof(self.seen))
        self.short = [None] * (HIGHEST + 1)

    def __call__(self, body, /):
        """(message type, evidence, body, values), or what the Python code says."""
        if PyBytes_CheckExact(body):
            excerpt = self.read(body, <const uint8_t*>PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body))
            if excerpt is not None:
                return excerpt
        return self.other(body)

    cdef object read(self, object body, const uint8_t* raw, Py_ssize_t end):
        cdef Codec codec = self.codec
        cdef PyObject* texts[HIGHEST + 1]
        cdef uint64_t bits[2]
        cdef uint64_t left
        cdef uint32_t seen
        cdef int half, number
        cdef Py_ssize_t count, size
        cdef Py_ssize_t at = head(codec, raw, end, bits)
        cdef const Slot* slot
        if at < 0:
            return None
        memset(texts, 0, sizeof(texts))
        made = []
        seen = 1 << 16 | raw[0] << 8 | raw[1] if codec.packed else big_endian_4(raw)
        if seen == 0 or self.seen[0] != seen:
            value = digits(raw, 4, False, False) if codec.packed else characters(raw, 4)
            if value is None:
                return None
            self.seen[0], self.short[0] = seen, value
        mti = self.short[0]
        texts[0] = <PyObject*>mti
        for half in range(2):
            left = bits[half]
            while left:
                number = taken(&left) + 64 * half
                slot = &codec.slots[number]
                count = count_of(codec, slot, raw + at, end - at)
                if count < 0:
                    return None
                at += slot.lead
                size = (count + 1) >> 1 if slot.halved else count
                if end - at < size:
                    return None
                seen = seen_in(raw + at, count, size)
                if seen and self.seen[number] == seen:
                    value = self.short[number]
                else:
                    value = value_of(codec, slot, raw + at, count, size)
                    if value is None or self.within and slot.within and not exists(codec, slot, number, value):
                        return None
                    if seen:
                        self.seen[number], self.short[number] = seen, value
                made.append(value)
                texts[number] = <PyObject*>value
                at += size
        if at != end:
            return None
        values = PyTuple_New(self.count)
        for number in range(self.count):
            value = <object>texts[self.wanted[number]] if texts[self.wanted[number]] is not NULL else None
            Py_INCREF(value)
            PyTuple_SET_ITEM(values, number, value)
        told = json_of(codec, texts, bits, made)
        return None if told is None else (mti, told, body, values)


@final
cdef class Answers:
    """Answers that repeat some fields of a request, up to their MAC. `other` is the Python code.

    What a request has is copied as it stands where the Python code would write the same.
    """

    cdef Codec codec
    cdef object other
    cdef uint64_t repeated[2]

    def __init__(self, Codec codec not None, numbers, other):
        self.codec, self.other = codec, other
        self.repeated[0] = self.repeated[1] = 0
        for number in numbers:
            if not 2 <= number <= HIGHEST:
                raise ValueError("a field that no dialect can have")
            self.repeated[number > 64] |= <uint64_t>1 << (63 - (number - 1) % 64)

    def __call__(self, source, mti, added, mac, /):
        """The bytes, or what the Python code says."""
        if PyBytes_CheckExact(source) and type(added) is dict and PyUnicode_CheckExact(mac):
            body = self.write(<const uint8_t*>PyBytes_AS_STRING(source), PyBytes_GET_SIZE(source), mti, added, mac)
            if body is not None:
                return body
        return self.other(source, mti, added, mac)

    cdef object write(self, const uint8_t* raw, Py_ssize_t end, object mti, dict added, object mac):
        cdef Codec codec = self.codec
        cdef PyObject* values[HIGHEST + 1]
        cdef uint64_t asked[2]
        cdef uint64_t put[2]
        cdef uint64_t bits[2]
        cdef uint64_t left, bit
        cdef uint8_t body[BODY]
        cdef uint8_t* out
        cdef Py_ssize_t count, size
        cdef Py_ssize_t at = head(codec, raw, end, asked)
        cdef const Slot* slot
        cdef int half, number
        cdef int last = number_of(codec, <PyObject*>mac)
        if at < 0 or last < 1 or codec.slots[last].kind != BYTES:
            return None
        if codec.slots[last].prefix or codec.slots[last].size != 8:
            return None
        if gathered(codec, added, values, put) < 0 or values[0] is not NULL:
            return None
        for half in range(2):
            bits[half] = asked[half] & self.repeated[half] | put[half]
        # the MAC is the last field of all, and the Python code says so when it is not
        if last <= 64 and (bits[1] or bits[0] & ((<uint64_t>1 << (64 - last)) * 2 - 1)):
            return None
        if last > 64 and bits[1] & ((<uint64_t>1 << (128 - last)) * 2 - 1):
            return None
        bits[last > 64] |= <uint64_t>1 << (63 - (last - 1) % 64)
        if bits[1] and not codec.secondary:
            return None
        out = put_head(codec, body, mti, bits)
        if out is NULL:
            return None
        for half in range(2):
            left = asked[half] | put[half]
            while left:
                number = taken(&left) + 64 * half
                bit = <uint64_t>1 << (63 - (number - 1) % 64)
                slot = &codec.slots[number]
                if body + BODY - out < slot.most:
                    return None
                if asked[half] & bit:
                    count = count_of(codec, slot, raw + at, end - at)
                    size = slot.lead + ((count + 1) >> 1 if slot.halved else count)
                    if count < 0 or end - at < size:
                        return None
                    if self.repeated[half] & bit and not put[half] & bit:
                        if not same_again(slot, raw + at + slot.lead, count):
                            return None
                        memcpy(out, raw + at, size)
                        out += size
                    at += size
                if put[half] & bit:
                    out = put_field(codec, out, slot, <object>values[number])
                    if out is NULL:
                        return None
        return PyBytes_FromStringAndSize(<const char*>body, out - body) if at == end else None


cdef bint same_again(const Slot* slot, const uint8_t* raw, Py_ssize_t count) noexcept:
    """Whether a value that was read from these bytes is written as the same bytes; False when that takes a look."""
    cdef Py_ssize_t at
    if slot.kind == BYTES:
        return True
    if slot.kind == TEXT:
        return all_plain(raw, count)
    if slot.kind == TRACK or slot.kind == SIGNED:
        return False
    if not slot.halved:
        return all_digits(raw, count)
    if count & 1:
        if slot.right or raw[count >> 1] & 15 != slot.pad:
            return False
        if raw[count >> 1] >> 4 > 9:
            return False
    for at in range(count >> 1):
        if not IS_BCD[raw[at]]:
            return False
    return True

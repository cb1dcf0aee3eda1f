"""Message to bytes. A part of `messages.pyx`."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem, PyDict_Next
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy, memset


cdef object body_of(Codec codec, object attributes):
    cdef PyObject* values[HIGHEST + 1]
    cdef uint64_t bits[2]
    cdef uint8_t body[BODY]
    cdef Py_ssize_t size
    if gathered(codec, attributes, values, bits) < 0 or values[0] is NULL:
        return None
    size = laid(codec, body, values, bits)
    return PyBytes_FromStringAndSize(<const char*>body, size) if size >= 0 else None


cdef int gathered(Codec codec, object attributes, PyObject** values, uint64_t* bits) except -2:
    """The values by the number of their field, and which there are; ABSENT when an attribute is no field.

    They are borrowed from `attributes`: nothing may run that could change it while they are in use.
    """
    cdef PyObject* name
    cdef PyObject* value
    cdef Py_ssize_t place = 0
    cdef uint64_t low = 0
    cdef uint64_t high = 0
    cdef int number
    values[0] = NULL
    while PyDict_Next(attributes, &place, &name, &value):
        number = number_of(codec, name)
        if number < 0:
            return ABSENT
        if number and value is <PyObject*>None:
            continue
        values[number] = value
        if number > 64:
            high |= <uint64_t>1 << (128 - number)
        elif number:
            low |= <uint64_t>1 << (64 - number)
    bits[0], bits[1] = low, high
    return 0


cdef inline int number_of(Codec codec, PyObject* name) except -2:
    """Which field an attribute is, 0 for the message type, ABSENT for none."""
    cdef size_t place = (<size_t>name >> 4) % NAMES
    cdef PyObject* found
    if codec.met[place] is name:
        return codec.met_numbers[place]
    if not PyUnicode_CheckExact(<object>name):
        return ABSENT
    found = PyDict_GetItem(codec.numbers, <object>name)
    if found is NULL:
        return ABSENT
    if codec.met[place] is NULL:
        codec.held.append(<object>name)
        codec.met[place], codec.met_numbers[place] = name, <object>found
    return <object>found


cdef Py_ssize_t laid(Codec codec, uint8_t* out, PyObject** values, uint64_t* bits) noexcept:
    """Write everything; how many bytes it became, or ABSENT when there is no room or something is not plain."""
    cdef uint8_t* at = put_head(codec, out, <object>values[0], bits)
    cdef int half, number
    cdef const Slot* slot
    cdef uint64_t left
    if at is NULL:
        return ABSENT
    for half in range(2):
        left = bits[half]
        while left:
            number = taken(&left) + 64 * half
            slot = &codec.slots[number]
            if out + BODY - at < slot.most:
                return ABSENT
            at = put_field(codec, at, slot, <object>values[number])
            if at is NULL:
                return ABSENT
    return at - out


cdef inline uint8_t* put_field(Codec codec, uint8_t* out, const Slot* slot, object value) noexcept:
    """Length and value of one field, for which there is room; NULL for what is not plain."""
    cdef const uint8_t* raw
    cdef Py_ssize_t count
    if slot.kind == BYTES:
        if not PyBytes_CheckExact(value):
            return NULL
        raw, count = <const uint8_t*>PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value)
    else:
        if not PyUnicode_CheckExact(value) or not PyUnicode_IS_COMPACT_ASCII(value):
            return NULL
        raw, count = PyUnicode_1BYTE_DATA(value), PyUnicode_GET_LENGTH(value)
    if count < slot.least or count > slot.size:
        return NULL
    if slot.prefix:
        out = put_count(out, count, slot.prefix, codec.packed)
    if slot.kind == BYTES:
        memcpy(out, raw, count)
        return out + count
    if slot.kind == TEXT:
        if not all_plain(raw, count):
            return NULL
        memcpy(out, raw, count)
        out += count
        if slot.prefix == 0 and count < slot.size:
            memset(out, 0x20, slot.size - count)
            out += slot.size - count
        return out
    if slot.halved:
        return pack(out, raw, count, slot.right, slot.pad, slot.kind == TRACK)
    if slot.kind == TRACK:
        return put_track(out, raw, count)
    if slot.kind == SIGNED and (raw[0] == 0x43 or raw[0] == 0x44):
        out[0] = raw[0]
        out, raw, count = out + 1, raw + 1, count - 1
    if not all_digits(raw, count):
        return NULL
    memcpy(out, raw, count)
    return out + count

"""What stands before the fields of a message: its type and its bitmap. A part of `messages.pyx`."""

from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    int __builtin_clzll(unsigned long long)
    int __builtin_popcountll(unsigned long long)


cdef inline int taken(uint64_t* bits) noexcept:
    """The number of the first bit, 1 to 64, which is taken out."""
    cdef int number = __builtin_clzll(bits[0])
    bits[0] &= ~(<uint64_t>1 << (63 - number))
    return number + 1


cdef inline bint has(uint64_t bits, int number) noexcept:
    return bits >> (64 - number) & 1


cdef Py_ssize_t head(Codec codec, const uint8_t* raw, Py_ssize_t end, uint64_t* bits) noexcept:
    """The bitmap behind a message type; where the fields begin, or ABSENT for what is not plain."""
    cdef Py_ssize_t at = 2 if codec.packed else 4
    if end < at + 8:
        return ABSENT
    bits[0], bits[1] = big_endian(raw + at), 0
    at += 8
    if bits[0] >> 63:
        if not codec.secondary or end < at + 8:
            return ABSENT
        bits[1] = big_endian(raw + at)
        at += 8
        if bits[1] >> 63:
            return ABSENT
        bits[0] &= ~(<uint64_t>1 << 63)
    return at


cdef uint8_t* put_head(Codec codec, uint8_t* out, object mti, const uint64_t* bits) noexcept:
    """Message type and bitmap; NULL for what is no message type."""
    if not PyUnicode_CheckExact(mti) or not PyUnicode_IS_COMPACT_ASCII(mti) or PyUnicode_GET_LENGTH(mti) != 4:
        return NULL
    if not all_digits(PyUnicode_1BYTE_DATA(mti), 4):
        return NULL
    if codec.packed:
        out = pack(out, PyUnicode_1BYTE_DATA(mti), 4, False, 0, False)
    else:
        memcpy(out, PyUnicode_1BYTE_DATA(mti), 4)
        out += 4
    out = put_big_endian(out, bits[0] | (<uint64_t>1 << 63 if bits[1] else 0))
    return put_big_endian(out, bits[1]) if bits[1] else out

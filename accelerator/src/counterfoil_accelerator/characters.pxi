"""How digits and characters lie in bytes: read, checked and written, eight at a time where there are as many.

A part of `messages.pyx`. Whoever calls has made sure that there are as many bytes as are read, and room for what is
written.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from "Python.h":
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 highest)
    uint8_t* PyUnicode_1BYTE_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    bint PyUnicode_IS_COMPACT_ASCII(object text)

cdef extern from *:
    """
    #define ONES 0x0101010101010101ULL
    #define SIXES (0x06 * ONES)
    #define UPPER (0xF0 * ONES)
    #define LOWER (0x0F * ONES)
    """
    uint64_t ONES, SIXES, UPPER, LOWER

cdef uint16_t PAIRS[256]    # two hex characters as they lie in memory
cdef bint IS_BCD[256]
cdef bint PLAIN[256]        # printable ASCII
cdef uint8_t NIBBLE[256]    # the value of a hex character, 255 for others
cdef const char* HEX = "0123456789ABCDEF"


cdef void fill_tables():
    cdef int value
    cdef uint8_t two[2]
    for value in range(256):
        two[0], two[1] = HEX[value >> 4], HEX[value & 15]
        memcpy(&PAIRS[value], two, 2)
        IS_BCD[value] = (value >> 4) < 10 and (value & 15) < 10
        PLAIN[value] = 0x20 <= value < 0x7F
        NIBBLE[value] = 255
    for value in range(16):
        NIBBLE[<uint8_t>HEX[value]] = value


fill_tables()


cdef inline uint64_t big_endian(const uint8_t* raw) noexcept:
    return <uint64_t>big_endian_4(raw) << 32 | big_endian_4(raw + 4)


cdef inline uint32_t big_endian_4(const uint8_t* raw) noexcept:
    return <uint32_t>raw[0] << 24 | <uint32_t>raw[1] << 16 | <uint32_t>raw[2] << 8 | raw[3]


cdef inline uint8_t* put_big_endian(uint8_t* out, uint64_t number) noexcept:
    cdef int at
    for at in range(8):
        out[at] = number >> (56 - 8 * at) & 255
    return out + 8


# Eight characters at once, as one number: what a byte is, is seen in all of them by the same steps.


cdef inline bint eight_digits(uint64_t eight) noexcept:
    """0x30 to 0x39: the upper half is 3, and is still 3 when six is added.

    What adding carries comes from a byte that fails.
    """
    return eight & UPPER | (eight + SIXES & UPPER) >> 4 == <uint64_t>0x3333333333333333


cdef inline bint eight_plain(uint64_t eight) noexcept:
    """0x20 to 0x7E: the highest bit is not set, not by adding one and not by taking 0x20 away."""
    return (eight | eight + ONES | eight - 0x20 * ONES) & 0x80 * ONES == 0


cdef inline bint has_byte(uint64_t eight, uint8_t byte) noexcept:
    """Whether one of eight plain characters is this one."""
    eight ^= byte * ONES
    return (eight - ONES) & ~eight & 0x80 * ONES != 0


cdef inline uint64_t spread(uint64_t packed) noexcept:
    """Eight nibbles, one a byte."""
    packed = (packed | packed << 16) & <uint64_t>0x0000FFFF0000FFFF
    packed = (packed | packed << 8) & <uint64_t>0x00FF00FF00FF00FF
    return (packed << 4 | packed) & LOWER


cdef inline uint32_t squeezed(uint64_t nibbles) noexcept:
    """The reverse, from the lower halves of eight bytes."""
    nibbles &= LOWER
    nibbles = (nibbles >> 4 | nibbles) & <uint64_t>0x00FF00FF00FF00FF
    nibbles = (nibbles >> 8 | nibbles) & <uint64_t>0x0000FFFF0000FFFF
    return nibbles >> 16 | nibbles


cdef inline uint8_t* put_count(uint8_t* out, Py_ssize_t count, int digits, bint packed) noexcept:
    cdef int hundreds = count // 100
    cdef int tens = count // 10 % 10
    cdef int ones = count % 10
    if digits == 3:
        out[0] = hundreds if packed else 0x30 + hundreds
        out += 1
    if packed:
        out[0] = tens << 4 | ones
        return out + 1
    out[0], out[1] = 0x30 + tens, 0x30 + ones
    return out + 2


cdef inline bint all_digits(const uint8_t* raw, Py_ssize_t count) noexcept:
    cdef Py_ssize_t at = 0
    while count - at >= 8:
        if not eight_digits(big_endian(raw + at)):
            return False
        at += 8
    for at in range(at, count):
        if not 0x30 <= raw[at] <= 0x39:
            return False
    return True


cdef bint all_are(const uint8_t* raw, Py_ssize_t count, uint8_t one) noexcept:
    cdef Py_ssize_t at
    for at in range(count):
        if raw[at] != one:
            return False
    return True


cdef bint all_letters(const uint8_t* raw, Py_ssize_t count) noexcept:
    """A-Z, a-z and 0-9."""
    cdef Py_ssize_t at
    for at in range(count):
        if not (0x30 <= raw[at] <= 0x39 or 0x41 <= raw[at] <= 0x5A or 0x61 <= raw[at] <= 0x7A):
            return False
    return True


cdef inline int two_digits(const uint8_t* raw) noexcept:
    """The number two digits make."""
    return (raw[0] - 0x30) * 10 + raw[1] - 0x30


cdef bint is_date(const uint8_t* raw) noexcept:
    """MMDD, in a leap year."""
    cdef int month = two_digits(raw)
    cdef int day = two_digits(raw + 2)
    return 1 <= month <= 12 and 1 <= day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)


cdef bint is_time(const uint8_t* raw) noexcept:
    """hhmmss."""
    return two_digits(raw) < 24 and two_digits(raw + 2) < 60 and two_digits(raw + 4) < 60


cdef inline bint all_plain(const uint8_t* raw, Py_ssize_t count) noexcept:
    cdef Py_ssize_t at = 0
    while count - at >= 8:
        if not eight_plain(big_endian(raw + at)):
            return False
        at += 8
    for at in range(at, count):
        if not PLAIN[raw[at]]:
            return False
    return True


cdef inline object digits(const uint8_t* raw, Py_ssize_t count, bint track, bint right):
    """Packed digits as text, their filler nibble checked and left out."""
    cdef object text = PyUnicode_New(count, 127)
    cdef uint8_t* out = PyUnicode_1BYTE_DATA(text)
    cdef uint64_t nibbles, letters
    cdef bint good = True
    if count & 1 and right:
        if raw[0] >> 4 or (raw[0] > 9 and not track):
            return None
        out[0] = HEX[raw[0]]
        out, raw, count = out + 1, raw + 1, count - 1
    while count >= 8:
        nibbles = spread(big_endian_4(raw))
        letters = (nibbles + SIXES) >> 4 & ONES
        good &= track or letters == 0
        out = put_big_endian(out, nibbles + 0x30 * ONES + 7 * letters)
        raw, count = raw + 4, count - 8
    while count >= 2:
        good &= track or IS_BCD[raw[0]]
        memcpy(out, &PAIRS[raw[0]], 2)
        out, raw, count = out + 2, raw + 1, count - 2
    if count:
        good &= (raw[0] & 15 == 0 or raw[0] & 15 == 15) and (track or raw[0] >> 4 < 10)
        out[0] = HEX[raw[0] >> 4]
    return text if good else None


cdef inline object characters(const uint8_t* raw, Py_ssize_t count):
    """Digits, one a byte."""
    if not all_digits(raw, count):
        return None
    text = PyUnicode_New(count, 127)
    memcpy(PyUnicode_1BYTE_DATA(text), raw, count)
    return text


cdef object track(const uint8_t* raw, Py_ssize_t count):
    """A track of characters; its separator travels as "=" or "D"."""
    cdef object text = PyUnicode_New(count, 127)
    cdef uint8_t* out = PyUnicode_1BYTE_DATA(text)
    cdef Py_ssize_t at
    for at in range(count):
        out[at] = 0x44 if raw[at] == 0x3D else raw[at]
        if not (0x30 <= out[at] <= 0x39 or out[at] == 0x44):
            return None
    return text


cdef uint8_t* put_track(uint8_t* out, const uint8_t* raw, Py_ssize_t count) noexcept:
    cdef Py_ssize_t at
    for at in range(count):
        out[at] = 0x3D if raw[at] == 0x44 else raw[at]
        if not (0x30 <= out[at] <= 0x39 or out[at] == 0x3D):
            return NULL
    return out + count


cdef object signed(const uint8_t* raw, Py_ssize_t count):
    """C or D, then digits."""
    if (raw[0] != 0x43 and raw[0] != 0x44) or not all_digits(raw + 1, count - 1):
        return None
    text = PyUnicode_New(count, 127)
    memcpy(PyUnicode_1BYTE_DATA(text), raw, count)
    return text


cdef uint8_t* pack(uint8_t* out, const uint8_t* raw, Py_ssize_t count, bint right, uint8_t pad, bint track) noexcept:
    """Two digits a byte; NULL when one is none."""
    cdef uint8_t highest = 15 if track else 9
    cdef uint8_t high, low
    cdef uint32_t four
    cdef Py_ssize_t at = 0
    if count & 1 and right:
        low = nibble(raw[0], track)
        if low > highest:
            return NULL
        out[0] = low
        out, at = out + 1, 1
    while at + 1 < count:
        if count - at >= 8 and eight_digits(big_endian(raw + at)):
            four = squeezed(big_endian(raw + at))
            out[0], out[1], out[2], out[3] = four >> 24, four >> 16 & 255, four >> 8 & 255, four & 255
            out, at = out + 4, at + 8
            continue
        high, low = nibble(raw[at], track), nibble(raw[at + 1], track)
        if high > highest or low > highest:
            return NULL
        out[0] = high << 4 | low
        out, at = out + 1, at + 2
    if at < count:
        high = nibble(raw[at], track)
        if high > highest:
            return NULL
        out[0] = high << 4 | pad
        out += 1
    return out


cdef inline uint8_t nibble(uint8_t character, bint track) noexcept:
    return 13 if track and character == 0x3D else NIBBLE[character]

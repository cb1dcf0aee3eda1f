"""Bytes to message. A part of `messages.pyx`."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_Copy, PyDict_SetItem
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from "Python.h":
    object PyType_GenericAlloc(type kind, Py_ssize_t items)
    ctypedef struct PyTypeObject:
        int (*tp_descr_set)(object descriptor, object owner, object value) except -1
    PyTypeObject* Py_TYPE(object any)

cdef extern from *:
    dict __Pyx_PyDict_NewPresized(Py_ssize_t size)


@final
cdef class Form:
    """The messages of one bitmap: their attributes, each with the short value it had in the message before, else None.

    A message begins as a copy of them. Most often codes and currencies have the same value again: it is there already.
    """

    cdef uint64_t bits[2]
    cdef uint32_t seen[HIGHEST + 1]     # the bytes of the value in `values`, 0 for none
    cdef dict values
    cdef uint64_t turn                  # how many values were put in: a copy is older when this moved on


cdef object message_of(Codec codec, const uint8_t* body, Py_ssize_t end, bint within):
    cdef uint64_t bits[2]
    cdef Py_ssize_t at = head(codec, body, end, bits)
    cdef uint32_t mti
    cdef Form form
    if at < 0:
        return None
    # 0 is what no form has seen: four bytes of zeros are no digits, and two have a bit above them
    mti = 1 << 16 | body[0] << 8 | body[1] if codec.packed else big_endian_4(body)
    form = form_of(codec, bits)
    values = attributes_of(codec, form, mti, body, at, end, within)
    if values is None:
        return None
    if form.values is None:
        remember(codec, form, values)
    message = PyType_GenericAlloc(codec.message, 0)
    # by their descriptor: since CPython 3.13 attributes may lie in the object itself
    Py_TYPE(codec.attributes).tp_descr_set(codec.attributes, message, values)
    return message


cdef Form form_of(Codec codec, const uint64_t* bits):
    """What is remembered of this bitmap, or a new one with no values."""
    cdef Form form
    cdef Py_ssize_t near = near_to(bits)
    cdef Py_ssize_t step
    for step in range(NEAR):
        form = <Form>codec.forms[(near + step) & (FORMS - 1)]
        if form is not None and form.bits[0] == bits[0] and form.bits[1] == bits[1]:
            return form
    form = Form.__new__(Form)
    form.bits[0], form.bits[1] = bits[0], bits[1]
    return form


cdef int remember(Codec codec, Form form, dict values) except -1:
    """Only what was read to its end is remembered, and the one that lay there is not when all places are taken."""
    cdef Py_ssize_t near = near_to(form.bits)
    cdef Py_ssize_t step
    for step in range(NEAR):
        if codec.forms[(near + step) & (FORMS - 1)] is None:
            near += step
            break
    form.values = PyDict_Copy(values)
    for name in values:
        form.values[name] = None
    codec.forms[near & (FORMS - 1)] = form
    return 0


cdef dict attributes_of(Codec codec, Form form, uint32_t mti, const uint8_t* body, Py_ssize_t at, Py_ssize_t end,
                        bint within):
    """The attributes of a message whose fields begin at `at`; None when one is not plain, or with `within` does not
    exist. What does not exist is not kept in the form, so that it is looked at each time.
    """
    cdef uint64_t turn = form.turn
    cdef bint known = form.values is not None
    cdef int half, number
    cdef uint64_t left
    cdef uint32_t seen
    cdef Py_ssize_t count, size
    cdef const Slot* slot
    if known:
        values = PyDict_Copy(form.values)
    else:
        values = __Pyx_PyDict_NewPresized(1 + __builtin_popcountll(form.bits[0]) + __builtin_popcountll(form.bits[1]))
    if mti == 0 or form.seen[0] != mti or form.turn != turn:
        value = digits(body, 4, False, False) if codec.packed else characters(body, 4)
        if value is None:
            return None
        PyDict_SetItem(values, "mti", value)
        if known and form.turn == turn:
            turn += put_in(form, 0, "mti", mti, value)
    for half in range(2):
        left = form.bits[half]
        while left:
            number = taken(&left) + 64 * half
            slot = &codec.slots[number]
            count = count_of(codec, slot, body + at, end - at)
            if count < 0:
                return None
            at += slot.lead
            size = (count + 1) >> 1 if slot.halved else count
            if end - at < size:
                return None
            seen = seen_in(body + at, count, size)
            if seen == 0 or form.seen[number] != seen or form.turn != turn:
                value = value_of(codec, slot, body + at, count, size)
                if value is None:
                    return None
                if slot.within and not exists(codec, slot, number, value):
                    if within:
                        return None
                    seen = 0
                PyDict_SetItem(values, <object>codec.borrowed[number], value)
                if seen and known and form.turn == turn:
                    turn += put_in(form, number, <object>codec.borrowed[number], seen, value)
            at += size
    return values if at == end else None


cdef inline Py_ssize_t count_of(Codec codec, const Slot* slot, const uint8_t* raw, Py_ssize_t left) noexcept:
    """Digits, characters or bytes of the value behind the length at `raw`; ABSENT for what is not plain."""
    cdef Py_ssize_t number = 0
    cdef Py_ssize_t at
    if slot.prefix == 0:
        return slot.size if slot.kind else ABSENT
    if left < slot.lead:
        return ABSENT
    for at in range(slot.lead):
        if codec.packed:
            if not IS_BCD[raw[at]]:
                return ABSENT
            number = number * 100 + (raw[at] >> 4) * 10 + (raw[at] & 15)
        else:
            if not 0x30 <= raw[at] <= 0x39:
                return ABSENT
            number = number * 10 + raw[at] - 0x30
    return number if slot.least <= number <= slot.size else ABSENT


cdef inline object value_of(Codec codec, const Slot* slot, const uint8_t* raw, Py_ssize_t count, Py_ssize_t size):
    """The value of these bytes; None for what is not plain."""
    if slot.kind == BYTES:
        return PyBytes_FromStringAndSize(<const char*>raw, size)
    if slot.kind == TEXT:
        return text_of(codec, slot, raw, size)
    if slot.halved:
        return digits(raw, count, slot.kind == TRACK, slot.right)
    if slot.kind == NUMBER:
        return characters(raw, count)
    return track(raw, count) if slot.kind == TRACK else signed(raw, count)


cdef bint exists(Codec codec, const Slot* slot, int number, object value) except -1:
    """Whether a value, one that its kind allows, is within its range."""
    cdef const uint8_t* raw
    cdef Py_ssize_t size
    if slot.within == AMONG:
        return value in codec.among[number]
    if slot.within == ELSEWHERE or not PyUnicode_CheckExact(value) or not PyUnicode_IS_COMPACT_ASCII(value):
        return False
    raw, size = PyUnicode_1BYTE_DATA(value), PyUnicode_GET_LENGTH(value)
    if slot.within == NOT_ZEROS:
        return not all_are(raw, size, 0x30)
    if slot.within == NAME:
        return not all_are(raw, size, 0x20)
    if slot.within == LETTERS or slot.within == CODE:
        while slot.within == CODE and size and raw[0] == 0x20:
            raw, size = raw + 1, size - 1
        while slot.within == CODE and size and raw[size - 1] == 0x20:
            size -= 1
        return size > 0 and all_letters(raw, size)
    if slot.within == DIGITS:
        return all_digits(raw, size)
    if slot.within == DATE:
        return is_date(raw)
    if slot.within == TIME:
        return is_time(raw)
    if slot.within == MOMENT:
        return is_date(raw) and is_time(raw + 4)
    return 1 <= two_digits(raw + 2) <= 12


cdef object text_of(Codec codec, const Slot* slot, const uint8_t* raw, Py_ssize_t size):
    if not all_plain(raw, size):
        return codec.decoded(PyBytes_FromStringAndSize(<const char*>raw, size), codec.charset) if slot.ans else None
    text = PyUnicode_New(size, 127)
    memcpy(PyUnicode_1BYTE_DATA(text), raw, size)
    return text


cdef inline Py_ssize_t near_to(const uint64_t* bits) noexcept:
    """Where a bitmap is looked for, below `FORMS`."""
    return (bits[0] ^ bits[1]) * <uint64_t>0x9E3779B97F4A7C15 >> 59


cdef inline uint32_t seen_in(const uint8_t* raw, Py_ssize_t count, Py_ssize_t size) noexcept:
    """Bytes and count of a short value in one number, 0 for another: a value as long as a card number is not kept."""
    if size == 1:
        return count << 8 | raw[0]
    if size == 2:
        return count << 16 | raw[0] << 8 | raw[1]
    if size == 3:
        return count << 24 | raw[0] << 16 | raw[1] << 8 | raw[2]
    return 0


cdef int put_in(Form form, int number, object name, uint32_t seen, object value) except -1:
    """Remember a value; how many that was."""
    PyDict_SetItem(form.values, name, value)
    form.seen[number] = seen
    form.turn += 1
    return 1

"""Packets of a stream. A part of `messages.pyx`."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t


def split(data, bint digits, int own, Py_ssize_t limit):
    """The whole packets at the start of `data` without their lengths, and the offset behind the last of them.

    A length is two bytes, or four ASCII characters; `own` is how much of it counts itself. A packet of no bytes is
    passed over. It stops before one that is not complete, and before a length that means nothing: the Python code says
    what is wrong with that one.
    """
    cdef Py_buffer view
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        return cut(<const uint8_t*>view.buf, view.len, digits, own, limit)
    finally:
        PyBuffer_Release(&view)


cdef tuple cut(const uint8_t* data, Py_ssize_t end, bint digits, int own, Py_ssize_t limit):
    cdef Py_ssize_t width = 4 if digits else 2
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t size
    cdef const uint8_t* raw
    packets = []
    while end - at >= width:
        raw = data + at
        if digits:
            if not all_digits(raw, 4):
                break
            size = (raw[0] - 48) * 1000 + (raw[1] - 48) * 100 + (raw[2] - 48) * 10 + raw[3] - 48 - own
        else:
            size = (raw[0] << 8 | raw[1]) - own
        if size < 0 or size > limit or end - at - width < size:
            break
        if size:
            packets.append(PyBytes_FromStringAndSize(<const char*>raw + width, size))
        at += width + size
    return packets, at

# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, binding=False
"""Messages after a dialect's field table, and packets of a stream.

Nothing here knows a dialect, and nothing here words an error: a body or a message that is not plain gives None, and the
Python code, which knows what is wrong with it, decides. What is read is exactly what the Python code would read.

It is one module in parts, not several: the C compiler sees all of it at once, and a field costs no call from one module
to another.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cython cimport final
from libc.stdint cimport uint8_t
from libc.string cimport memset

cdef extern from "Python.h":
    object PyObject_GenericGetDict(object owner, void* context)

include "characters.pxi"
include "table.pxi"


@final
cdef class Codec:
    """One dialect: `decode`, `receive` and `encode` give what the Python code would give, or ask it.

    `rows`: (number, kind, size, digits of the prefix, right aligned, filler nibble, which values exist: one of WITHINS
    or a set of them) of every field. `receive` takes a message only when all its values exist. `decoded` reads text
    beyond ASCII. `evidence`: (number, what shows it or None, digits below which that leaves plain text as it is, one of
    HOWS) of every field that may be kept. `decode_other(body)`, `receive_other(body)`, `encode_other(message)`,
    `kept_other(message)` and `told_other(message)` are the Python code.
    """

    cdef Slot slots[HIGHEST + 1]
    cdef list names
    cdef PyObject* borrowed[HIGHEST + 1]    # the same names, held by `names`
    cdef list keys                  # what evidence calls the fields
    cdef list shows
    cdef list among                 # the sets of values that exist
    cdef dict lengths               # what `BY_LENGTH` shows, by field and length
    cdef dict numbers
    cdef PyObject* met[NAMES]       # names of attributes by where they lie in memory, each held in `held`
    cdef uint8_t met_numbers[NAMES]
    cdef list held
    cdef type message
    cdef list forms
    cdef bint packed
    cdef bint secondary
    cdef str charset
    cdef object attributes          # what puts the attributes into a message
    cdef object decoded
    cdef object decode_other
    cdef object receive_other
    cdef object encode_other
    cdef object kept_other
    cdef object told_other

    def __init__(self, type message, rows, *, bint packed, bint secondary, str charset, decoded, decode_other,
                 receive_other, encode_other, evidence, kept_other, told_other):
        memset(self.slots, 0, sizeof(self.slots))
        self.message, self.packed, self.secondary, self.charset = message, packed, secondary, charset
        self.decoded, self.decode_other, self.encode_other = decoded, decode_other, encode_other
        self.receive_other = receive_other
        self.attributes = message.__dict__["__dict__"]
        memset(self.met, 0, sizeof(self.met))
        self.held = []
        self.names = [None] * (HIGHEST + 1)
        self.forms = [None] * FORMS
        self.numbers = {"mti": 0}
        self.kept_other, self.told_other = kept_other, told_other
        self.keys = [None] * (HIGHEST + 1)
        self.shows = [None] * (HIGHEST + 1)
        self.among = [None] * (HIGHEST + 1)
        for number, kind, size, prefix, right, pad, within in rows:
            if not 2 <= number <= HIGHEST or not 1 <= size <= 999 or prefix not in (0, 2, 3):
                raise ValueError("a field that no dialect can have")
            if kind == "x+n" and packed:
                raise ValueError("a signed number in a packed dialect")
            lead = (prefix + 1) >> 1 if packed else prefix
            least = (KINDS[kind] <= TRACK) if prefix else 0 if kind == "ans" else size
            halved = packed and KINDS[kind] <= TRACK
            self.slots[number] = Slot(
                KINDS[kind], prefix, size, lead, least, lead + size, halved, right, NIBBLE[ord(pad)], kind == "ans",
                False, 0, BY_CALL, AMONG if isinstance(within, frozenset) else WITHINS[within],
            )
            self.among[number] = within
            name = intern_name(f"de{number}")
            self.names[number] = name
            self.borrowed[number] = <PyObject*>name
            self.numbers[name] = number
        self.lengths = {}
        for number, show, harmless, how in evidence:
            self.slots[number].kept, self.slots[number].harmless, self.slots[number].how = True, harmless, HOWS[how]
            self.keys[number], self.shows[number] = intern_name(str(number)), show

    def decode(self, body, /):
        """The message in `body`."""
        if PyBytes_CheckExact(body):
            message = message_of(self, <const uint8_t*>PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body), False)
            if message is not None:
                return message
        return self.decode_other(body)

    def receive(self, body, /):
        """The message in `body` of which all values exist."""
        if PyBytes_CheckExact(body):
            message = message_of(self, <const uint8_t*>PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body), True)
            if message is not None:
                return message
        return self.receive_other(body)

    def encode(self, message, /):
        """The bytes of `message`."""
        if type(message) is self.message:
            body = body_of(self, PyObject_GenericGetDict(message, NULL))
            if body is not None:
                return body
        return self.encode_other(message)

    def kept(self, message, /):
        """What evidence may keep of `message`, masked."""
        if type(message) is self.message:
            shown = as_dict(self, PyObject_GenericGetDict(message, NULL))
            if shown is not None:
                return shown
        return self.kept_other(message)

    def told(self, message, /):
        """`kept` as JSON, behind the message type."""
        if type(message) is self.message:
            text = as_json(self, PyObject_GenericGetDict(message, NULL))
            if text is not None:
                return text
        return self.told_other(message)

    def excerpts(self, numbers, other, within, /):
        """What takes these fields out of a body; `within`, only when all its values exist."""
        return Excerpts(self, numbers, other, within)

    def answers(self, numbers, other, /):
        """What writes answers that repeat these fields."""
        return Answers(self, numbers, other)


cdef object intern_name(str name):
    from sys import intern
    return intern(name)


include "bitmap.pxi"
include "reading.pxi"
include "writing.pxi"
include "evidence.pxi"
include "excerpts.pxi"
include "streams.pxi"
include "rows.pxi"

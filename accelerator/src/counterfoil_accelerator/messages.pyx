# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, binding=False
"""Messages after a dialect's field table, and packets of a stream.

Nothing here knows a dialect, and nothing here words an error: a body or a message that is not plain gives None, and the
Python code, which knows what is wrong with it, decides. What is read is exactly what the Python code would read.
"""

from cython cimport final
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Copy, PyDict_GetItem, PyDict_Next, PyDict_SetItem
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy, memset

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    object PyObject_GenericGetDict(object owner, void* context)
    object PyType_GenericAlloc(type kind, Py_ssize_t items)
    ctypedef struct PyTypeObject:
        int (*tp_descr_set)(object descriptor, object owner, object value) except -1
    PyTypeObject* Py_TYPE(object any)

cdef extern from *:
    dict __Pyx_PyDict_NewPresized(Py_ssize_t size)
    int __builtin_clzll(unsigned long long)
    int __builtin_popcountll(unsigned long long)

cdef enum Kind:
    NUMBER = 1
    TRACK
    TEXT
    SIGNED
    BYTES

cdef enum How:
    BY_CALL = 0         # by the Python code
    CARD_NUMBER         # its first six and last four digits
    BY_LENGTH           # the same for every text as long

cdef enum Within:
    ANYTHING = 0
    NOT_ZEROS
    DATE                # MMDD
    TIME                # hhmmss
    MOMENT              # MMDDhhmmss
    MONTH               # YYMM
    LETTERS             # and digits
    DIGITS
    CODE                # letters and digits, filled with spaces
    NAME                # not blank
    AMONG               # those of a set
    ELSEWHERE           # the Python code knows

cdef enum:
    LONGEST = 999
    CARD_MOST = 19      # digits of the longest card number
    HIGHEST = 128
    NAMES = 1024
    FORMS = 32          # bitmaps that are remembered, a power of two
    NEAR = 4            # places where one may lie
    BODY = 8192         # bytes of a message that is written here; a longer one is no everyday message
    CARD = 13           # digits of the shortest card number
    # A prefix announces at most 9,999 digits or bytes, so no sum of sizes comes near the end of a Py_ssize_t.
    ABSENT = -1

HOWS = {"": BY_CALL, "card number": CARD_NUMBER, "by length": BY_LENGTH}
WITHINS = {
    "": ANYTHING, "not zeros": NOT_ZEROS, "date": DATE, "time": TIME, "moment": MOMENT, "month": MONTH, "letters": LETTERS,
    "digits": DIGITS, "code": CODE, "name": NAME, "elsewhere": ELSEWHERE,
}
KINDS = {"n": NUMBER, "z": TRACK, "an": TEXT, "ans": TEXT, "x+n": SIGNED, "b": BYTES}

cdef struct Slot:
    Kind kind           # 0: the dialect has no such field
    int prefix          # digits of the length before the value, 0 for a fixed field
    int size            # at most, or exactly in a fixed field; digits, characters or bytes
    int lead            # bytes of the length before the value
    int least           # of digits, characters or bytes
    int most            # bytes with the length before the value
    bint halved         # two digits a byte
    bint right          # an odd digit has its filler before it
    uint8_t pad         # the filler written behind an odd digit
    bint ans            # any script, and filled with spaces when the field is fixed
    bint kept           # evidence holds it, shown by `Codec.shows` or, when there is none, as it is
    int harmless        # plain text with fewer digits than this is shown as it is
    How how             # whether it is shown here
    Within within       # which values exist

include "characters.pxi"


@final
cdef class Form:
    """The messages of one bitmap: their attributes, each with the short value it had in the message before, else None.

    A message begins as a copy of them. Most often codes and currencies have the same value again: it is there already.
    """

    cdef uint64_t bits[2]
    cdef uint32_t seen[HIGHEST + 1]     # the bytes of the value in `values`, 0 for none
    cdef dict values
    cdef uint64_t turn                  # how many values were put in: a copy is older when this moved on


@final
cdef class Codec:
    """One dialect: `decode`, `receive` and `encode` give what the Python code would give, or ask it.

    `rows`: (number, kind, size, digits of the prefix, right aligned, filler nibble, which values exist: one of WITHINS or
    a set of them) of every field. `receive` takes a message only when all its values exist. `decoded` reads text beyond ASCII. `evidence`: (number, what shows it or None, digits below which that leaves plain text as it is, one of HOWS)
    of every field that may be kept. `decode_other(body)`, `receive_other(body)`, `encode_other(message)` and `kept_other(message)` are the Python code.
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

    def __init__(self, type message, rows, *, bint packed, bint secondary, str charset, decoded, decode_other, receive_other,
                 encode_other, evidence, kept_other, told_other):
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
                KINDS[kind], prefix, size, lead, least, lead + size, halved, right, NIBBLE[ord(pad)], kind == "ans", False, 0, BY_CALL,
                AMONG if isinstance(within, frozenset) else WITHINS[within],
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
            message = self.read(<const uint8_t*>PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body), False)
            if message is not None:
                return message
        return self.decode_other(body)

    def receive(self, body, /):
        """The message in `body` of which all values exist."""
        if PyBytes_CheckExact(body):
            message = self.read(<const uint8_t*>PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body), True)
            if message is not None:
                return message
        return self.receive_other(body)

    def encode(self, message, /):
        """The bytes of `message`."""
        if type(message) is self.message:
            body = self.write(PyObject_GenericGetDict(message, NULL))
            if body is not None:
                return body
        return self.encode_other(message)

    def kept(self, message, /):
        """What evidence may keep of `message`, masked."""
        if type(message) is self.message:
            shown = self.as_dict(PyObject_GenericGetDict(message, NULL))
            if shown is not None:
                return shown
        return self.kept_other(message)

    def told(self, message, /):
        """`kept` as JSON, behind the message type."""
        if type(message) is self.message:
            text = self.as_json(PyObject_GenericGetDict(message, NULL))
            if text is not None:
                return text
        return self.told_other(message)

    def excerpts(self, numbers, other, within, /):
        """What takes these fields out of a body; `within`, only when all its values exist."""
        return Excerpts(self, numbers, other, within)

    def answers(self, numbers, other, /):
        """What writes answers that repeat these fields."""
        return Answers(self, numbers, other)

    # --- bytes to message --------------------------------------------------------------------------------------------

    cdef object read(self, const uint8_t* body, Py_ssize_t end, bint within):
        cdef uint64_t bits[2]
        cdef Py_ssize_t at = head(self, body, end, bits)
        cdef uint32_t mti
        cdef Form form
        if at < 0:
            return None
        # 0 is what no form has seen: four bytes of zeros are no digits, and two have a bit above them
        mti = 1 << 16 | body[0] << 8 | body[1] if self.packed else big_endian_4(body)
        form = self.form(bits)
        values = self.fields(form, mti, body, at, end, within)
        if values is None:
            return None
        if form.values is None:
            self.remember(form, values)
        message = PyType_GenericAlloc(self.message, 0)
        # by their descriptor: since CPython 3.13 attributes may lie in the object itself
        Py_TYPE(self.attributes).tp_descr_set(self.attributes, message, values)
        return message

    cdef Form form(self, const uint64_t* bits):
        """What is remembered of this bitmap, or a new one with no values."""
        cdef Form form
        cdef Py_ssize_t near = near_to(bits)
        cdef Py_ssize_t step
        for step in range(NEAR):
            form = <Form>self.forms[(near + step) & (FORMS - 1)]
            if form is not None and form.bits[0] == bits[0] and form.bits[1] == bits[1]:
                return form
        form = Form.__new__(Form)
        form.bits[0], form.bits[1] = bits[0], bits[1]
        return form

    cdef int remember(self, Form form, dict values) except -1:
        """Only what was read to its end is remembered, and the one that lay there is not when all places are taken."""
        cdef Py_ssize_t near = near_to(form.bits)
        cdef Py_ssize_t step
        for step in range(NEAR):
            if self.forms[(near + step) & (FORMS - 1)] is None:
                near += step
                break
        form.values = PyDict_Copy(values)
        for name in values:
            form.values[name] = None
        self.forms[near & (FORMS - 1)] = form
        return 0

    cdef dict fields(self, Form form, uint32_t mti, const uint8_t* body, Py_ssize_t at, Py_ssize_t end, bint within):
        """The attributes of a message whose fields begin at `at`; None when one is not plain, or with `within` does not exist.
        What does not exist is not kept in the form, so that it is looked at each time.
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
            value = digits(body, 4, False, False) if self.packed else characters(body, 4)
            if value is None:
                return None
            PyDict_SetItem(values, "mti", value)
            if known and form.turn == turn:
                turn += put_in(form, 0, "mti", mti, value)
        for half in range(2):
            left = form.bits[half]
            while left:
                number = taken(&left) + 64 * half
                slot = &self.slots[number]
                count = self.count(slot, body + at, end - at)
                if count < 0:
                    return None
                at += slot.lead
                size = (count + 1) >> 1 if slot.halved else count
                if end - at < size:
                    return None
                seen = seen_in(body + at, count, size)
                if seen == 0 or form.seen[number] != seen or form.turn != turn:
                    value = self.value(slot, body + at, count, size)
                    if value is None:
                        return None
                    if slot.within and not self.exists(slot, number, value):
                        if within:
                            return None
                        seen = 0
                    PyDict_SetItem(values, <object>self.borrowed[number], value)
                    if seen and known and form.turn == turn:
                        turn += put_in(form, number, <object>self.borrowed[number], seen, value)
                at += size
        return values if at == end else None

    cdef inline Py_ssize_t count(self, const Slot* slot, const uint8_t* raw, Py_ssize_t left) noexcept:
        """Digits, characters or bytes of the value behind the length at `raw`; ABSENT for what is not plain."""
        cdef Py_ssize_t number = 0
        cdef Py_ssize_t at
        if slot.prefix == 0:
            return slot.size if slot.kind else ABSENT
        if left < slot.lead:
            return ABSENT
        for at in range(slot.lead):
            if self.packed:
                if not IS_BCD[raw[at]]:
                    return ABSENT
                number = number * 100 + (raw[at] >> 4) * 10 + (raw[at] & 15)
            else:
                if not 0x30 <= raw[at] <= 0x39:
                    return ABSENT
                number = number * 10 + raw[at] - 0x30
        return number if slot.least <= number <= slot.size else ABSENT

    cdef inline object value(self, const Slot* slot, const uint8_t* raw, Py_ssize_t count, Py_ssize_t size):
        """The value of these bytes; None for what is not plain."""
        if slot.kind == BYTES:
            return PyBytes_FromStringAndSize(<const char*>raw, size)
        if slot.kind == TEXT:
            return self.text(slot, raw, size)
        if slot.halved:
            return digits(raw, count, slot.kind == TRACK, slot.right)
        if slot.kind == NUMBER:
            return characters(raw, count)
        return track(raw, count) if slot.kind == TRACK else signed(raw, count)

    cdef bint exists(self, const Slot* slot, int number, object value) except -1:
        """Whether a value, one that its kind allows, is within its range."""
        cdef const uint8_t* raw
        cdef Py_ssize_t size
        if slot.within == AMONG:
            return value in self.among[number]
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

    cdef object text(self, const Slot* slot, const uint8_t* raw, Py_ssize_t size):
        if not all_plain(raw, size):
            return self.decoded(PyBytes_FromStringAndSize(<const char*>raw, size), self.charset) if slot.ans else None
        text = PyUnicode_New(size, 127)
        memcpy(PyUnicode_1BYTE_DATA(text), raw, size)
        return text

    # --- message to bytes --------------------------------------------------------------------------------------------

    cdef object write(self, object attributes):
        cdef PyObject* values[HIGHEST + 1]
        cdef uint64_t bits[2]
        cdef uint8_t body[BODY]
        cdef Py_ssize_t size
        if self.gathered(attributes, values, bits) < 0 or values[0] is NULL:
            return None
        size = self.lay(body, values, bits)
        return PyBytes_FromStringAndSize(<const char*>body, size) if size >= 0 else None

    cdef int gathered(self, object attributes, PyObject** values, uint64_t* bits) except -2:
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
            number = self.number(name)
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

    cdef inline int number(self, PyObject* name) except -2:
        """Which field an attribute is, 0 for the message type, ABSENT for none."""
        cdef size_t place = (<size_t>name >> 4) % NAMES
        cdef PyObject* found
        if self.met[place] is name:
            return self.met_numbers[place]
        if not PyUnicode_CheckExact(<object>name):
            return ABSENT
        found = PyDict_GetItem(self.numbers, <object>name)
        if found is NULL:
            return ABSENT
        if self.met[place] is NULL:
            self.held.append(<object>name)
            self.met[place], self.met_numbers[place] = name, <object>found
        return <object>found

    cdef Py_ssize_t lay(self, uint8_t* out, PyObject** values, uint64_t* bits) noexcept:
        """Write everything; how many bytes it became, or ABSENT when there is no room or something is not plain."""
        cdef uint8_t* at = put_head(self, out, <object>values[0], bits)
        cdef int half, number
        cdef const Slot* slot
        cdef uint64_t left
        if at is NULL:
            return ABSENT
        for half in range(2):
            left = bits[half]
            while left:
                number = taken(&left) + 64 * half
                slot = &self.slots[number]
                if out + BODY - at < slot.most:
                    return ABSENT
                at = self.put(at, slot, <object>values[number])
                if at is NULL:
                    return ABSENT
        return at - out

    cdef inline uint8_t* put(self, uint8_t* out, const Slot* slot, object value) noexcept:
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
            out = put_count(out, count, slot.prefix, self.packed)
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


    # --- message to evidence -----------------------------------------------------------------------------------------

    cdef int evidence(self, PyObject** texts, uint64_t* bits, list made) except -2:
        """Turn the values by the number of their field, and which there are, into the texts that evidence holds; ABSENT when
        one is not plain.

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
                if not self.slots[number].kept:
                    bits[half] &= ~bit
                    continue
                text = <object>texts[number]
                if not PyUnicode_CheckExact(text) or not PyUnicode_IS_COMPACT_ASCII(text):
                    return ABSENT
                if self.shows[number] is not None and not self.is_harmless(&self.slots[number], text):
                    text = self.shown(number, text)
                    if not PyUnicode_CheckExact(text) or not PyUnicode_IS_COMPACT_ASCII(text):
                        return ABSENT
                    made.append(text)
                    texts[number] = <PyObject*>text
        return ABSENT if stands_in(card, texts, bits) else 0

    cdef object shown(self, int number, object text):
        cdef Py_ssize_t size = PyUnicode_GET_LENGTH(text)
        if self.slots[number].how == CARD_NUMBER and CARD <= size <= CARD_MOST and all_digits(PyUnicode_1BYTE_DATA(text), size):
            return masked(text, size)
        if self.slots[number].how != BY_LENGTH or size > LONGEST:
            return self.shows[number](text)
        key = number << 16 | size
        found = self.lengths.get(key)
        if found is None:
            found = self.lengths[key] = self.shows[number](text)
        return found

    cdef dict as_dict(self, object attributes):
        cdef PyObject* texts[HIGHEST + 1]
        cdef uint64_t bits[2]
        cdef int half, number
        made = []
        if self.gathered(attributes, texts, bits) < 0 or self.evidence(texts, bits, made) < 0:
            return None
        shown = __Pyx_PyDict_NewPresized(__builtin_popcountll(bits[0]) + __builtin_popcountll(bits[1]))
        for half in range(2):
            while bits[half]:
                number = taken(&bits[half]) + 64 * half
                PyDict_SetItem(shown, self.keys[number], <object>texts[number])
        return shown

    cdef object as_json(self, object attributes):
        cdef PyObject* texts[HIGHEST + 1]
        cdef uint64_t bits[2]
        return self.json_of(texts, bits, []) if self.gathered(attributes, texts, bits) == 0 else None

    cdef object json_of(self, PyObject** texts, uint64_t* bits, list made):
        """The object of these values, or None when one of them is not written as it stands."""
        cdef uint64_t left[2]
        cdef int half, number
        cdef Py_ssize_t size
        cdef uint8_t* out
        if self.evidence(texts, bits, made) < 0 or texts[0] is NULL or not as_it_stands(<object>texts[0]):
            return None
        size = 10 + PyUnicode_GET_LENGTH(<object>texts[0])
        left[0], left[1] = bits[0], bits[1]
        for half in range(2):
            while left[half]:
                number = taken(&left[half]) + 64 * half
                if not as_it_stands(<object>texts[number]):
                    return None
                size += 6 + PyUnicode_GET_LENGTH(self.keys[number]) + PyUnicode_GET_LENGTH(<object>texts[number])
        text = PyUnicode_New(size, 127)
        out = PyUnicode_1BYTE_DATA(text)
        memcpy(out, b'{"mti":"', 8)
        out = put_text(out + 8, <object>texts[0])
        for half in range(2):
            while bits[half]:
                number = taken(&bits[half]) + 64 * half
                memcpy(out, b'","', 3)
                out = put_text(out + 3, self.keys[number])
                memcpy(out, b'":"', 3)
                out = put_text(out + 3, <object>texts[number])
        out[0], out[1] = 0x22, 0x7D
        return text

    cdef bint is_harmless(self, const Slot* slot, object text) noexcept:
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


cdef inline int taken(uint64_t* bits) noexcept:
    """The number of the first bit, 1 to 64, which is taken out."""
    cdef int number = __builtin_clzll(bits[0])
    bits[0] &= ~(<uint64_t>1 << (63 - number))
    return number + 1


cdef bint as_it_stands(object text) noexcept:
    """Whether JSON writes a text without an escape."""
    cdef const uint8_t* raw
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t size
    if not PyUnicode_CheckExact(text) or not PyUnicode_IS_COMPACT_ASCII(text):
        return False
    raw, size = PyUnicode_1BYTE_DATA(text), PyUnicode_GET_LENGTH(text)
    while size - at >= 8:
        if not eight_plain(big_endian(raw + at)) or has_byte(big_endian(raw + at), 0x22) or has_byte(big_endian(raw + at), 0x5C):
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


cdef inline bint has(uint64_t bits, int number) noexcept:
    return bits >> (64 - number) & 1


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


cdef inline Py_ssize_t near_to(const uint64_t* bits) noexcept:
    """Where a bitmap is looked for, below `FORMS`."""
    return (bits[0] ^ bits[1]) * <uint64_t>0x9E3779B97F4A7C15 >> 59


cdef inline uint32_t seen_in(const uint8_t* raw, Py_ssize_t count, Py_ssize_t size) noexcept:
    """Bytes and count of a short value in one number, 0 for another: what is long enough for a card number is not kept."""
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


include "excerpts.pxi"


cdef object intern_name(str name):
    from sys import intern
    return intern(name)


def floats(rows, /):
    """Whether a float is in a list of tuples or lists; None for anything but that."""
    if type(rows) is not list:
        return None
    for row in <list>rows:
        if type(row) is tuple:
            for value in <tuple>row:
                if type(value) is float:
                    return True
        elif type(row) is list:
            for value in <list>row:
                if type(value) is float:
                    return True
        else:
            return None
    return False


# --- packets of a stream ---------------------------------------------------------------------------------------------


def split(data, bint digits, int own, Py_ssize_t limit):
    """The whole packets at the start of `data` without their lengths, and the offset behind the last of them.

    A length is two bytes, or four ASCII characters; `own` is how much of it counts itself. A packet of no bytes is passed
    over. It stops before one that is not complete, and before a length that means nothing: the Python code says what is
    wrong with that one.
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

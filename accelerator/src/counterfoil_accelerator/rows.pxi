"""Rows of a store. A part of `messages.pyx`."""


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

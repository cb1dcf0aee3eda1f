"""Receipts: what a slip says (`document`), how it looks (`render`), and what a printer is believed (`printers`).

A slip's facts are kept by the station that prints it; every copy, in either language, is made from them again. This
room knows words and money only: no station, no store, no printer.
"""

"""The archive: closed business dates of every station as Parquet files, and the answers that are in them.

Receives from: the stations' stores, read-only. Sends to: their owners, who alone let rows go, and only rows that are to
the byte the ones a file was seen to hold. Records: DIR/archive/STATION/DATE, written under another name, read back,
renamed. If it dies here: what had no name yet is written again, what has one is let go by the next run.
"""

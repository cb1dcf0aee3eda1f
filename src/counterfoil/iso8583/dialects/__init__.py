"""The dialects: tables of fields, one file each, data only."""

"""A counterpart that nobody of this project wrote."""

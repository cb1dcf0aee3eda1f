"""How a document looks on one kind of paper or screen."""

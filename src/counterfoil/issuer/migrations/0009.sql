-- A card is its token and its last digits; nothing asks for the first six.
UPDATE card SET first6 = '' WHERE first6 <> '';

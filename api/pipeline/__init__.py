"""How a request is answered: signed in, limited, read, checked, carried out once."""

"""One person: attributes, the data of the person's page, erasure on request."""

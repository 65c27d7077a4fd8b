"""The ledger: each sentence of the documents that can be tested, and what real Go makes of it."""

"""What the server does: each service takes the catalog and the store, and knows nothing of HTTP."""

"""The console's pages of operations. The project names their URLs, because no model has them."""

"""The database's history, step by step; Alembic runs it (see `skyform.store.migrating`)."""

"""How Alembic runs the steps: on the connection that it is given, all of them in its one transaction."""

from typing import Any, Literal

from alembic import context

from skyform.store.tables import Base, Moment


def render(kind: str, item: Any, _: object) -> str | Literal[False]:
    """A column's type as a step names it. Steps stay as they are while our own types change, so that they name SQL's."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    # SQLite alters a table by making it anew.
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render,
    transactional_ddl=True,
)
context.run_migrations()

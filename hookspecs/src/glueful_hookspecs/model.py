"""Runtime hooks for models: called by whatever stores rows; this module knows no ORM.

Bulk statements fire none of them. A veto runs before its statement, an observer after it, inside the same
transaction: what must wait for the commit says so where the row is stored (``after_commit``).
"""

from typing import Any, Protocol

from .markers import hook


class StoredModel(Protocol):
    """What the hooks may rely on in a model instance."""

    @property
    def pk(self) -> Any:
        """The value of the primary key; None before the row is inserted."""
        ...

    def dirty(self) -> dict[str, Any]:
        """Attribute names and values that differ from the stored row."""
        ...


@hook("observer", since="0.1")
def glueful_model_retrieved(model: StoredModel) -> None:
    """A row was read and became an instance.

    When: after hydration, once for each instance of a result.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name; the operation stands.
    Fires again: each time the row is read.

    Args:
        model: the instance.
    """


@hook("veto", since="0.1")
def glueful_model_saving(model: StoredModel) -> bool | None:
    """A row is about to be inserted or updated.

    When: before ``creating`` or ``updating``.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: stop the operation and reach the caller; so does a returned ``False``, as a veto without a reason.
    Fires again: for each save that has something to write.

    Args:
        model: the instance.
    """
    return None


@hook("observer", since="0.1")
def glueful_model_saved(model: StoredModel) -> None:
    """A row was inserted or updated.

    When: after ``created`` or ``updated``, inside the transaction.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name; the operation stands.
    Fires again: for each save that wrote.

    Args:
        model: the instance.
    """


@hook("veto", since="0.1")
def glueful_model_creating(model: StoredModel) -> bool | None:
    """A row is about to be inserted.

    When: after ``saving``, before the statement; attributes may still be changed.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: stop the operation and reach the caller; so does a returned ``False``, as a veto without a reason.
    Fires again: never for one instance.

    Args:
        model: the instance.
    """
    return None


@hook("observer", since="0.1")
def glueful_model_created(model: StoredModel) -> None:
    """A row was inserted.

    When: after the statement, inside the transaction; the primary key is known.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name; the operation stands.
    Fires again: never for one instance.

    Args:
        model: the instance.
    """


@hook("veto", since="0.1")
def glueful_model_updating(model: StoredModel) -> bool | None:
    """A row is about to be updated.

    When: after ``saving``, before the statement; ``model.dirty()`` names the changes.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: stop the operation and reach the caller; so does a returned ``False``, as a veto without a reason.
    Fires again: for each update.

    Args:
        model: the instance.
    """
    return None


@hook("observer", since="0.1")
def glueful_model_updated(model: StoredModel) -> None:
    """A row was updated.

    When: after the statement, inside the transaction.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name; the operation stands.
    Fires again: for each update.

    Args:
        model: the instance.
    """


@hook("veto", since="0.1")
def glueful_model_deleting(model: StoredModel) -> bool | None:
    """A row is about to be deleted, or marked as deleted.

    When: before the statement.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: stop the operation and reach the caller; so does a returned ``False``, as a veto without a reason.
    Fires again: again if a soft-deleted row is deleted for good.

    Args:
        model: the instance.
    """
    return None


@hook("observer", since="0.1")
def glueful_model_deleted(model: StoredModel) -> None:
    """A row was deleted, or marked as deleted.

    When: after the statement, inside the transaction.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name; the operation stands.
    Fires again: again if a soft-deleted row is deleted for good.

    Args:
        model: the instance.
    """


@hook("veto", since="0.1")
def glueful_model_restoring(model: StoredModel) -> bool | None:
    """A soft-deleted row is about to be restored.

    When: before the statement.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: stop the operation and reach the caller; so does a returned ``False``, as a veto without a reason.
    Fires again: for each restore.

    Args:
        model: the instance.
    """
    return None


@hook("observer", since="0.1")
def glueful_model_restored(model: StoredModel) -> None:
    """A soft-deleted row was restored.

    When: after the statement, inside the transaction.
    Order: plugins in dependency order. Implementations may be ``async def``.
    Errors: logged with the plugin's name; the operation stands.
    Fires again: for each restore.

    Args:
        model: the instance.
    """

"""A small shop of models, on both databases."""

from typing import Any

import pytest
from glueful_orm import (
    BelongsToMany,
    Engine,
    HasMany,
    HasOne,
    Model,
    Timestamps,
    belongs_to,
    belongs_to_many,
    has_many,
    has_one,
)
from piccolo.columns import JSON, Boolean, ForeignKey, Integer, Text, Varchar
from piccolo.columns.base import OnDelete


class Person(Timestamps):
    email = Varchar(unique=True)
    age = Integer(default=0)
    password = Varchar(default="")
    preferences = JSON(default="{}")
    is_admin = Boolean(default=False)

    guarded = frozenset({"is_admin"})
    hidden = frozenset({"password"})

    essays: HasMany["Essay"] = has_many("Essay", key="author_id")
    profile: HasOne["Profile"] = has_one("Profile", key="person_id")


class Profile(Model):
    person_id = ForeignKey(Person, on_delete=OnDelete.cascade)
    bio = Text(default="")


class Essay(Model):
    author_id = ForeignKey(Person, on_delete=OnDelete.cascade)
    title = Varchar()
    rating = Integer(null=True, default=None)

    author = belongs_to(Person, key="author_id")
    topics: BelongsToMany["Topic"] = belongs_to_many(
        "Topic", through="EssayTopic", key="essay_id", other_key="topic_id"
    )


class Topic(Model):
    name = Varchar(unique=True)

    essays = belongs_to_many(Essay, through="EssayTopic", key="topic_id", other_key="essay_id")


class EssayTopic(Model):
    essay_id = ForeignKey(Essay, on_delete=OnDelete.cascade)
    topic_id = ForeignKey(Topic, on_delete=OnDelete.cascade)


class Shop:
    """The models of this folder's tests."""

    Person, Profile, Essay, Topic, EssayTopic = Person, Profile, Essay, Topic, EssayTopic


@pytest.fixture
async def shop(engine: Engine) -> Any:
    for table in (Person, Profile, Essay, Topic, EssayTopic):
        for statement in table.create_table().ddl:
            await engine.execute(statement)
    await engine.execute('CREATE UNIQUE INDEX essay_topic ON "essay_topics" ("essay_id", "topic_id")')
    return Shop


@pytest.fixture
def created(engine: Engine) -> Any:
    """Creates the tables of models."""

    async def create(*models: type[Model]) -> None:
        for model in models:
            for statement in model.create_table().ddl:
                await engine.execute(statement)

    return create

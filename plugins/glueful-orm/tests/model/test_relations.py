"""Relations: one statement for each relation and level."""

from typing import Any

import pytest
from glueful_orm import RelationNotLoaded
from glueful_orm.model.errors import UnknownRelation
from glueful_orm.testing import assert_queries


@pytest.fixture
async def library(shop: Any) -> Any:
    topics = [await shop.Topic.create(name=name) for name in ("art", "bees", "cars")]
    for number in range(4):
        person = await shop.Person.create(email=f"p{number}@example.org", age=number)
        if number:
            await shop.Profile.create(person_id=person.pk, bio=f"bio {number}")
        for index in range(number):
            essay = await shop.Essay.create(author_id=person.pk, title=f"essay {number}.{index}", rating=index)
            await essay.topics.attach(*topics[: index + 1])
    return shop


async def test_everything_is_loaded_by_one_statement_for_each_relation_and_level(library: Any) -> None:
    with assert_queries(4):
        people = await library.Person.order_by("age").with_("profile", "essays.topics")

    with assert_queries(0):
        assert [person.profile.loaded and person.profile.loaded.bio for person in people] == [
            None,
            "bio 1",
            "bio 2",
            "bio 3",
        ]
        assert [len(person.essays) for person in people] == [0, 1, 2, 3]
        assert sorted(topic.name for topic in people[3].essays.loaded[2].topics) == ["art", "bees", "cars"]


async def test_touching_a_relation_of_one_row_loads_it_for_all_its_siblings(library: Any) -> None:
    essays = await library.Essay.order_by("id")

    with assert_queries(1):
        names = [(await essay.author).email for essay in essays]

    assert names == [f"p{n}@example.org" for n in (1, 2, 2, 3, 3, 3)]


async def test_a_relation_can_be_refined(library: Any) -> None:
    people = await library.Person.order_by("age").with_(essays=lambda query: query.where(rating__gt=0))

    assert [len(person.essays) for person in people] == [0, 0, 1, 2]


async def test_a_relation_is_a_query_too(library: Any) -> None:
    person = await library.Person.where(age=3).first_or_fail()

    assert [essay.title for essay in await person.essays.where(rating=1)] == ["essay 3.1"]
    assert [essay.title for essay in await person.essays.order_by("-rating").limit(1)] == ["essay 3.2"]
    assert await person.essays.count() == 3
    essay = await library.Essay.where(title="essay 3.2").first_or_fail()
    assert [topic.name for topic in await essay.topics.order_by("-name")] == ["cars", "bees", "art"]
    art = await library.Topic.where(name="art").first_or_fail()
    assert await art.essays.count() == 6
    assert await art.essays.where(rating=2).exists()


async def test_reading_what_is_not_loaded_says_what_to_do(library: Any) -> None:
    person = await library.Person.query().first()

    with pytest.raises(RelationNotLoaded, match=r"with_\('essays'\)"):
        list(person.essays)


async def test_an_unknown_relation_is_named(library: Any) -> None:
    with pytest.raises(UnknownRelation, match="Person has no relation pets"):
        await library.Person.with_("pets")
    with pytest.raises(UnknownRelation, match="Essay has no relation pets"):
        await library.Person.with_("essays.pets")


async def test_a_child_is_created_through_its_relation(library: Any) -> None:
    person = await library.Person.where(age=0).first_or_fail()
    assert await person.essays == []

    await person.essays.create(title="first")

    assert [essay.title for essay in await person.essays] == ["first"]


async def test_rows_are_attached_once_detached_and_synchronised(library: Any) -> None:
    essay = await library.Essay.where(title="essay 1.0").first_or_fail()
    art, bees, cars = await library.Topic.order_by("name")

    async def names() -> list[str]:
        return [topic.name for topic in await essay.topics.order_by("name")]

    await essay.topics.attach(art, bees.pk)
    assert await names() == ["art", "bees"]
    assert await essay.topics.detach(art) == 1
    assert await names() == ["bees"]
    await essay.topics.sync([cars, art])
    assert await names() == ["art", "cars"]
    assert await essay.topics.detach() == 2
    assert await names() == []


async def test_relations_are_loaded_on_an_instance_later(library: Any) -> None:
    person = await library.Person.where(age=2).first_or_fail()

    await person.load("essays.topics", "profile")

    with assert_queries(0):
        assert person.profile.loaded.bio == "bio 2"
        assert len(person.essays.loaded[1].topics) == 2


async def test_the_number_of_statements_does_not_grow_with_the_rows(library: Any) -> None:
    person = await library.Person.where(age=1).first_or_fail()
    await library.Essay.insert_many([{"author_id": person.pk, "title": f"t{number}"} for number in range(200)])

    with assert_queries(3):
        essays = await library.Essay.with_("author", "topics")

    assert len(essays) == 206

"""Queries: what is asked, and that text never becomes SQL."""

from typing import Any

import pytest
from glueful_orm import ModelNotFound, UnknownColumn
from glueful_orm.testing import assert_queries


@pytest.fixture
async def people(shop: Any) -> Any:
    await shop.Person.insert_many([{"email": f"p{age}@example.org", "age": age} for age in range(10)])
    return shop.Person


async def ages(query: Any) -> list[int]:
    return [person.age for person in await query]


async def test_keywords_and_expressions_say_the_same(people: Any) -> None:
    order = people.order_by("age")

    assert await ages(order.where(age__gt=7)) == await ages(order.where(people.age > 7)) == [8, 9]
    assert await ages(order.where(age=3)) == await ages(order.where(people.age == 3)) == [3]
    assert await ages(order.where(age__in=[2, 4])) == await ages(order.where(people.age.is_in([2, 4]))) == [2, 4]
    assert await ages(order.where(people.age.not_in([0, 1, 2, 3, 4, 5, 6]))) == [7, 8, 9]
    assert await ages(order.where((people.age < 2) | (people.age == 9))) == [0, 1, 9]
    assert await ages(order.where(people.email.like("p7@%"))) == [7]
    assert await ages(order.where(age__ne=0, age__le=2)) == [1, 2]


async def test_membership_of_nothing_and_of_very_many(people: Any) -> None:
    assert await people.where(age__in=[]).count() == 0
    assert await people.where(age__in=range(100_000)).count() == 10


async def test_none_asks_for_null(shop: Any, people: Any) -> None:
    author = await people.where(age=1).first()
    await shop.Essay.create(author_id=author.pk, title="unrated")
    await shop.Essay.create(author_id=author.pk, title="rated", rating=5)

    assert [essay.title for essay in await shop.Essay.where(rating=None)] == ["unrated"]
    assert [essay.title for essay in await shop.Essay.where(rating__ne=None)] == ["rated"]


async def test_order_limit_and_offset(people: Any) -> None:
    assert await ages(people.order_by("-age").limit(3)) == [9, 8, 7]
    assert await ages(people.order_by(people.age).limit(2).offset(4)) == [4, 5]
    assert await ages(people.order_by("age").offset(8)) == [8, 9]


async def test_a_query_can_be_used_twice(people: Any) -> None:
    old = people.where(people.age > 4)

    assert await old.where(people.age < 7).count() == 2
    assert await old.count() == 5


async def test_first_exists_count_and_pluck(people: Any) -> None:
    assert (await people.order_by("-age").first()).age == 9
    assert await people.where(age=99).first() is None
    assert await people.where(age=1).exists()
    assert not await people.where(age=99).exists()
    assert await people.order_by("age").limit(2).pluck("email") == ["p0@example.org", "p1@example.org"]
    with pytest.raises(ModelNotFound):
        await people.where(age=99).first_or_fail()


async def test_rows_are_counted_by_a_value(shop: Any, people: Any) -> None:
    one, two, *_ = await people.order_by("age")
    await shop.Essay.insert_many([{"author_id": key, "title": "t"} for key in (one.pk, two.pk, two.pk)])

    with assert_queries(1):
        assert await shop.Essay.query().count_by("author_id") == {one.pk: 1, two.pk: 2}


async def test_a_page_costs_two_statements(people: Any) -> None:
    with assert_queries(2):
        page = await people.order_by("age").paginate(page=2, per_page=4)

    assert [person.age for person in page] == [4, 5, 6, 7]
    assert (page.total, page.pages, page.page, page.per_page) == (10, 3, 2, 4)
    assert (await people.query().paginate(per_page=10_000)).per_page == 100


async def test_bulk_statements_change_and_delete_rows(people: Any) -> None:
    assert await people.where(people.age < 3).update(age=50) == 3
    assert await people.where(age=50).count() == 3
    assert await people.where(age=50).delete() == 3
    assert await people.query().count() == 7


async def test_rows_stream_one_by_one(people: Any) -> None:
    seen = [person.age async for person in people.order_by("age").stream(batch=3)]

    assert seen == list(range(10))


@pytest.mark.parametrize("name", ["absent", "age; DROP TABLE people", 'age" --', "-absent", ""])
async def test_row_text_never_becomes_an_identifier(people: Any, name: str) -> None:
    with pytest.raises(UnknownColumn):
        people.order_by(name)
    with pytest.raises(UnknownColumn):
        people.where(**{name: 1})
    with pytest.raises(UnknownColumn):
        await people.query().pluck(name)
    with pytest.raises(UnknownColumn):
        await people.query().update(**{name: 1})


async def test_row_values_are_bound_whatever_they_hold(people: Any) -> None:
    hostile = "'; DROP TABLE people; -- {0} {} $1 ? %s"
    await people.create(email=hostile)

    assert (await people.where(email=hostile).first()).email == hostile
    assert (await people.where(people.email == hostile).first()).email == hostile


async def test_an_unknown_operator_is_refused(people: Any) -> None:
    with pytest.raises(UnknownColumn):
        people.where(age__near=3)

"""The life of users, articles and comments, as clients see it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from glueful_orm.engines import ROUTER
from glueful_orm.testing import assert_queries


def test_a_user_signs_up_signs_in_and_changes_the_account(client: Any, ann: Any) -> None:
    response = client.post("/users/login", json={"user": {"email": "ann@example.org", "password": "correct horse"}})
    user = response.json()["user"]
    assert (response.status_code, user["username"], user["bio"], user["image"]) == (200, "ann", "", "")

    headers = {"authorization": f"Token {user['token']}"}
    assert client.get("/user", headers=headers).json()["user"]["email"] == "ann@example.org"

    changed = client.put("/user", headers=headers, json={"user": {"bio": "Hello.", "image": "https://e.org/a.png"}})
    assert (changed.status_code, changed.json()["user"]["bio"]) == (200, "Hello.")
    assert ann.put("/user", json={"user": {"bio": None}}).json()["user"]["bio"] == ""
    assert ann.get("/user").json()["user"]["image"] == "https://e.org/a.png"

    assert ann.put("/user", json={"user": {"password": "a new password"}}).status_code == 200
    old = {"user": {"email": "ann@example.org", "password": "correct horse"}}
    assert client.post("/users/login", json=old).status_code == 401
    new = {"user": {"email": "ann@example.org", "password": "a new password"}}
    assert client.post("/users/login", json=new).status_code == 200
    assert "password" not in ann.get("/user").text


def test_the_life_of_an_article(client: Any, ann: Any, bob: Any) -> None:
    article = ann.write("How to train your dragon", tagList=["dragons", "training"])
    slug = article["slug"]
    assert slug.startswith("how-to-train-your-dragon-")
    assert article["tagList"] == ["dragons", "training"]
    assert (article["favorited"], article["favoritesCount"]) == (False, 0)
    assert article["author"] == {"username": "ann", "bio": "", "image": "", "following": False}

    assert client.get(f"/articles/{slug}").json()["article"]["body"] == "Text."
    assert client.get("/tags").json() == {"tags": ["dragons", "training"]}

    favorited = bob.post(f"/articles/{slug}/favorite").json()["article"]
    assert (favorited["favorited"], favorited["favoritesCount"]) == (True, 1)
    assert bob.post(f"/articles/{slug}/favorite").json()["article"]["favoritesCount"] == 1
    assert client.get(f"/articles/{slug}").json()["article"]["favoritesCount"] == 1
    assert client.get("/articles", params={"favorited": "bob"}).json()["articlesCount"] == 1
    assert client.get("/articles", params={"favorited": "ann"}).json()["articlesCount"] == 0

    assert bob.get("/articles/feed").json() == {"articles": [], "articlesCount": 0}
    assert bob.post("/profiles/ann/follow").json()["profile"]["following"] is True
    assert bob.post("/profiles/ann/follow").json()["profile"]["following"] is True
    feed = bob.get("/articles/feed").json()
    assert [(a["slug"], a["author"]["following"]) for a in feed["articles"]] == [(slug, True)]
    assert "body" not in feed["articles"][0]
    assert client.get("/profiles/ann").json()["profile"]["following"] is False

    comment = bob.post(f"/articles/{slug}/comments", json={"comment": {"body": "Nice."}})
    assert (comment.status_code, comment.json()["comment"]["author"]["username"]) == (200, "bob")
    comments = client.get(f"/articles/{slug}/comments").json()["comments"]
    assert [c["body"] for c in comments] == ["Nice."]
    number = comments[0]["id"]
    assert ann.delete(f"/articles/{slug}/comments/{number}").status_code == 403
    assert bob.delete(f"/articles/{slug}/comments/{number}").status_code == 204
    assert client.get(f"/articles/{slug}/comments").json() == {"comments": []}

    assert bob.put(f"/articles/{slug}", json={"article": {"body": "Mine now."}}).status_code == 403
    changed = ann.put(f"/articles/{slug}", json={"article": {"body": "Better."}}).json()["article"]
    assert (changed["slug"], changed["body"], changed["title"]) == (slug, "Better.", "How to train your dragon")
    renamed = ann.put(f"/articles/{slug}", json={"article": {"title": "On dragons"}}).json()["article"]
    assert renamed["slug"].startswith("on-dragons-")
    assert renamed["updatedAt"] > renamed["createdAt"]

    assert bob.delete(f"/articles/{renamed['slug']}/favorite").json()["article"]["favoritesCount"] == 0
    assert bob.delete("/profiles/ann/follow").json()["profile"]["following"] is False
    assert bob.delete(f"/articles/{renamed['slug']}").status_code == 403
    assert ann.delete(f"/articles/{renamed['slug']}").status_code == 204
    assert client.get(f"/articles/{renamed['slug']}").status_code == 404


def test_articles_are_listed_newest_first_and_by_page(client: Any, ann: Any, bob: Any) -> None:
    for number in range(7):
        (ann if number % 2 else bob).write(f"Article {number}", tagList=["odd" if number % 2 else "even"])

    def titles(**query: Any) -> list[str]:
        return [article["title"] for article in client.get("/articles", params=query).json()["articles"]]

    assert titles(limit=3) == ["Article 6", "Article 5", "Article 4"]
    assert titles(limit=3, offset=5) == ["Article 1", "Article 0"]
    assert titles(author="ann") == ["Article 5", "Article 3", "Article 1"]
    assert titles(tag="even", limit=2) == ["Article 6", "Article 4"]
    assert titles(tag="even", author="ann") == titles(tag="absent") == titles(author="absent") == []
    assert client.get("/articles", params={"limit": 1}).json()["articlesCount"] == 7


def test_a_list_costs_the_same_number_of_statements_for_20_articles_as_for_200(client: Any, ann: Any) -> None:
    from conduit.models import Article

    async def grow(first: int, last: int) -> None:
        rows = [
            {"author_id": 1, "slug": f"s{n}", "title": f"t{n}", "description": "d", "body": "b"}
            for n in range(first, last)
        ]
        await Article.insert_many(rows)

    counts = []
    for first, last, limit in ((0, 20, 20), (20, 200, 100)):
        with client.portal() as portal:
            portal.call(grow, first, last)
        counted = count_statements(ROUTER.engine)
        with counted as seen:
            response = ann.get("/articles", params={"limit": limit})
        assert len(response.json()["articles"]) == limit
        counts.append(len(seen))

    assert counts[0] == counts[1] <= 8


class count_statements:  # noqa: N801 - reads as a sentence
    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def __enter__(self) -> list[str]:
        seen: list[str] = []
        self.before = self.engine.observe
        self.engine.observe = lambda sql, *_: seen.append(sql)
        return seen

    def __exit__(self, *_: object) -> None:
        self.engine.observe = self.before


@pytest.mark.parametrize("field", ["username", "email"])
def test_what_is_taken_is_named(client: Any, ann: Any, field: str) -> None:
    account = {"username": "carl", "email": "carl@example.org", "password": "correct horse", field: ann.account[field]}

    response = client.post("/users", json={"user": account})

    assert response.status_code == 422
    assert field in response.json()["errors"]["body"][0]


def test_of_many_who_want_one_name_at_a_time_one_gets_it(client: Any) -> None:
    account = {"username": "carl", "email": "carl@example.org", "password": "correct horse"}

    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda _: client.post("/users", json={"user": account}), range(4)))

    assert sorted(response.status_code for response in responses) == [201, 422, 422, 422]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("get", "/user", None, 401),
        ("get", "/articles/feed", None, 401),
        ("post", "/articles", {"article": {}}, 401),
        ("get", "/articles/absent", None, 404),
        ("get", "/profiles/absent", None, 404),
        ("get", "/absent", None, 404),
        ("patch", "/user", None, 405),
        ("get", "/articles?limit=many", None, 422),
        ("get", "/articles?limit=0", None, 422),
        ("get", "/articles?limit=1000", None, 422),
        ("get", "/articles?offset=-1", None, 422),
        ("post", "/users", {}, 422),
        ("post", "/users", {"user": {"username": "", "email": "x", "password": "short"}}, 422),
        ("post", "/users", {"user": {"username": 1, "email": [], "password": None}}, 422),
        ("post", "/users", [], 422),
        ("post", "/users/login", {"user": {"email": "nobody@example.org", "password": "x"}}, 401),
    ],
)
def test_what_is_wrong_is_said_in_realworlds_format(
    client: Any, method: str, path: str, body: Any, status: int
) -> None:
    response = getattr(client, method)(path, **({} if body is None else {"json": body}))

    assert response.status_code == status
    assert set(response.json()) == {"errors"}
    assert response.json()["errors"]["body"]


def test_every_field_that_is_wrong_is_named(client: Any) -> None:
    account = {"username": "", "email": "nonsense", "password": "short"}

    lines = client.post("/users", json={"user": account}).json()["errors"]["body"]

    assert {line.split()[0] for line in lines} == {"email", "password", "username"}


def test_an_invalid_token_is_a_refusal_everywhere(client: Any) -> None:
    response = client.get("/articles", headers={"authorization": "Token x.y.z"})

    assert (response.status_code, set(response.json())) == (401, {"errors"})


def test_statements_of_the_test_itself_can_be_counted(client: Any) -> None:
    with assert_queries(1):
        client.get("/tags")

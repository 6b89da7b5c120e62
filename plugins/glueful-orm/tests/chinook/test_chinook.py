"""Every kind of relation on a schema that others made: the results equal those of SQL written by hand."""

from decimal import Decimal
from typing import Any

from glueful_orm.testing import assert_queries


async def test_rows_and_their_types(chinook: Any, rows: Any) -> None:
    assert await chinook.Track.query().count() == (await rows("SELECT COUNT(*) FROM `track`"))[0][0] == 3503
    track = await chinook.Track.find_or_fail(1)
    assert (track.name, track.unit_price) == ("For Those About To Rock (We Salute You)", Decimal("0.99"))
    assert (await chinook.Employee.find_or_fail(1)).hire_date.year == 2002


async def test_belongs_to_and_has_many(chinook: Any, rows: Any) -> None:
    with assert_queries(3):
        artists = await chinook.Artist.query().with_("albums.tracks").order_by("artist_id")

    found = [(a.artist_id, b.album_id, t.track_id) for a in artists for b in a.albums for t in b.tracks]
    assert sorted(found) == await rows(
        "SELECT `artist_id`, `album`.`album_id`, `track_id` FROM `album` JOIN `track`"
        " ON `track`.`album_id` = `album`.`album_id` ORDER BY 1, 2, 3"
    )
    with assert_queries(3):
        tracks = await chinook.Track.query().with_("album.artist").order_by("track_id")
    assert [(t.track_id, t.album.loaded.artist.loaded.name) for t in tracks] == await rows(
        "SELECT `track_id`, `artist`.`name` FROM `track` JOIN `album` ON `album`.`album_id` = `track`.`album_id`"
        " JOIN `artist` ON `artist`.`artist_id` = `album`.`artist_id` ORDER BY 1"
    )


async def test_has_many_through(chinook: Any, rows: Any) -> None:
    with assert_queries(2):
        artists = await chinook.Artist.query().with_("tracks")

    found = sorted((artist.artist_id, track.track_id) for artist in artists for track in artist.tracks)
    assert found == await rows(
        "SELECT `artist_id`, `track_id` FROM `album` JOIN `track` ON `track`.`album_id` = `album`.`album_id`"
        " ORDER BY 1, 2"
    )
    customer = await chinook.Customer.find_or_fail(5)
    assert (
        await customer.lines.count()
        == (
            await rows(
                "SELECT COUNT(*) FROM `invoice_line` JOIN `invoice` ON `invoice`.`invoice_id` ="
                " `invoice_line`.`invoice_id` WHERE `customer_id` = 5"
            )
        )[0][0]
    )


async def test_belongs_to_many_over_a_pivot_without_an_id(chinook: Any, rows: Any) -> None:
    with assert_queries(2):
        playlists = await chinook.Playlist.query().with_("tracks")

    found = sorted((playlist.playlist_id, track.track_id) for playlist in playlists for track in playlist.tracks)
    assert found == await rows("SELECT `playlist_id`, `track_id` FROM `playlist_track` ORDER BY 1, 2")
    assert len(found) == 8715


async def test_a_relation_to_the_table_itself(chinook: Any, rows: Any) -> None:
    employees = await chinook.Employee.query().with_("manager", "reports").order_by("employee_id")

    assert [(e.employee_id, m.last_name) for e in employees if (m := e.manager.loaded)] == await rows(
        "SELECT e.`employee_id`, m.`last_name` FROM `employee` e JOIN `employee` m"
        " ON m.`employee_id` = e.`reports_to` ORDER BY 1"
    )
    assert {e.employee_id: len(e.reports) for e in employees if e.reports.loaded} == dict(
        await rows("SELECT `reports_to`, COUNT(*) FROM `employee` WHERE `reports_to` IS NOT NULL GROUP BY 1")
    )
    managers = await chinook.Employee.query().where_has("reports").order_by("employee_id").pluck("employee_id")
    assert managers == [1, 2, 6]


async def test_rows_with_related_rows(chinook: Any, rows: Any) -> None:
    rock = (
        await chinook.Artist.query()
        .where_has("albums.tracks.genre", lambda genres: genres.where(name="Rock"))
        .order_by("artist_id")
        .pluck("artist_id")
    )
    assert rock == [
        row[0]
        for row in await rows(
            "SELECT DISTINCT `artist_id` FROM `album` JOIN `track` ON `track`.`album_id` = `album`.`album_id`"
            " JOIN `genre` ON `genre`.`genre_id` = `track`.`genre_id` WHERE `genre`.`name` = 'Rock' ORDER BY 1"
        )
    ]
    assert (
        await chinook.Track.query().doesnt_have("lines").count()
        == (await rows("SELECT COUNT(*) FROM `track` WHERE `track_id` NOT IN (SELECT `track_id` FROM `invoice_line`)"))[
            0
        ][0]
    )
    assert await chinook.Artist.query().doesnt_have("albums").count() == 71
    many = (
        await chinook.Playlist.query().where_has("tracks", at_least=1000).order_by("playlist_id").pluck("playlist_id")
    )
    assert many == [
        row[0]
        for row in await rows(
            "SELECT `playlist_id` FROM `playlist_track` GROUP BY 1 HAVING COUNT(*) >= 1000 ORDER BY 1"
        )
    ]


async def test_numbers_about_related_rows(chinook: Any, rows: Any) -> None:
    with assert_queries(4):
        customers = await (
            chinook.Customer.query()
            .with_count("invoices")
            .with_sum("invoices", "total")
            .with_max("lines", "quantity")
            .order_by("customer_id")
        )

    found = [(c.customer_id, c.invoices_count, c.invoices_sum_total) for c in customers]
    assert found == [
        (key, count, Decimal(str(total)))
        for key, count, total in await rows(
            "SELECT `customer_id`, COUNT(*), ROUND(SUM(`total`), 2) FROM `invoice` GROUP BY 1 ORDER BY 1"
        )
    ]


async def test_the_longest_tracks_of_each_album(chinook: Any, rows: Any) -> None:
    with assert_queries(2):
        albums = await chinook.Album.query().with_(
            tracks=lambda tracks: tracks.order_by("-milliseconds", "track_id").limit(2)
        )

    found = sorted((album.album_id, track.track_id) for album in albums for track in album.tracks)
    assert found == await rows(
        "SELECT `album_id`, `track_id` FROM (SELECT `album_id`, `track_id`, ROW_NUMBER() OVER (PARTITION BY"
        " `album_id` ORDER BY `milliseconds` DESC, `track_id`) AS n FROM `track`) t WHERE n <= 2 ORDER BY 1, 2"
    )


async def test_a_cursor_walks_through_the_tracks(chinook: Any, rows: Any) -> None:
    keys, cursor = [], None
    while True:
        page = await chinook.Track.order_by("-milliseconds").cursor_paginate(cursor, per_page=100)
        keys += [(track.track_id,) for track in page]
        if (cursor := page.next_cursor) is None:
            break

    assert keys == await rows("SELECT `track_id` FROM `track` ORDER BY `milliseconds` DESC, `track_id`")


async def test_has_one_and_has_one_through(chinook: Any, rows: Any) -> None:
    with assert_queries(3):
        customers = await chinook.Customer.query().with_(
            some_invoice=lambda invoices: invoices.order_by("-total", "invoice_id").limit(1),
            some_line=lambda lines: lines.order_by("invoice_line_id").limit(1),
        )

    number = "ROW_NUMBER() OVER (PARTITION BY `customer_id` ORDER BY `total` DESC, `invoice_id`) AS n"
    assert sorted((c.customer_id, c.some_invoice.loaded.invoice_id) for c in customers) == await rows(
        f"SELECT `customer_id`, `invoice_id` FROM (SELECT `customer_id`, `invoice_id`, {number} FROM `invoice`) t"
        " WHERE n = 1 ORDER BY 1"
    )
    assert sorted((c.customer_id, c.some_line.loaded.invoice_line_id) for c in customers) == await rows(
        "SELECT `customer_id`, MIN(`invoice_line_id`) FROM `invoice` JOIN `invoice_line`"
        " ON `invoice_line`.`invoice_id` = `invoice`.`invoice_id` GROUP BY 1 ORDER BY 1"
    )


async def test_rows_of_a_view_name_rows_of_two_tables(chinook: Any, rows: Any) -> None:
    with assert_queries(3):
        entries = await chinook.Entry.where(word__startswith="B").with_("item").order_by("item_type", "item_id")

    found = [(e.item_type, e.item_id, getattr(e.item.loaded, "name", None) or e.item.loaded.title) for e in entries]
    assert found == await rows(
        "SELECT 'Album' AS t, `album_id`, `title` FROM `album` WHERE SUBSTR(`title`, 1, 1) = 'B' UNION ALL"
        " SELECT 'Track', `track_id`, `name` FROM `track` WHERE SUBSTR(`name`, 1, 1) = 'B' ORDER BY 1, 2"
    )
    with assert_queries(2):
        albums = await chinook.Album.query().with_("entry").order_by("album_id")
    assert [(a.album_id, a.entry.loaded.word) for a in albums] == await rows(
        "SELECT `album_id`, `title` FROM `album` ORDER BY 1"
    )
    short = chinook.Track.query().where_has("entries", lambda entries: entries.where(word="Battery"))
    assert await short.order_by("track_id").pluck("track_id") == [
        row[0] for row in await rows("SELECT `track_id` FROM `track` WHERE `name` = 'Battery' ORDER BY 1")
    ]


async def test_every_kind_of_relation_is_asked_as_a_query_of_one_row(chinook: Any, rows: Any) -> None:
    for model, name, key in (
        ("Artist", "albums", 90),
        ("Artist", "tracks", 90),
        ("Album", "artist", 5),
        ("Track", "playlists", 3),
        ("Track", "entries", 3),
        ("Playlist", "tracks", 5),
        ("Employee", "manager", 3),
        ("Employee", "reports", 2),
        ("Customer", "lines", 7),
        ("Customer", "some_invoice", 7),
    ):
        one = await getattr(chinook, model).find_or_fail(key)
        asked = await getattr(one, name).query()
        await one.load(name)
        loaded = getattr(one, name).loaded
        many = loaded if isinstance(loaded, list) else [loaded]
        assert len(asked) >= len(many) > 0
        assert {str(row.__dict__) for row in many} <= {str(row.__dict__) for row in asked}

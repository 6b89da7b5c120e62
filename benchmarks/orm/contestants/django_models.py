"""Django's models, which can be imported once it has its settings."""

from django.db import models


class Author(models.Model):
    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=100)
    email = models.CharField(max_length=100)
    age = models.IntegerField()
    score = models.FloatField()
    is_active = models.BooleanField()
    created_at = models.DateTimeField()

    class Meta:
        app_label = "bench"
        db_table = "author"


class Book(models.Model):
    id = models.AutoField(primary_key=True)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    title = models.CharField(max_length=100)
    pages = models.IntegerField()
    rating = models.FloatField()

    class Meta:
        app_label = "bench"
        db_table = "book"

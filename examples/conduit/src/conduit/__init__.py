"""RealWorld's Conduit API on Glueful: a blog with users, articles, comments, favourites and tags."""

#!/bin/sh
# Attacks the demo with sqlmap: pip install sqlmap; make demo; sh tests/conduit/sqlmap.sh [http://127.0.0.1:8000]
# Prints one line a parameter, and fails if one is injectable.
base=${1:-http://127.0.0.1:8000}/api
output=$(mktemp)
attack() {
    sqlmap --batch --level 3 --risk 2 --threads 4 --flush-session --ignore-code 401,404,422 "$@" 2>&1 |
        grep -E "is vulnerable|injectable|CRITICAL" | tee -a "$output"
}
attack -u "$base/articles?tag=x&author=a&favorited=b&limit=1&offset=0"
attack -u "$base/articles/slug*"
attack -u "$base/profiles/name*"
attack -u "$base/users/login" --headers "Content-Type: application/json" \
    --data '{"user": {"email": "a@example.org", "password": "x"}}'
attack -u "$base/users" --headers "Content-Type: application/json" \
    --data '{"user": {"email": "b@example.org", "username": "b", "password": "long enough"}}'
! grep -qE "is vulnerable|parameter .* is .*injectable" "$output"

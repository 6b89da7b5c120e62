#!/bin/sh
# Attacks the demo with sqlmap (Debian: apt install sqlmap; or pip install sqlmap), on SQLite and again on PostgreSQL:
#
#     make demo                                                   sh tests/conduit/sqlmap.sh
#     DATABASE=postgresql://… make demo                           sh tests/conduit/sqlmap.sh http://127.0.0.1:8000
#
# Prints what sqlmap says of each parameter. Fails if one is injectable, if a request was answered with 500, or if an
# attack did not come to a verdict, for example because nobody serves.
base=${1:-http://127.0.0.1:8000}/api
folder=$(mktemp -d)
failed=0
attack() {
    name=$1
    shift
    sqlmap --batch --level 3 --risk 2 --threads 4 --flush-session --output-dir "$folder" \
        --ignore-code 400,401,403,404,409,422,429 "$@" >"$folder/$name.log" 2>&1
    grep -oE "parameter '[^']*' does not (seem|appear) to be injectable" "$folder/$name.log" | sort -u | sed "s|^|$name: |"
    if ! grep -q "do not appear to be injectable" "$folder/$name.log"; then
        echo "$name: no verdict, or injectable:" && tail -n 5 "$folder/$name.log" && failed=1
    fi
    grep -E "^500 |500 \(Internal Server Error\)" "$folder/$name.log" && echo "$name: answered with 500" && failed=1
}
attack list -u "$base/articles?tag=x&author=a&favorited=b&limit=1&offset=0"
attack article -u "$base/articles/slug*"
attack comments -u "$base/articles/slug*/comments"
attack profile -u "$base/profiles/name*"
attack login -u "$base/users/login" --headers "Content-Type: application/json" \
    --data '{"user": {"email": "a@example.org", "password": "x"}}'
attack register -u "$base/users" --headers "Content-Type: application/json" \
    --data '{"user": {"email": "b@example.org", "username": "b", "password": "long enough"}}'
test "$failed" = 0 && echo "nothing is injectable"
exit "$failed"

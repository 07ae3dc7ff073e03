#!/bin/sh
# Measurements that a PostgreSQL server records a second for simulated workers: pgbench calls the functions of a run as
# workers do (claim, record with event and news), and sleeps where they would measure. A worker measures while the last
# measurement is recorded, which pgbench can't: what a worker loses is the time of a claim, by which the efficiency goes.
#
#     benches/server.sh [WORKERS [MILLISECONDS [SECONDS]]]      8 workers, 20 ms and 20 s unless said otherwise
#
# The server is the script's own, in a temporary folder, on a socket; it writes through to the disk unless SYNC=off.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
workers=${1:-8} ms=${2:-20} seconds=${3:-20}
if [ "$(id -u)" = 0 ]; then
    # A server must not be run by root.
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    mkdir -p "$copy/benches" "$copy/src/run/store/postgres"
    cp "$here/benches/server.sh" "$copy/benches"
    cp -R "$here/src/run/store/postgres/schema" "$copy/src/run/store/postgres"
    chmod -R a+rX "$copy"
    cd /
    runuser -u postgres -- sh "$copy/benches/server.sh" "$workers" "$ms" "$seconds"
    exit
fi
bin=$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin 2>/dev/null | sort -V | tail -n 1)
folder=$(mktemp -d)
trap '"$bin/pg_ctl" -s -m immediate -D "$folder/data" stop; rm -rf "$folder"' EXIT
"$bin/initdb" -D "$folder/data" -U bench -A trust --no-sync -E UTF8 --locale=C >/dev/null
"$bin/pg_ctl" -s -w -D "$folder/data" -l "$folder/log" \
    -o "-k $folder -h '' -c max_connections=$((workers + 20)) -c fsync=${SYNC:-on}" start >/dev/null
export PGHOST="$folder" PGUSER=bench PGDATABASE=postgres
# Enough that none runs out.
requests=$((workers * (seconds * 1000 / (ms + 1) + 2)))
[ $requests -gt $((seconds * 5000)) ] && requests=$((seconds * 5000))
{
    echo 'SET client_min_messages TO warning; CREATE SCHEMA "run:bench"; SET search_path TO "run:bench";'
    cat "$here/src/run/store/postgres/schema/first.sql"
    echo "INSERT INTO requests (design, views, lost, subset, step, precision)
        SELECT 'design ' || n, 6, 0, 'validation', 1, 'int8' FROM generate_series(1, $requests) n; ANALYZE;"
} | "$bin/psql" -q -v ON_ERROR_STOP=1 >/dev/null
# Workers begin one after the other, within the time of a measurement.
cat >"$folder/worker.sql" <<'SQL'
\if :started
\else
\set first random(0, :ms)
\sleep :first ms
\set started 1
\endif
SELECT design AS next_design FROM claim_request(1::bigint, 'host/1/' || :client_id::text, :client_id::bigint,
    20.0::double precision, false) \gset
\sleep :ms ms
\set number :number + 1
CALL record_and_tell(:next_design::text, 6::bigint, 0::bigint, 'validation', 1::bigint, 'int8', 0.5::double precision,
    10::bigint, 4::bigint, 0.5::double precision, 'host/1/' || :client_id::text, 'digest', 'mse', 'per-image',
    3.25::double precision, :client_id::bigint, :number::bigint, 2::bigint, 'evaluated', '{}', false, NULL, NULL);
SQL
threads=$workers
[ "$threads" -gt 2 ] && threads=2
# As in `session.rs`.
PGOPTIONS='-c search_path=run:bench -c enable_seqscan=off -c jit=off' "$bin/pgbench" -n -r -M prepared -c "$workers" -j "$threads" -T "$seconds" \
    -D started=0 -D number=0 -D next_design=none -D ms="$ms" -f "$folder/worker.sql" postgres >"$folder/out" 2>&1 ||
    { cat "$folder/out"; exit 1; }
# From the middle on, when all have begun.
sql='SET search_path TO "run:bench"; WITH middle AS (SELECT (min(time) + max(time)) / 2 AS at, max(time) AS last FROM measurements)
    SELECT (SELECT count(*) FROM measurements), count(*) / (last - at) FROM measurements, middle WHERE time > at GROUP BY at, last'
latency() { awk -v what="$1" 'index($0, what) { print $1; exit }' "$folder/out"; }
claim=$(latency claim_request) record=$(latency record_and_tell)
"$bin/psql" -qAtF ' ' -c "$sql" | while read -r count rate; do
    echo "$workers workers of $ms ms: $count measurements, ${rate%.*} a second in the second half"
done
efficiency=$(echo "$ms $claim" | awk '{ printf "%.1f", 100 * $1 / ($1 + $2) }')
echo "a claim takes $claim ms, a record $record ms; efficiency of workers that measure during records: $efficiency %"

-- name: export_packs(device)^
select count(*) as packs, coalesce(sum(size), 0) as bytes, min(received) as first,
       max(received) as last
from packs where device = :device;

-- name: export_settings(device)
select document from settings_events where device = :device order by revision;

-- name: export_templates(account)
select document from templates where account = :account order by name;

-- name: export_certificates(device)
select serial, certificate, signature, revoked from certificates where device = :device
order by serial;

-- name: export_snapshots(device, after, most)
select snapshot, sequence, started, finished, received, partial, expired, files, folders, bytes,
       files_changed, bytes_read, coverage_ppm, problems, upload, signed, signature
from snapshots where device = :device and sequence > :after order by sequence limit :most;

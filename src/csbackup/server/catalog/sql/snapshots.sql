-- name: heads_of_account(account)
-- Of each device the newest snapshot there ever was, expired or not.
select devices.device, coalesce(snapshots.sequence, 0) as sequence,
       coalesce(snapshots.snapshot, x'') as snapshot
from devices
left join snapshots on snapshots.device = devices.number
     and snapshots.sequence = (select max(s.sequence) from snapshots s
                               where s.device = devices.number)
where devices.account = :account
order by devices.device;

-- name: newest_snapshot(device)^
select snapshot, sequence
from snapshots where device = :device order by sequence desc limit 1;

-- name: snapshot_by_sequence(device, sequence)^
select * from snapshots where device = :device and sequence = :sequence;

-- name: snapshot_by_id(snapshot)^
select * from snapshots where snapshot = :snapshot;

-- name: snapshot_at(device, moment)^
select * from snapshots
where device = :device and received <= :moment and expired = 0
order by received desc, sequence desc limit 1;

-- name: newest_live_snapshot(device)^
select * from snapshots
where device = :device and expired = 0 order by sequence desc limit 1;

-- name: first_snapshot(device)^
select * from snapshots where device = :device and expired = 0 order by received, sequence limit 1;

-- name: snapshots_of_device(device)
select * from snapshots where device = :device order by sequence;

-- name: live_snapshots(device)
-- Those that can be opened, oldest first.
select snapshots.sequence, snapshots.received, snapshots.partial, nodes.number, nodes.node
from snapshots join nodes on nodes.number = snapshots.root
where snapshots.device = :device and snapshots.expired = 0
order by snapshots.sequence;

-- name: insert_snapshot(device, snapshot, sequence, started, finished, received, partial, root, settings, report, files, folders, bytes, files_changed, bytes_read, coverage_ppm, problems, upload, signed, signature)!
insert into snapshots (device, snapshot, sequence, started, finished, received, partial, root,
                       settings, report, files, folders, bytes, files_changed, bytes_read,
                       coverage_ppm, problems, upload, signed, signature)
values (:device, :snapshot, :sequence, :started, :finished, :received, :partial, :root,
        :settings, :report, :files, :folders, :bytes, :files_changed, :bytes_read,
        :coverage_ppm, :problems, :upload, :signed, :signature);

-- name: insert_stub(device, snapshot, sequence, received, signature)!
-- A snapshot of which only the stub is known.
insert into snapshots (device, snapshot, sequence, started, finished, received, partial, expired,
                       files, folders, bytes, files_changed, bytes_read, coverage_ppm, problems,
                       upload, signed, signature)
values (:device, :snapshot, :sequence, 0, 0, :received, 0, 1, 0, 0, 0, 0, 0, 0, '[]', x'', x'',
        :signature);

-- name: expire_snapshot(device, sequence)!
-- What stays is what its stub holds: a rebuilt catalog says the same.
update snapshots
set expired = 1, started = 0, finished = 0, partial = 0, root = null, settings = null,
    report = null, files = 0, folders = 0, bytes = 0, files_changed = 0, bytes_read = 0,
    coverage_ppm = 0, problems = '[]', upload = x'', signed = x''
where device = :device and sequence = :sequence;

-- name: device_backed_up_a_file(device, received)!
update devices set last_file_backed_up = max(coalesce(last_file_backed_up, 0), :received)
where number = :device;

-- name: certificate_by_serial(device, serial)^
select certificate, signature, revoked from certificates
where device = :device and serial = :serial;

-- name: device_ids(device)^
select devices.number, devices.device, accounts.account, accounts.number
from devices join accounts on accounts.number = devices.account
where devices.device = :device;

-- name: device_ids_by_number(number)^
select devices.number, devices.device, accounts.account, accounts.number
from devices join accounts on accounts.number = devices.account
where devices.number = :number;

-- name: node_id(number)$
select node from nodes where number = :number;

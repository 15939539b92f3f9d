-- name: rebuild_device(device, account, name, os, created, serial, revoked)<!
insert into devices (device, account, name, os, version, created, serial, revoked)
values (:device, :account, :name, :os, '', :created, :serial, :revoked);

-- name: rebuild_account_name_is_taken(name)$
select exists (select 1 from accounts where name = :name);

-- name: rebuild_device_name_is_taken(account, name)$
select exists (select 1 from devices where account = :account and name = :name);

-- name: rebuild_uploads(now)!
-- Those that no snapshot ended get their lease anew: they may still be on their way.
insert into uploads (upload, device, started, last_contact, finished)
select brought.upload, brought.device, min(brought.received),
       case when ended.received is null then :now else ended.received end, ended.received
from packs as brought
left join (select upload, device, min(received) as received from snapshots
           where partial = 0 and expired = 0 group by upload, device) as ended
     on ended.upload = brought.upload and ended.device = brought.device
group by brought.upload;

-- name: rebuild_contacts()!
-- The last time that each device is known to have been in touch.
update devices set last_contact = nullif(max(
    coalesce((select max(received) from packs where packs.device = devices.number), 0),
    coalesce((select max(received) from snapshots where snapshots.device = devices.number), 0)), 0);

-- name: rebuild_device_version(device, version)!
update devices set version = :version where number = :device;

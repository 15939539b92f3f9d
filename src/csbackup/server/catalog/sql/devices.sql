-- name: device_add(device, account, name, os, version, now)<!
insert into devices (device, account, name, os, version, created, serial, last_contact)
values (:device, :account, :name, :os, :version, :now, 1, :now);

-- name: device_by_id(device)^
select d.*, a.account as account_id
from devices d join accounts a on a.number = d.account
where d.device = :device;

-- name: device_by_name(account, name)^
select * from devices where account = :account and name = :name;

-- name: device_enrolled_anew(number, name, os, version, serial, now)!
update devices
set name = :name, os = :os, version = :version, serial = :serial, last_contact = :now, state = 'idle'
where number = :number;

-- name: device_rename(number, name)!
update devices set name = :name where number = :number;

-- name: device_revoke(number, now)!
update devices set revoked = :now, state = 'idle' where number = :number;

-- name: device_checked_in(number, os, version, state, now)!
update devices
set os = :os, state = :state, last_contact = :now,
    version_since = case when version = :version and version_since > 0 then version_since
                         else :now end,
    version = :version
where number = :number;

-- name: device_said_target(number, target)!
update devices set target = :target where number = :number;

-- name: device_said_update(number, state, version, code, reason)!
update devices
set update_state = :state, update_version = :version, update_code = :code, update_reason = :reason
where number = :number;

-- name: device_seen(number, now)!
update devices set last_contact = :now where number = :number;

-- name: device_by_token(token_hash)^
select c.serial, d.number, d.device, d.last_contact, a.number as account_number, a.account,
       a.closing is not null as closing
from certificates c
join devices d on d.number = c.device
join accounts a on a.number = d.account
where c.token_hash = :token_hash and c.revoked is null and d.revoked is null;

-- name: certificate_add(device, serial, certificate, signature, token_hash, revoked)!
insert into certificates (device, serial, certificate, signature, token_hash, revoked)
values (:device, :serial, :certificate, :signature, :token_hash, :revoked);

-- name: certificate_new_token(device, serial, token_hash)!
update certificates set token_hash = :token_hash where device = :device and serial = :serial;

-- name: certificate_revoke_all(device, now)!
update certificates set revoked = :now where device = :device and revoked is null;

-- name: certificates_of(device)
select serial, certificate, signature, token_hash, revoked
from certificates where device = :device order by serial;

-- What is shown of devices: with the newest snapshot that is complete, or else the newest.
-- `account` 0 means all of them.
-- name: device_overview(account)
select
    d.number, d.device, d.name, d.os, d.version, d.created, d.serial, d.revoked, d.state,
    d.last_contact, d.last_file_backed_up, d.stored_bytes, a.name as account_name,
    (select count(*) from snapshots s where s.device = d.number and s.expired = 0) as snapshots,
    (select max(u.last_contact) from uploads u where u.device = d.number and u.finished is null)
        as upload_contact,
    n.received as last_snapshot, n.files, n.bytes, n.coverage_ppm, n.problems
from devices d
join accounts a on a.number = d.account
left join snapshots n on n.number = (
    select s.number from snapshots s
    where s.device = d.number and s.expired = 0
    order by s.partial, s.sequence desc
    limit 1
)
where :account = 0 or d.account = :account
order by a.name, d.name;

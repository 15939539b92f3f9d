-- What deleting an account takes away, a batch at a time. Whoever has rows elsewhere adds them here.

-- name: erase_sessions(account)!
delete from sessions where account = :account;

-- name: erase_orders(account)!
delete from orders where number in (select number from orders where account = :account limit 5000);

-- name: erase_settings_events(account)!
delete from settings_events where number in (
    select e.number from settings_events e join devices d on d.number = e.device
    where d.account = :account limit 5000
);

-- name: erase_device_settings(account)!
delete from device_settings where device in (select number from devices where account = :account);

-- name: erase_templates(account)!
delete from templates where account = :account;

-- name: erase_rollouts(account)!
update rollouts set account = null where account = :account;

-- name: erase_snapshots(account)!
delete from snapshots where number in (
    select s.number from snapshots s join devices d on d.number = s.device
    where d.account = :account limit 5000
);

-- name: erase_uploads(account)!
delete from uploads where number in (
    select u.number from uploads u join devices d on d.number = u.device
    where d.account = :account limit 5000
);

-- name: erase_nodes(account)!
delete from nodes where number in (select number from nodes where account = :account limit 5000);

-- name: erase_names(account)!
delete from names where number in (select number from names where account = :account limit 5000);

-- name: erase_chunks(account)!
delete from chunks where number in (select number from chunks where account = :account limit 5000);

-- name: erase_blocks(account)!
delete from blocks where number in (
    select b.number from packs p join blocks b on b.pack = p.number
    where p.account = :account limit 5000
);

-- name: erase_packs(account)!
delete from packs where number in (select number from packs where account = :account limit 5000);

-- name: erase_certificates(account)!
delete from certificates where device in (select number from devices where account = :account);

-- name: erase_devices(account)!
delete from devices where account = :account;

-- name: erase_account(account)!
delete from accounts where number = :account;

-- name: erase_count_deletion()!
update state set deletions = deletions + 1;

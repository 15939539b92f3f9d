-- name: pack_by_id(account, pack)^
select number, device, upload, kind, size, received from packs where account = :account and pack = :pack;

-- name: insert_pack(account, pack, device, upload, kind, size, received)<!
insert into packs (account, pack, device, upload, kind, size, received)
values (:account, :pack, :device, :upload, :kind, :size, :received);

-- name: count_account_bytes(account, size)!
update accounts set stored_bytes = stored_bytes + :size where number = :account;

-- name: count_device_bytes(device, size)!
update devices set stored_bytes = stored_bytes + :size where number = :device;

-- name: account_room(account)^
select quota_bytes, stored_bytes from accounts where number = :account;

-- name: account_has_packs(account)$
select exists (select 1 from packs where account = :account);

-- name: account_id_of(account)$
select account from accounts where number = :account;

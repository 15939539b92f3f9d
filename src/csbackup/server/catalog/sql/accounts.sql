-- name: account_by_name(name)^
select * from accounts where name = :name;

-- name: account_by_number(number)^
select * from accounts where number = :number;

-- name: account_by_id(account)^
select * from accounts where account = :account;

-- name: account_add(account, name, role, epoch, kdf, auth_hash, recovery_auth_hash, wrap_password, wrap_recovery, sealing_public, account_public, quota_bytes, created)<!
insert into accounts (
    account, name, role, epoch, kdf, auth_hash, recovery_auth_hash, wrap_password, wrap_recovery,
    sealing_public, account_public, quota_bytes, created
) values (
    :account, :name, :role, :epoch, :kdf, :auth_hash, :recovery_auth_hash, :wrap_password,
    :wrap_recovery, :sealing_public, :account_public, :quota_bytes, :created
);

-- name: account_set_password(number, epoch, kdf, auth_hash, wrap_password)!
update accounts
set epoch = :epoch, kdf = :kdf, auth_hash = :auth_hash, wrap_password = :wrap_password
where number = :number;

-- name: account_set_recovery(number, recovery_auth_hash, wrap_recovery)!
update accounts
set recovery_auth_hash = :recovery_auth_hash, wrap_recovery = :wrap_recovery
where number = :number;

-- name: account_set_role(number, role)!
update accounts set role = :role where number = :number;

-- name: account_signed_in(number, now)!
update accounts set last_sign_in = :now where number = :number;

-- name: account_count_admins()^
select count(*) as admins from accounts where role = 'admin';

-- name: account_is_last_admin(number)$
select role = 'admin' and not exists (
    select 1 from accounts other
    where other.role = 'admin' and other.closing is null and other.number <> :number
)
from accounts where number = :number;

-- name: account_set_closing(number, closing)!
update accounts set closing = :closing where number = :number;

-- name: accounts_closing()
select number, account, closing from accounts where closing is not null;

-- name: account_belongings(number)^
select
    (select count(*) from devices d where d.account = :number) as devices,
    (select count(*) from snapshots s join devices d on d.number = s.device
     where d.account = :number and s.expired = 0) as snapshots,
    (select count(*) from packs p where p.account = :number) as packs,
    a.stored_bytes
from accounts a where a.number = :number;

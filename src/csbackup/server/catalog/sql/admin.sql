-- name: admin_accounts()
select
    a.name, a.role, a.created, a.stored_bytes, a.quota_bytes, a.last_sign_in, a.closing,
    (select count(*) from devices d where d.account = a.number) as devices
from accounts a
order by a.name;

-- name: admin_totals()^
select
    (select count(*) from accounts) as accounts,
    (select count(*) from devices where revoked is null) as devices,
    (select count(*) from snapshots where expired = 0) as snapshots,
    (select count(*) from packs) as packs,
    (select coalesce(sum(size), 0) from packs) as stored_bytes;

-- name: rollout_add(number, changed, account, version, stage, first, automatic_hours)!
insert into rollouts (number, changed, account, version, stage, first, automatic_hours)
values (:number, :changed, :account, :version, :stage, :first, :automatic_hours);

-- name: rollout_newest()^
select * from rollouts order by number desc limit 1;

-- name: rollout_history(limit)
select r.*, a.name as account_name
from rollouts r left join accounts a on a.number = r.account
order by r.number desc limit :limit;

-- name: rollout_devices()
select d.number, d.device, d.name, d.version, d.target, d.version_since, d.revoked, d.last_contact,
       d.update_state, d.update_version, d.update_code, d.update_reason, a.name as account_name
from devices d join accounts a on a.number = d.account
order by a.name, d.name;

-- name: rollout_device(number)^
select d.number, d.device, d.version, d.target, d.version_since, d.revoked, d.update_state,
       d.update_version
from devices d where d.number = :number;

-- How often a version was gone back from, and how many devices stayed with it.
-- name: rollout_tally(version)^
select coalesce(sum(update_state = 'rolled-back' and update_version = :version), 0) as back,
       coalesce(sum(version = :version), 0) as stayed
from devices;

-- name: account_number_of(account)$
select number from accounts where account = :account;

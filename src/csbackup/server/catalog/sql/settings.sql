-- name: settings_of(device)^
select follows, document from device_settings where device = :device;

-- name: settings_keep(device, follows, document)!
insert into device_settings (device, follows, document) values (:device, :follows, :document)
on conflict (device) do update set follows = excluded.follows, document = excluded.document;

-- name: settings_event_keep(device, revision, state, unseen, document)!
insert into settings_events (device, revision, state, unseen, document)
values (:device, :revision, :state, :unseen, :document)
on conflict (device, revision) do update
set state = excluded.state, unseen = excluded.unseen, document = excluded.document;

-- name: settings_revision(device)$
select coalesce(max(revision), 0) from settings_events where device = :device;

-- name: settings_event(device, revision)^
select document from settings_events where device = :device and revision = :revision;

-- name: settings_events(device, before, most)
select document from settings_events where device = :device and revision < :before
order by revision desc limit :most;

-- name: settings_waiting(device)^
select document from settings_events where device = :device and state = 'waiting'
order by revision desc limit 1;

-- name: settings_unseen(device)
select document from settings_events where device = :device and unseen = 1
order by revision desc limit 100;

-- name: settings_old(device, most)
select revision from settings_events where device = :device
order by revision desc limit -1 offset :most;

-- name: settings_forget(device, revision)!
delete from settings_events where device = :device and revision = :revision;

-- name: template_keep(template, account, everyone, name, document)!
insert into templates (template, account, everyone, name, document)
values (:template, :account, :everyone, :name, :document)
on conflict (template) do update
set everyone = excluded.everyone, name = excluded.name, document = excluded.document;

-- name: template_by_id(template)^
select t.account, t.everyone, t.document, a.account as account_id
from templates t join accounts a on a.number = t.account
where t.template = :template;

-- name: templates_of(account, admin)
select template, document from templates
where account = :account or (:admin and everyone)
order by name, template;

-- name: template_forget(template)!
delete from templates where template = :template;

-- name: template_devices(template)
select d.number, d.device, d.name, d.account, d.revoked, a.account as account_id,
       a.name as account_name
from device_settings s
join devices d on d.number = s.device
join accounts a on a.number = d.account
where s.follows = :template and d.revoked is null
order by a.name, d.name;

-- name: settings_device(device)^
select d.number, d.device, d.name, d.account, d.revoked, a.account as account_id,
       a.name as account_name
from devices d join accounts a on a.number = d.account
where d.device = :device;

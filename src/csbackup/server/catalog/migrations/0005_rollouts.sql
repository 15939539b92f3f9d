-- Which release devices should run: the row with the highest number holds, the others are history.
-- `first`: ids of devices, one after the other; `automatic_hours` 0: an admin goes on.
create table rollouts (
    number          integer primary key,
    changed         integer not null,
    account         integer references accounts,  -- who; null: it went on by itself, or is gone
    version         text not null,
    stage           text not null,
    first           blob not null,
    automatic_hours integer not null
) strict;

-- What a device says of itself: which bundles run there, how its last update went.
alter table devices add column target text not null default '';
alter table devices add column version_since integer not null default 0;
alter table devices add column update_state text not null default '';
alter table devices add column update_version text not null default '';
alter table devices add column update_code text not null default '';
alter table devices add column update_reason text not null default '';

-- Settings of devices, as JSON documents: what a device told, every change with its author, and
-- templates. `follows` is the id of a template, which may be gone.
create table device_settings (
    device    integer primary key references devices,
    follows   blob,
    document  text not null
) strict;
create index device_settings_by_template on device_settings (follows) where follows is not null;

create table settings_events (
    number    integer primary key,
    device    integer not null references devices,
    revision  integer not null,
    state     text not null,
    unseen    integer not null,     -- somebody else's, that the owner was not shown yet
    document  text not null,
    unique (device, revision)
) strict;

create table templates (
    number    integer primary key,
    template  blob not null unique,
    account   integer not null references accounts,
    everyone  integer not null,     -- made by an admin, for any device
    name      text not null,
    document  text not null
) strict;
create index templates_by_account on templates (account);

-- Restore orders, also those that ended, until 30 days after they would have expired. `document`
-- stands last: lists do not read it. `blocks`: what the device may read, see `catalog.marks`; null
-- until somebody asks.
create table orders (
    number       integer primary key,
    order_id     blob not null unique,
    account      integer not null references accounts,
    device       integer not null references devices,
    source       integer not null references devices,
    serial       integer not null,
    place        integer not null,      -- the order's own number among those to its device
    sequence     integer not null,
    snapshot     blob not null,
    paths        text not null,         -- JSON, for people
    paths_total  integer not null,
    target       text not null,
    overwrite    integer not null,
    created      integer not null,
    received     integer not null,
    expires      integer not null,
    state        text not null,
    ended        integer not null default 0,
    needs_person integer not null default 0,
    files        integer not null,
    bytes        integer not null,
    files_done   integer not null default 0,
    bytes_done   integer not null default 0,
    files_skipped integer not null default 0,
    problems     integer not null default 0,
    problem_lines text not null default '[]',  -- JSON [[class, path, message], ...]
    message      text not null default '',
    updated      integer not null,
    revision     integer not null,      -- when it came, went, or was accepted
    blocks       blob,
    signature    blob not null,
    document     blob not null
) strict;
create index orders_by_device on orders (device);
create index orders_by_account on orders (account);
create index orders_alive on orders (expires) where ended = 0;

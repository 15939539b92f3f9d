-- The catalog is a servant: everything here is made anew from packs and records by `rebuild`.
-- Times are nanoseconds since 1970. Numbers are the catalog's own; ids are what the format says.
-- A prefix is the first 8 bytes of an id as a signed integer: a small index that `have` can ask.

create table accounts (
    number              integer primary key,
    account             blob not null unique,
    name                text not null unique collate nocase,
    role                text not null check (role in ('user', 'admin')),
    epoch               integer not null,
    kdf                 blob not null,
    auth_hash           blob not null,
    recovery_auth_hash  blob not null,
    wrap_password       blob not null,
    wrap_recovery       blob not null,
    sealing_public      blob not null,
    account_public      blob not null,
    quota_bytes         integer not null default 0,
    stored_bytes        integer not null default 0,
    created             integer not null,
    last_sign_in        integer
) strict;

create table devices (
    number              integer primary key,
    device              blob not null unique,
    account             integer not null references accounts,
    name                text not null collate nocase,
    os                  text not null,
    version             text not null,
    created             integer not null,
    serial              integer not null,
    revoked             integer,
    state               text not null default 'idle',
    last_contact        integer,
    last_file_backed_up integer,
    stored_bytes        integer not null default 0,
    unique (account, name)
) strict;

create table certificates (
    device      integer not null references devices,
    serial      integer not null,
    certificate blob not null,
    signature   blob not null,
    token_hash  blob not null unique,
    revoked     integer,
    primary key (device, serial)
) strict, without rowid;

create table sessions (
    token_hash blob primary key,
    account    integer not null references accounts,
    created    integer not null,
    last_used  integer not null,
    expires    integer not null,
    browser    integer not null
) strict, without rowid;

-- One-time links: `role` is what the new account will be; `name` may be empty.
create table invitations (
    code_hash blob primary key,
    role      text not null,
    name      text not null,
    created   integer not null,
    expires   integer not null,
    used      integer
) strict, without rowid;

create table uploads (
    number       integer primary key,
    upload       blob not null unique,
    device       integer not null references devices,
    started      integer not null,
    last_contact integer not null,
    finished     integer            -- when its last snapshot was committed, not a checkpoint
) strict;

create table packs (
    number   integer primary key,
    account  integer not null references accounts,
    pack     blob not null,
    device   integer not null references devices,
    upload   blob not null,
    kind     integer not null,      -- 0 blocks, 1 trees
    size     integer not null,
    received integer not null,
    unique (account, pack)
) strict;

-- The chunks of a block have consecutive numbers, in the order in which they lie in it.
create table blocks (
    number      integer primary key,
    pack        integer not null,   -- packs.number
    place       integer not null,   -- offset in the pack
    length      integer not null,
    block       blob not null,
    first_chunk integer not null,
    chunk_count integer not null
) strict;
create index blocks_by_pack on blocks (pack);

-- Several rows may have one chunk id: of those, the newest good one is read.
create table chunks (
    number  integer primary key,
    account integer not null,
    prefix  integer not null,
    chunk   blob not null,
    block   integer not null        -- blocks.number
) strict;
create index chunks_by_prefix on chunks (account, prefix);

create table nodes (
    number       integer primary key,
    account      integer not null,
    prefix       integer not null,
    node         blob not null,
    pack         integer not null,
    place        integer not null,
    length       integer not null,
    plain_length integer not null,
    complete     integer not null,  -- every chunk and node it names is here, and whole
    entries      integer not null,  -- of a listing: how many; else 0
    chunks       blob not null,     -- chunk numbers it names, delta-coded; empty while incomplete
    children     blob not null      -- node numbers it names, delta-coded; empty while incomplete
) strict;
create index nodes_by_prefix on nodes (account, prefix);
create index nodes_by_pack on nodes (pack);
-- Nodes of running uploads that still wait for something.
create index nodes_waiting on nodes (account) where complete = 0;

-- What is looked up outside a transaction and used inside one holds as long as nothing was deleted
-- in between: whoever deletes chunks or nodes adds 1 to `deletions` in the same transaction.
create table state (
    one       integer primary key check (one = 1),
    deletions integer not null
) strict;
insert into state values (1, 0);

create table snapshots (
    number       integer primary key,
    device       integer not null references devices,
    snapshot     blob not null unique,
    sequence     integer not null,
    started      integer not null,
    finished     integer not null,
    received     integer not null,
    partial      integer not null,
    expired      integer not null default 0,
    root         integer,           -- nodes.number of the roots; null once expired
    settings     integer,           -- nodes.number
    report       integer,           -- nodes.number
    files        integer not null,
    folders      integer not null,
    bytes        integer not null,
    files_changed integer not null,
    bytes_read   integer not null,
    coverage_ppm integer not null,
    problems     text not null,     -- JSON [[class, count], ...]
    upload       blob not null,
    signed       blob not null,
    signature    blob not null,
    unique (device, sequence)
) strict;
create index snapshots_by_received on snapshots (device, received);

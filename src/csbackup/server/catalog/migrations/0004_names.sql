-- Searching by name: of each listing the names in it, folded (`rules.finding`) and joined by `/`, as
-- UTF-8. Listings with the same names share a row, since most changes change no name.
-- Whoever deletes nodes deletes afterwards what no node refers to any more.
create table names (
    number  integer primary key,
    account integer not null,
    hash    integer not null,       -- 8 bytes of BLAKE3 of `folded`
    folded  blob not null
) strict;
create index names_by_hash on names (account, hash);

-- names.number; 0: nothing to find in it; null: not looked at yet, so a search has to.
alter table nodes add column names integer;
create index nodes_by_names on nodes (names) where names > 0;
create index nodes_unnamed on nodes (account) where names is null;

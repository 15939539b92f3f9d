-- Positional parameters: these run for every chunk of a backup.

-- name: chunks_by_prefix()
select chunks.chunk, chunks.number
from json_each(?) as asked
cross join chunks on chunks.account = ? and chunks.prefix = asked.value;

-- name: trusted_chunks_by_prefix()
-- Those that some device brought that is not revoked.
select chunks.chunk, chunks.number
from json_each(?) as asked
cross join chunks on chunks.account = ? and chunks.prefix = asked.value
join blocks on blocks.number = chunks.block
join packs on packs.number = blocks.pack
join devices on devices.number = packs.device
where devices.revoked is null;

-- name: some_device_is_revoked(account)$
select exists (select 1 from devices where account = :account and revoked is not null);

-- name: next_chunk()$
select coalesce(max(number), 0) + 1 from chunks;

-- name: next_block()$
select coalesce(max(number), 0) + 1 from blocks;

-- name: insert_chunks()*!
insert into chunks (number, account, prefix, chunk, block) values (?, ?, ?, ?, ?);

-- name: insert_blocks()*!
insert into blocks (number, pack, place, length, block, first_chunk, chunk_count)
values (?, ?, ?, ?, ?, ?, ?);

-- name: blocks_of_chunks()
-- The good ones last, and of those the newest.
select chunks.chunk, packs.pack, blocks.place, blocks.length, blocks.first_chunk,
       blocks.chunk_count
from json_each(?) as asked
cross join chunks on chunks.account = ? and chunks.prefix = asked.value
join blocks on blocks.number = chunks.block
join packs on packs.number = blocks.pack
join devices on devices.number = packs.device
order by devices.revoked is null, chunks.number;

-- name: chunks_between()
select chunk from chunks where number >= ? and number < ? order by number;

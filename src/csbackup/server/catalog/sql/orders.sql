-- name: order_add(order_id, account, device, source, serial, place, sequence, snapshot, paths, paths_total, target, overwrite, created, received, expires, files, bytes, signature, document)!
insert into orders (order_id, account, device, source, serial, place, sequence, snapshot, paths,
                    paths_total, target, overwrite, created, received, expires, state, files, bytes,
                    updated, revision, signature, document)
values (:order_id, :account, :device, :source, :serial, :place, :sequence, :snapshot, :paths,
        :paths_total, :target, :overwrite, :created, :received, :expires, 'waiting', :files, :bytes,
        :received, :received, :signature, :document);

-- name: orders_of_account(account)
select o.order_id, o.place, d.device, d.name as device_name, s.device as source,
       s.name as source_name, o.sequence, n.received as snapshot_received, o.paths, o.paths_total,
       o.target, o.overwrite, o.created, o.expires, o.state, o.needs_person, o.files, o.bytes,
       o.files_done, o.bytes_done, o.files_skipped, o.problems, o.problem_lines, o.message,
       o.updated
from orders o
join devices d on d.number = o.device
join devices s on s.number = o.source
left join snapshots n on n.device = o.source and n.sequence = o.sequence
where o.account = :account
order by o.received desc, o.number desc;

-- name: order_of_account(account, order_id)^
select o.order_id, o.place, d.device, d.name as device_name, s.device as source,
       s.name as source_name, o.sequence, n.received as snapshot_received, o.paths, o.paths_total,
       o.target, o.overwrite, o.created, o.expires, o.state, o.needs_person, o.files, o.bytes,
       o.files_done, o.bytes_done, o.files_skipped, o.problems, o.problem_lines, o.message,
       o.updated
from orders o
join devices d on d.number = o.device
join devices s on s.number = o.source
left join snapshots n on n.device = o.source and n.sequence = o.sequence
where o.account = :account and o.order_id = :order_id;

-- name: order_by_id(order_id)^
select o.number, o.account, o.device, o.state, o.ended, o.signature, o.document
from orders o where o.order_id = :order_id;

-- name: orders_alive_of_device(device)
select order_id, place, state from orders where device = :device and ended = 0 order by place;

-- name: orders_alive_count_of_device(device, now)$
select count(*) from orders where device = :device and ended = 0 and expires > :now;

-- name: order_revision(device)$
select coalesce(max(revision), 0) from orders where device = :device;

-- name: order_highest_place(device)$
select coalesce(max(place), 0) from orders where device = :device;

-- name: orders_alive_count(account)$
select count(*) from orders where account = :account and ended = 0;

-- name: order_to_device(device, order_id)^
select o.number, o.state, o.ended, o.expires, o.source, o.sequence, o.files, o.bytes, o.blocks,
       s.name as source_name
from orders o join devices s on s.number = o.source
where o.device = :device and o.order_id = :order_id;

-- name: order_document(number)^
select document, signature from orders where number = :number;

-- name: order_set_blocks(number, blocks)!
update orders set blocks = :blocks where number = :number;

-- name: order_end(number, state, message, now)!
update orders set state = :state, ended = 1, needs_person = 0, message = :message, updated = :now,
                  revision = :now, blocks = null
where number = :number and ended = 0;

-- name: order_report(number, state, ended, needs_person, files_done, bytes_done, files_skipped, problems, problem_lines, message, now, revised)!
update orders
set state = :state, ended = :ended, needs_person = :needs_person, files_done = :files_done,
    bytes_done = :bytes_done, files_skipped = :files_skipped, problems = :problems,
    problem_lines = :problem_lines, message = :message, updated = :now,
    revision = case when :revised then :now else revision end,
    blocks = case when :ended then null else blocks end
where number = :number and ended = 0;

-- name: orders_overdue(now)
-- Those whose time is over, and those to a device that no longer has the key they were made for.
select o.number, o.order_id, a.account, o.expires <= :now as is_late
from orders o
join devices d on d.number = o.device
join accounts a on a.number = o.account
where o.ended = 0 and (o.expires <= :now or d.revoked is not null or d.serial <> o.serial);

-- name: orders_forget(before)!
delete from orders where ended = 1 and expires < :before;

-- name: blocks_of_chunk_numbers()
select distinct chunks.block
from json_each(?) as asked
cross join chunks on chunks.number = asked.value;

-- name: trusted_blocks_of_chunk_numbers()
-- Of each chunk the newest block of a device not revoked; those come last.
select chunks.number, others.block
from json_each(?) as asked
cross join chunks on chunks.number = asked.value
cross join chunks as others on others.account = chunks.account
     and others.prefix = chunks.prefix and others.chunk = chunks.chunk
join blocks on blocks.number = others.block
join packs on packs.number = blocks.pack
join devices on devices.number = packs.device
order by devices.revoked is null, others.number;

-- name: node_references()
select nodes.chunks, nodes.children
from json_each(?) as asked
cross join nodes on nodes.number = asked.value;

-- name: first_blocks_of_uploads()
-- Of some blocks, of each upload those that lie first in their packs.
select packs.upload, packs.pack, min(blocks.place) as place
from json_each(?) as asked
cross join blocks on blocks.number = asked.value
join packs on packs.number = blocks.pack
group by packs.number;

-- name: places_of_chunks()
-- The good ones last, and of those the newest.
select chunks.chunk, blocks.number, packs.pack, blocks.place, blocks.length, blocks.first_chunk,
       blocks.chunk_count
from json_each(?) as asked
cross join chunks on chunks.account = ? and chunks.prefix = asked.value
join blocks on blocks.number = chunks.block
join packs on packs.number = blocks.pack
join devices on devices.number = packs.device
order by devices.revoked is null, chunks.number;

-- name: blocks_of_pack(account, pack)
select blocks.number, blocks.place, blocks.length
from packs join blocks on blocks.pack = packs.number
where packs.account = :account and packs.pack = :pack
order by blocks.place;

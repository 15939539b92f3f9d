-- name: nodes_by_prefix()
-- The complete ones last, and of those the newest.
select nodes.node, nodes.number, nodes.complete, nodes.entries
from json_each(?) as asked
cross join nodes on nodes.account = ? and nodes.prefix = asked.value
order by nodes.complete, nodes.number;

-- name: complete_nodes_by_prefix()
select nodes.node, nodes.number
from json_each(?) as asked
cross join nodes on nodes.account = ? and nodes.prefix = asked.value
where nodes.complete = 1;

-- name: node_places()
-- The complete ones first, and of those the newest.
select nodes.node, nodes.number, packs.pack, nodes.place, nodes.length
from json_each(?) as asked
cross join nodes on nodes.account = ? and nodes.prefix = asked.value
join packs on packs.number = nodes.pack
order by nodes.complete desc, nodes.number desc;

-- name: next_node()$
select coalesce(max(number), 0) + 1 from nodes;

-- name: insert_nodes()*!
insert into nodes (number, account, prefix, node, pack, place, length, plain_length, complete,
                   entries, chunks, children, names)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: complete_nodes()*!
update nodes set complete = 1, entries = ?, chunks = ?, children = ? where number = ?;

-- name: waiting_nodes(account)
select node from nodes where account = :account and complete = 0 order by number;

-- name: deletions()$
select deletions from state;

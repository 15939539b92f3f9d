-- Positional parameters: these run for every node.

-- name: names_by_hash()
select hash, number from names where account = ? and hash in (select value from json_each(?));

-- name: next_names()$
select coalesce(max(number), 0) + 1 from names;

-- name: insert_names()*!
insert into names (number, account, hash, folded) values (?, ?, ?, ?);

-- name: set_names()*!
update nodes set names = ? where number = ?;

-- name: nodes_with_text()
-- Those whose names hold a text, and those of which it is not known.
select nodes.number from names cross join nodes on nodes.names = names.number and nodes.names > 0
where names.account = ? and instr(names.folded, ?)
union all
select number from nodes where account = ? and names is null;

-- name: nodes_below()
select nodes.number, nodes.children, nodes.complete
from json_each(?) as asked cross join nodes on nodes.number = asked.value;

-- name: unnamed_nodes(limit)
select nodes.number, nodes.node, nodes.account, accounts.account as account_id
from nodes join accounts on accounts.number = nodes.account
where nodes.names is null
order by nodes.account, nodes.number limit :limit;

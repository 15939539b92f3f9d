-- name: session_add(token_hash, account, now, expires, browser, session, program, system, address)!
insert into sessions (
    token_hash, account, created, last_used, expires, browser, session, program, system, address
) values (
    :token_hash, :account, :now, :now, :expires, :browser, :session, :program, :system, :address
);

-- name: sessions_of_account(account, now, idle_since)
select token_hash, session, program, system, address, browser, created, last_used, expires
from sessions
where account = :account and expires > :now and (browser = 0 or last_used > :idle_since)
order by last_used desc, created desc;

-- name: session_end_by_name(account, session)!
delete from sessions where account = :account and session = :session;

-- name: session_by_hash(token_hash)^
select s.token_hash, s.last_used, s.expires, s.browser, a.number, a.account, a.role
from sessions s join accounts a on a.number = s.account
where s.token_hash = :token_hash;

-- name: session_used(token_hash, now, idle, longest)!
-- A client's session goes on while it is used: a restore may take days. A browser's does not.
update sessions
set last_used = :now,
    expires = case browser when 1 then expires else min(:now + :idle, created + :longest) end
where token_hash = :token_hash;

-- name: session_end(token_hash)!
delete from sessions where token_hash = :token_hash;

-- name: session_end_others(account, token_hash)!
delete from sessions where account = :account and token_hash <> :token_hash;

-- name: session_sweep(now, idle_since)!
delete from sessions where expires <= :now or (browser = 1 and last_used <= :idle_since);

-- name: invitation_add(code_hash, role, name, now, expires)!
insert into invitations (code_hash, role, name, created, expires)
values (:code_hash, :role, :name, :now, :expires);

-- name: invitation_by_hash(code_hash)^
select role, name, expires, used from invitations where code_hash = :code_hash;

-- name: invitation_use(code_hash, now)!
update invitations set used = :now where code_hash = :code_hash;

-- name: invitation_drop_first_admin()!
delete from invitations where role = 'admin' and name = '' and used is null;
